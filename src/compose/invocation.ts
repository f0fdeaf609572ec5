/**
 * Which files, which directory, which variables: what the command line and the environment decide before any Compose file is read.
 * Order and precedence are those of Docker Compose.
 */
import { posix } from 'node:path';
import { parseGoBool } from './go-values.ts';
import { readEnvFiles } from './env-files.ts';
import type { LoadOptions } from './options.ts';
import type { Session } from './session.ts';
import { Variables } from './variables.ts';

const FILE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml'];

export interface Invocation {
  /** Absolute paths, `-` for standard input. */
  readonly files: readonly string[];
  /** Absolute. */
  readonly directory: string;
  readonly envFiles: readonly string[];
  /** The process environment, then what the env files add. */
  readonly variables: Variables;
  readonly profiles: readonly string[];
}

/** Undefined when files or env files are missing; that is reported. */
export function resolveInvocation(options: LoadOptions, session: Session): Invocation | undefined {
  const environment = Variables.of(options.environment);
  const cwd = options.workingDirectory;
  const given = options.projectDirectory === undefined || options.projectDirectory === '' ? undefined : posix.resolve(cwd, options.projectDirectory);
  // .env of the directory known so far may set COMPOSE_FILE
  const named = fileArguments(options, environment, cwd);
  const early = envFilePaths(options, environment, given ?? directoryOf(named) ?? cwd, session);
  const earlyVariables = early && withEnvFiles(early, environment, session);
  if (!early || !earlyVariables) return undefined;
  const files = named ?? environmentFiles(earlyVariables, cwd) ?? discover(given ?? cwd, session);
  if (!files || !allExist(files, session)) {
    if (!files) noFile(given ?? cwd, session);
    return undefined;
  }
  const directory = given ?? directoryOf(files) ?? cwd;
  const late = envFilePaths(options, environment, directory, session);
  const variables = late && withEnvFiles(late, earlyVariables, session);
  if (!late || !variables) return undefined;
  return { files, directory, envFiles: late.length > 0 ? late : early, variables, profiles: profilesOf(options, variables) };
}

function fileArguments(options: LoadOptions, environment: Variables, cwd: string): string[] | undefined {
  if (options.files && options.files.length > 0) return options.files.map((f) => (f === '-' ? f : posix.resolve(cwd, f)));
  return environmentFiles(environment, cwd);
}

function environmentFiles(variables: Variables, cwd: string): string[] | undefined {
  const value = variables.get('COMPOSE_FILE')?.value;
  if (value === undefined) return undefined;
  const separator = variables.get('COMPOSE_PATH_SEPARATOR')?.value || ':';
  return value.split(separator).map((f) => (f === '-' ? f : posix.resolve(cwd, f)));
}

function directoryOf(files: readonly string[] | undefined): string | undefined {
  const first = files?.find((f) => f !== '-');
  return first === undefined ? undefined : posix.dirname(first);
}

/** The first directory upwards that has a Compose file, with its override file. */
function discover(start: string, session: Session): string[] | undefined {
  for (let directory = start; ; directory = posix.dirname(directory)) {
    const main = pick(FILE_NAMES, directory, session);
    if (main !== undefined) {
      const override = pick(OVERRIDE_NAMES, directory, session);
      return override === undefined ? [main] : [main, override];
    }
    if (posix.dirname(directory) === directory) return undefined;
  }
}

function pick(names: readonly string[], directory: string, session: Session): string | undefined {
  const found = names.map((name) => posix.join(directory, name)).filter((path) => session.reader.kindOf(path) !== undefined);
  const [first] = found;
  if (first !== undefined && found.length > 1) {
    session.problems.warning('file.ambiguous', `several files fit: ${found.map((f) => session.display(f)).join(', ')}; ${session.display(first)} is used`, {
      hint: 'name the file with -f, or remove the others',
    });
  }
  return first;
}

function allExist(files: readonly string[], session: Session): boolean {
  const missing = files.filter((f) => f !== '-' && session.reader.kindOf(f) === undefined);
  for (const file of missing) session.problems.error('file.notFound', `file ${session.display(file)} does not exist`);
  return missing.length === 0;
}

function noFile(directory: string, session: Session): void {
  session.problems.error('file.notFound', `no Compose file in ${directory} or any directory above it`, {
    hint: `name one with -f, or create ${FILE_NAMES[0]}`,
  });
}

/** Named env files, else those of COMPOSE_ENV_FILES, else `.env` of a directory unless that is switched off. */
function envFilePaths(options: LoadOptions, environment: Variables, directory: string, session: Session): string[] | undefined {
  const cwd = options.workingDirectory;
  if (options.envFiles && options.envFiles.length > 0) return options.envFiles.map((f) => posix.resolve(cwd, f));
  const listed = environment.get('COMPOSE_ENV_FILES')?.value;
  if (listed !== undefined && listed !== '') return listed.split(',').map((f) => posix.resolve(cwd, f));
  const disabled = environment.get('COMPOSE_DISABLE_ENV_FILE')?.value;
  if (disabled !== undefined) {
    const value = parseGoBool(disabled);
    if (value === undefined) {
      session.problems.error('env.option', `COMPOSE_DISABLE_ENV_FILE="${disabled}" is not a boolean`, { hint: 'set it to true or false' });
      return undefined;
    }
    if (value) return [];
  }
  const standard = posix.join(directory, '.env');
  return session.reader.kindOf(standard) === 'file' ? [standard] : [];
}

function withEnvFiles(paths: readonly string[], variables: Variables, session: Session): Variables | undefined {
  const read = readEnvFiles(
    paths.map((path) => ({ path, place: undefined })),
    (name) => variables.get(name)?.value,
    session,
  );
  return read && variables.withDefaults(read);
}

function profilesOf(options: LoadOptions, variables: Variables): string[] {
  if (options.profiles && options.profiles.length > 0) return [...options.profiles];
  return (variables.get('COMPOSE_PROFILES')?.value ?? '').split(',').map((p) => p.trim());
}
