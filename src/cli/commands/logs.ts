/** `logs`: the output of containers. */
import { ExitCode, UserError } from '../../base/index.ts';
import { findContainers, findOne, logs, type LogsOptions } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { createLogOutput } from '../log-output.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName, type Target } from '../project.ts';
import { parseTime } from '../time-argument.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const options = logsOptions(input);
  const target = await projectOrName(cli, { services: input.args });
  await withEngine(cli, async ({ engine }) => {
    const context = namedContext({ engine }, target);
    await checkServices(target, input.args);
    if (options.index !== undefined) await findOne(context, input.args[0] ?? '', { index: options.index, all: true }); // or says that there is none
    const output = createLogOutput(cli, target.name, { noColour: input.flag('no-color'), noPrefix: input.flag('no-log-prefix') });
    if (!input.flag('no-log-prefix')) {
      const known = await findContainers(context, { services: input.args, ...(options.index !== undefined && { index: options.index }) });
      for (const container of known) output.add(container); // prefixes line up from the first line on
    }
    await logs(context, options, output.sink);
  });
  return ExitCode.ok;
}

function logsOptions(input: CommandInput): LogsOptions {
  const tail = tailOf(input.value('tail'));
  const since = input.value('since');
  const until = input.value('until');
  const index = input.replica();
  if (index !== undefined && input.args.length !== 1) throw new UserError('--index requires one service to be selected', { code: 'usage.value' });
  return {
    services: input.args,
    follow: input.flag('follow'),
    timestamps: input.flag('timestamps'),
    ...(tail !== undefined && { tail }),
    ...(since !== undefined && { since: parseTime(since) }),
    ...(until !== undefined && { until: parseTime(until) }),
    ...(index !== undefined && { index }),
  };
}

function tailOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all' || /^-\d+$/.test(text)) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(`invalid argument "${text}" for "--tail" flag`, { code: 'usage.value', hint: 'a number of lines, or "all"' });
}

async function checkServices({ project }: Target, names: readonly string[]): Promise<void> {
  const unknown = project && names.find((name) => !(name in project.services) && !(name in project.disabledServices));
  if (unknown === undefined) return;
  throw new UserError(`no such service: ${unknown}`, { code: 'service.unknown', hint: `services: ${Object.keys(project?.services ?? {}).sort().join(', ')}` });
}
