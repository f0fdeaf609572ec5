/** `top`: the processes of each container. */
import { ExitCode } from '../../base/index.ts';
import { top } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { renderTable } from '../render/table.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const found = await withEngine(cli, ({ engine }) => top(namedContext({ engine }, target), { services: input.args }));
  const texts = found.map(({ container, top: { Titles, Processes } }) => {
    const columns = Titles.map((title, i) => ({ title, value: (row: readonly string[]) => row[i] ?? '', ...(i === Titles.length - 1 && { shrinksTo: 10 }) }));
    return `${container.name}\n${renderTable(columns, Processes, { width: cli.stdout.width() })}\n`;
  });
  await cli.stdout.write(texts.join(''));
  return ExitCode.ok;
}
