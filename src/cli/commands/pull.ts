/** `pull`: images of services from their registries. */
import { ExitCode, UserError } from '../../base/index.ts';
import { pull } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { dryEngine } from '../dry-engine.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const policy = input.value('policy');
  if (policy !== undefined && policy !== 'missing' && policy !== 'always') {
    throw new UserError(`invalid value for --policy: "${policy}"`, { code: 'usage.value', hint: 'missing or always' });
  }
  const options = {
    services: input.args,
    quiet: input.flag('quiet'),
    includeDeps: input.flag('include-deps'),
    ignoreBuildable: input.flag('ignore-buildable'),
    ignoreFailures: input.flag('ignore-pull-failures'),
    ...(policy !== undefined && { policy }),
  };
  const project = await requireProject(cli, { services: input.args });
  await withVerb(cli, { quiet: options.quiet }, (context) => {
    const engine = cli.globals.dryRun ? dryEngine(context.engine) : context.engine;
    return pull({ ...context, engine, project }, options);
  });
  return ExitCode.ok;
}
