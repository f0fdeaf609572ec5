/** `up`: makes the engine have what the file asks for, and stays with the output unless told to go. */
import { ExitCode, UserError } from '../../base/index.ts';
import { up, type UpVerbOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';
import { showUpPlan } from './plan.ts';
import { upOptions } from './up-options.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  checkFlags(input);
  const options = fullOptions(cli, input);
  const project = await requireProject(cli, { services: input.args });
  if (cli.globals.dryRun) return showUpPlan(cli, project, options, { json: false, exitCode: false });
  const isAttached = !input.flag('detach') && !input.flag('wait') && !input.flag('no-start');
  if (isAttached) return (await import('./up-attached.ts')).runAttached(cli, input, project, options);
  const quiet = { quietPull: input.flag('quiet-pull'), quietBuild: input.flag('quiet-build') };
  await withVerb(cli, quiet, (context) => up({ ...context, project }, options));
  return ExitCode.ok;
}

function fullOptions(cli: Cli, input: CommandInput): UpVerbOptions {
  const waitSeconds = input.integer('wait-timeout');
  return {
    ...upOptions(cli, input),
    ...(input.flag('no-start') && { noStart: true }),
    ...(input.flag('wait') && { wait: true }),
    ...(waitSeconds !== undefined && waitSeconds > 0 && { waitTimeoutMs: waitSeconds * 1000 }),
    buildOptions: { quiet: input.flag('quiet-build') },
  };
}

/** @throws UserError for combinations that docker compose refuses too */
function checkFlags(input: CommandInput): void {
  const refuse = (message: string): never => {
    throw new UserError(message, { code: 'usage.exclusive' });
  };
  const aborts = input.flag('abort-on-container-exit') || input.flag('abort-on-container-failure') || input.has('exit-code-from');
  const attaches = input.list('attach').length > 0 || input.flag('attach-dependencies');
  if (input.flag('detach') && (aborts || attaches)) {
    refuse('--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --exit-code-from, --attach or --attach-dependencies');
  }
  if (input.flag('wait') && (aborts || attaches)) {
    refuse('--wait cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --exit-code-from, --attach or --attach-dependencies');
  }
  if (input.list('attach').length > 0 && input.flag('attach-dependencies')) refuse('cannot combine --attach and --attach-dependencies');
  if (input.flag('detach') && input.flag('watch')) refuse('--detach and --watch are incompatible');
}
