/** Flags that stand before the command, and the `COMPOSE_*` variables that give their defaults. */
import { UserError } from '../base/index.ts';
import { flag, integer, list, value, type OptionSpec } from './command-spec.ts';
import type { CommandInput } from './input.ts';

export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'json', 'quiet'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];
export const ANSI_MODES = ['auto', 'never', 'always'] as const;
export type AnsiMode = (typeof ANSI_MODES)[number];

export interface GlobalOptions {
  readonly files: readonly string[];
  readonly projectName: string | undefined;
  readonly projectDirectory: string | undefined;
  readonly envFiles: readonly string[];
  readonly profiles: readonly string[];
  readonly host: string | undefined;
  readonly context: string | undefined;
  readonly progress: ProgressMode;
  readonly ansi: AnsiMode;
  /** Undefined: the controller's default. */
  readonly parallel: number | undefined;
  readonly dryRun: boolean;
  readonly compatibility: boolean;
  readonly verbose: boolean;
  /** Take every service, also those that profiles switch off. */
  readonly allResources: boolean;
}

/** Options that every invocation accepts before the command. */
export const globalOptions = (): readonly OptionSpec[] => [
  list('-f, --file <FILE>', 'Compose file; may be repeated, later files win; "-" reads standard input'),
  value('-p, --project-name <NAME>', 'Project name'),
  value('--project-directory <DIR>', 'Folder that relative paths start from (default: that of the first file)'),
  list('--env-file <FILE>', 'File with variables for interpolation; may be repeated (default: .env)'),
  list('--profile <NAME>', 'Switch on a profile; may be repeated; "*" is all of them'),
  value('-H, --host <URL>', 'Engine to use: unix:///run/docker.sock, tcp://host:2375 (default: our own)'),
  value('-c, --context <NAME>', 'Docker context that names the engine'),
  value('--progress <MODE>', 'Progress: auto, tty, plain, json, quiet', { choices: PROGRESS_MODES }),
  value('--ansi <WHEN>', 'Colours and cursor control: auto, never, always', { choices: ANSI_MODES }),
  integer('--parallel <N>', 'At most N engine calls at once; -1 for no limit'),
  flag('--dry-run', 'Show what would be done and do nothing'),
  flag('--all-resources', 'Include resources that no service uses'),
  flag('--compatibility', 'Join names with "_" as Compose 1 did'),
  flag('--verbose', 'Show more, also stacks of unexpected errors'),
  flag('-v, --version', 'Show the version', { hidden: true }),
  value('--workdir <DIR>', 'Old name of --project-directory', { hidden: true }),
  flag('--no-ansi', 'Old form of --ansi never', { hidden: true }),
  list('--insecure-registry <NAME>', 'Accepted for compatibility', { hidden: true }),
];

/** Joins the flags with the environment: a flag wins over its variable. @throws UserError for a variable with a bad value */
export function resolveGlobals(input: CommandInput, environment: Readonly<Record<string, string>>): GlobalOptions {
  return {
    files: input.list('file'),
    projectName: input.value('project-name'),
    projectDirectory: input.value('project-directory') ?? input.value('workdir'),
    envFiles: input.list('env-file'),
    profiles: input.list('profile'),
    host: input.value('host'),
    context: input.value('context'),
    progress: choice(input.value('progress') ?? environment['COMPOSE_PROGRESS'] ?? buildProgress(environment), PROGRESS_MODES, 'auto', 'COMPOSE_PROGRESS'),
    ansi: input.flag('no-ansi')
      ? 'never'
      : choice(input.value('ansi') ?? environment['COMPOSE_ANSI'], ANSI_MODES, 'auto', 'COMPOSE_ANSI'),
    parallel: parallelLimit(input.value('parallel') ?? environment['COMPOSE_PARALLEL_LIMIT']),
    dryRun: input.flag('dry-run'),
    compatibility: input.flag('compatibility') || isTruthy(environment['COMPOSE_COMPATIBILITY']),
    verbose: input.flag('verbose'),
    allResources: input.flag('all-resources'),
  };
}

/** `1`, `true`, `yes`, `on` and their relatives, as Go's ParseBool plus what people write. */
export function isTruthy(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true|y|yes|on)$/i.test(text);
}

/** What is set for builds by other tools too; a mode that only they have (`rawjson`) is theirs alone. */
function buildProgress(environment: Readonly<Record<string, string>>): string | undefined {
  return PROGRESS_MODES.find((mode) => mode === environment['BUILDKIT_PROGRESS']);
}

function choice<T extends string>(text: string | undefined, all: readonly T[], fallback: T, variable: string): T {
  if (text === undefined || text === '') return fallback;
  const found = all.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UserError(`unsupported value "${text}" of ${variable}`, {
    code: 'usage.value',
    hint: `one of ${all.join(', ')}`,
  });
}

function parallelLimit(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit === 0 || limit < -1) {
    throw new UserError(`"${text}" is not a limit for COMPOSE_PARALLEL_LIMIT or --parallel`, {
      code: 'usage.value',
      hint: 'a number from 1, or -1 for no limit',
    });
  }
  return limit === -1 ? Number.POSITIVE_INFINITY : limit;
}
