/** `push`: images of services to their registries. */
import { ExitCode } from '../../base/index.ts';
import { push } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { dryEngine } from '../dry-engine.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const options = { services: input.args, includeDeps: input.flag('include-deps'), ignoreFailures: input.flag('ignore-push-failures') };
  const project = await requireProject(cli, { services: input.args });
  await withVerb(cli, { quiet: input.flag('quiet') }, (context) => {
    const engine = cli.globals.dryRun ? dryEngine(context.engine) : context.engine;
    return push({ ...context, engine, project }, options);
  });
  return ExitCode.ok;
}
