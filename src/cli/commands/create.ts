/** `create`: makes containers and does not start them. */
import { ExitCode } from '../../base/index.ts';
import { create } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';
import { showUpPlan } from './plan.ts';
import { createOptions } from './up-options.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const options = createOptions(cli, input);
  const project = await requireProject(cli, { services: input.args });
  if (cli.globals.dryRun) return showUpPlan(cli, project, { ...options, noStart: true }, { json: false, exitCode: false });
  await withVerb(cli, { quietPull: input.flag('quiet-pull') }, (context) => create({ ...context, project }, options));
  return ExitCode.ok;
}
