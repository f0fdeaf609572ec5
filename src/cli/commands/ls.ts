/** `ls`: the projects that an engine has containers of. */
import { ExitCode, UserError } from '../../base/index.ts';
import { ls } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { formatListing } from '../render/format.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const names = input.list('filter').map(nameFilter);
  const format = input.value('format');
  if (format !== undefined && format !== 'table' && format !== 'json') {
    throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'table or json' });
  }
  const found = await withEngine(cli, ({ engine }) => ls({ engine }, { all: input.flag('all') }));
  const projects = found.filter((project) => names.every((pattern) => pattern.test(project.name)));
  if (input.flag('quiet')) {
    await cli.stdout.write(projects.map((project) => `${project.name}\n`).join(''));
    return ExitCode.ok;
  }
  await cli.stdout.write(
    formatListing(format, projects, {
      columns: [
        { title: 'NAME', value: (project) => project.name },
        { title: 'STATUS', value: (project) => statusOf(project.states) },
        { title: 'CONFIG FILES', value: (project) => project.configFiles.join(','), shrinksTo: 12 },
      ],
      fields: (project) => ({ Name: project.name, Status: statusOf(project.states), ConfigFiles: project.configFiles.join(',') }),
      json: 'array',
      width: cli.stdout.width(),
    }),
  );
  return ExitCode.ok;
}

function nameFilter(filter: string): RegExp {
  const [, pattern] = /^name=(.+)$/.exec(filter) ?? [];
  try {
    if (pattern !== undefined) return new RegExp(pattern);
  } catch {
    // reported below
  }
  throw new UserError(`invalid filter "${filter}"`, { code: 'usage.value', hint: 'name=REGEX' });
}

/** `exited(1), running(2)` */
function statusOf(states: Readonly<Record<string, number>>): string {
  return Object.entries(states).sort(([a], [b]) => (a < b ? -1 : 1)).map(([state, count]) => `${state}(${count})`).join(', ');
}
