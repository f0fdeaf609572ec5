/** `run`: a one-off container of a service. */
import { ExitCode, UserError } from '../../base/index.ts';
import { run as runOneOff, type RunOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { isTruthy } from '../globals.ts';
import type { CommandInput } from '../input.ts';
import { openProcessIo } from '../process-io.ts';
import { requireProject } from '../project.ts';
import { readShortForms } from '../short-forms.ts';
import { withVerb } from '../verb.ts';
import { wantsTerminal } from './exec.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = ''] = input.args;
  if (input.flag('service-ports') && input.list('publish').length > 0) {
    throw new UserError('--service-ports and --publish are incompatible', { code: 'usage.exclusive' });
  }
  const project = await requireProject(cli, { services: [service] });
  const options = await runOptions(cli, input);
  if (cli.globals.dryRun) {
    await cli.stdout.write(`would run a container of ${service}\n`);
    return ExitCode.ok;
  }
  const quiet = { quiet: input.flag('quiet'), quietPull: input.flag('quiet-pull'), quietBuild: input.flag('quiet-build') };
  // Ctrl-C is the program's, once it runs; until then it ends us, as nothing is half-made that `up` would not take up.
  const io = openProcessIo(cli, { tty: options.tty === true && options.detach !== true, stdin: options.interactive === true, signals: options.detach !== true });
  try {
    const result = await withVerb(cli, { ...quiet, abortable: false, plain: true }, (context) => runOneOff({ ...context, project }, options, io.streams));
    if (result.exitCode === undefined) await cli.stdout.write(`${result.container}\n`);
    return result.exitCode ?? ExitCode.ok;
  } finally {
    io.close();
  }
}

async function runOptions(cli: Cli, input: CommandInput): Promise<RunOptions> {
  const [service = '', ...command] = input.args;
  const detach = input.flag('detach');
  const entrypoint = input.value('entrypoint');
  const pull = input.value('pull');
  const forms = await readShortForms(cli, { ports: input.list('publish'), volumes: input.list('volume'), envFiles: input.list('env-from-file') });
  const name = input.value('name');
  const user = input.value('user');
  const workdir = input.value('workdir');
  return {
    service,
    command,
    detach,
    tty: !detach && wantsTerminal(cli, input),
    interactive: !detach && input.flag('interactive', true),
    rm: input.flag('rm'),
    environment: { ...forms.environment, ...environmentOf(cli, input.list('env')) },
    labels: labelsOf(input.list('label')),
    capAdd: input.list('cap-add'),
    capDrop: input.list('cap-drop'),
    servicePorts: input.flag('service-ports'),
    useAliases: input.flag('use-aliases'),
    noDeps: input.flag('no-deps'),
    removeOrphans: input.flag('remove-orphans', isTruthy(cli.env['COMPOSE_REMOVE_ORPHANS'])),
    ignoreOrphans: isTruthy(cli.env['COMPOSE_IGNORE_ORPHANS']),
    build: input.flag('build'),
    buildOptions: { quiet: input.flag('quiet-build') },
    pullOptions: { quiet: input.flag('quiet-pull') },
    ...(forms.ports && { ports: forms.ports }),
    ...(forms.volumes && { volumes: forms.volumes }),
    ...(entrypoint !== undefined && { entrypoint: entrypoint === '' ? [] : entrypoint.split(/\s+/).filter((word) => word !== '') }),
    ...(pull !== undefined && { pull }),
    ...(name !== undefined && { name }),
    ...(user !== undefined && { user }),
    ...(workdir !== undefined && { workdir }),
  };
}

/** `KEY` without a value takes ours, else the project's. */
function environmentOf(cli: Cli, pairs: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    pairs.map((pair): [string, string | null] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, cli.env[pair] ?? null] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
