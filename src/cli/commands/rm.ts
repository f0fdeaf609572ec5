/** `rm`: removes stopped containers, after asking. */
import { ExitCode } from '../../base/index.ts';
import { planOfRemove, remove, stop } from '../../controller/index.ts';
import { ask } from '../ask.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { withVerb } from '../verb.ts';
import { showPlan } from './plan.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const timeoutSeconds = input.integer('timeout');
  const selection = { services: input.args, ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
  const options = { ...selection, volumes: input.flag('volumes') };
  const target = await projectOrName(cli, { services: input.args });
  await withVerb(cli, {}, async (context) => {
    const named = namedContext(context, target);
    if (cli.globals.dryRun) return showPlan(cli, await planOfRemove(named, { ...options, stop: input.flag('stop') }));
    if (input.flag('stop')) await stop(named, selection);
    const plan = await planOfRemove(named, options);
    const names = plan.steps.flatMap(({ action }) => (action.kind === 'removeContainer' ? [action.container.name] : []));
    if (names.length === 0) return void cli.stderr.write('No stopped containers\n');
    const question = `Going to remove ${names.join(', ')}`;
    if (input.flag('force')) void cli.stderr.write(`${question}\n`);
    else if (!(await ask(cli, question))) return;
    await remove(named, options);
  });
  return ExitCode.ok;
}
