/** `watch`: keeps services up to date with their sources, as `develop.watch` says, until Ctrl-C. */
import { ExitCode } from '../../base/index.ts';
import { up, watch } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';
import { watchReporter } from '../watch-report.ts';

const A_DAY_MS = 86_400_000;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const quietBuild = input.flag('quiet');
  const project = await requireProject(cli, { services: input.args });
  if (!input.flag('no-up')) {
    await withVerb(cli, { quietBuild }, (context) => up({ ...context, project }, { services: input.args, build: true, buildOptions: { quiet: quietBuild } }));
  }
  const alive = setInterval(() => {}, A_DAY_MS); // neither watched folders nor an idle connection keep a process alive
  try {
    await withVerb(cli, { plain: true, quietBuild }, (context) =>
      watch({ ...context, project }, { services: input.args, prune: input.flag('prune', true), buildOptions: { quiet: quietBuild }, ...watchReporter(cli) }),
    );
  } finally {
    clearInterval(alive);
  }
  return ExitCode.interrupted; // it ends by a signal only
}
