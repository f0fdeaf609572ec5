/** `ls`: the projects that an engine has containers of. */
import { ExitCode, UserError } from '../../base/index.ts';
import { Label } from '../../controller/index.ts';
import type { ContainerSummary } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { formatListing } from '../render/format.ts';

interface ListedProject {
  readonly name: string;
  /** `exited(1), running(2)` */
  readonly status: string;
  readonly isRunning: boolean;
  readonly configFiles: string;
}

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const names = input.list('filter').map(nameFilter);
  const format = input.value('format');
  if (format !== undefined && format !== 'table' && format !== 'json') {
    throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'table or json' });
  }
  const all = input.flag('all');
  const containers = await withEngine(cli, ({ engine }) => engine.containers.list({ all, filters: { label: [Label.project] } }));
  const projects = collect(containers).filter((project) => names.every((pattern) => pattern.test(project.name)));
  if (input.flag('quiet')) {
    await cli.stdout.write(projects.map((project) => `${project.name}\n`).join(''));
    return ExitCode.ok;
  }
  await cli.stdout.write(
    formatListing(format, projects, {
      columns: [
        { title: 'NAME', value: (project) => project.name },
        { title: 'STATUS', value: (project) => project.status },
        { title: 'CONFIG FILES', value: (project) => project.configFiles, shrinksTo: 12 },
      ],
      fields: (project) => ({ Name: project.name, Status: project.status, ConfigFiles: project.configFiles }),
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

function collect(containers: readonly ContainerSummary[]): ListedProject[] {
  const groups = new Map<string, ContainerSummary[]>();
  for (const container of containers) {
    const name = container.Labels[Label.project];
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), container]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => ({
      name,
      status: statusOf(members),
      isRunning: members.some((container) => container.State === 'running'),
      configFiles: [...new Set(members.map((container) => container.Labels[Label.configFiles] ?? ''))].filter((files) => files !== '').sort().join(','),
    }));
}

function statusOf(containers: readonly ContainerSummary[]): string {
  const counts = new Map<string, number>();
  for (const { State } of containers) counts.set(State, (counts.get(State) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([state, count]) => `${state}(${count})`).join(', ');
}
