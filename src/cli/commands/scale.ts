/** `scale`: sets the number of replicas and starts or removes what is needed for it. */
import { ExitCode } from '../../base/index.ts';
import { up } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';
import { showUpPlan } from './plan.ts';
import { parseScales } from './up-options.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const scale = parseScales(input.args, 'scale specifier');
  const services = Object.keys(scale);
  const project = await requireProject(cli, { services });
  const options = { services, scale, noDeps: input.flag('no-deps'), noRecreate: true };
  if (cli.globals.dryRun) return showUpPlan(cli, project, options, { json: false, exitCode: false });
  await withVerb(cli, {}, (context) => up({ ...context, project }, options));
  return ExitCode.ok;
}
