/** `wait`: until containers of services stop; exits with the first code that is not 0. */
import { down, wait } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const say = (container: string, code: number): void => void cli.stdout.write(`container "${container}" exited with status code ${code}\n`);
  const code = await withEngine(cli, ({ engine }) => wait(namedContext({ engine }, target), { services: input.args }, say));
  if (input.flag('down-project')) await withVerb(cli, {}, (context) => down(namedContext(context, target)));
  return code;
}
