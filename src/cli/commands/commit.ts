/** `commit`: an image of what a container changed. */
import { ExitCode } from '../../base/index.ts';
import { commit } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = '', reference] = input.args;
  const target = await projectOrName(cli, { services: [service] });
  const index = input.replica();
  const author = input.value('author');
  const message = input.value('message');
  const options = {
    service,
    pause: input.flag('pause', true),
    changes: input.list('change'),
    ...(reference !== undefined && { reference }),
    ...(index !== undefined && { index }),
    ...(author !== undefined && { author }),
    ...(message !== undefined && { message }),
  };
  const id = await withVerb(cli, {}, (context) => commit(namedContext(context, target), options));
  await cli.stdout.write(`${id}\n`);
  return ExitCode.ok;
}
