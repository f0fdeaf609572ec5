/** `down`: removes what `up` made. */
import { ExitCode, UserError } from '../../base/index.ts';
import { down, planOfDown, type DownOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { isTruthy } from '../globals.ts';
import type { CommandInput } from '../input.ts';
import { projectOrName } from '../project.ts';
import { withVerb } from '../verb.ts';
import { namedContext } from '../named-context.ts';
import { showPlan } from './plan.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const rmi = input.value('rmi');
  if (rmi !== undefined && rmi !== 'local' && rmi !== 'all') {
    throw new UserError(`invalid value for --rmi: "${rmi}"`, { code: 'usage.value', hint: 'local or all' });
  }
  const timeoutSeconds = input.integer('timeout');
  const options: DownOptions = {
    services: input.args,
    volumes: input.flag('volumes'),
    removeOrphans: input.flag('remove-orphans', isTruthy(cli.env['COMPOSE_REMOVE_ORPHANS'])),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(rmi !== undefined && { rmi }),
  };
  const target = await projectOrName(cli, { services: input.args });
  const plan = await withVerb(cli, {}, async (context) => {
    const named = namedContext(context, target);
    if (cli.globals.dryRun) return planOfDown(named, options);
    await down(named, options);
    return undefined;
  });
  if (plan) await showPlan(cli, plan);
  return ExitCode.ok;
}
