/** `top`: the processes of each container. */
import { ExitCode } from '../../base/index.ts';
import { observe } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { projectOrName } from '../project.ts';
import { renderTable } from '../render/table.ts';
import { checkServices } from './ps.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const texts = await withEngine(cli, async ({ engine }) => {
    const { containers } = await observe({ engine }, { project: target.name });
    checkServices(target, input.args, containers);
    const running = containers.filter((c) => c.state === 'running' && (input.args.length === 0 || input.args.includes(c.service)));
    return Promise.all(
      running.map(async (c) => {
        const { Titles, Processes } = await engine.containers.top(c.id);
        const columns = Titles.map((title, i) => ({ title, value: (row: readonly string[]) => row[i] ?? '', ...(i === Titles.length - 1 && { shrinksTo: 10 }) }));
        return `${c.name}\n${renderTable(columns, Processes, { width: cli.stdout.width() })}\n`;
      }),
    );
  });
  await cli.stdout.write(texts.join(''));
  return ExitCode.ok;
}
