/** `ps`: the containers of a project. */
import { ExitCode, humanDuration, UserError } from '../../base/index.ts';
import { ps, type ObservedContainer } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { formatListing, type Listing } from '../render/format.ts';
import type { TemplateData } from '../render/go-template.ts';
import { formatPorts, goQuote, goTime } from '../render/human.ts';
import { truncate } from '../render/text.ts';

const COMMAND_COLUMNS = 20;
const MOUNT_COLUMNS = 15;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const status = [...input.list('status'), ...filterStatuses(input.list('filter'))];
  const all = input.flag('all');
  const target = await projectOrName(cli, { services: input.args });
  const options = { services: input.args, all, status, orphans: input.flag('orphans', true) };
  const containers = await withEngine(cli, ({ engine }) => ps(namedContext({ engine }, target), options));
  await cli.stdout.write(render(cli, input, all ? containers : containers.filter((c) => !c.oneOff)));
  return ExitCode.ok;
}

function render(cli: Cli, input: CommandInput, containers: readonly ObservedContainer[]): string {
  if (input.flag('quiet')) return containers.map((c) => `${c.id}\n`).join('');
  if (input.flag('services')) return [...new Set(containers.map((c) => c.service))].map((name) => `${name}\n`).join('');
  const isWide = input.flag('no-trunc');
  return formatListing(input.value('format'), containers, psListing(isWide, Date.now() / 1000, isWide ? undefined : cli.stdout.width()));
}

function filterStatuses(filters: readonly string[]): string[] {
  return filters.map((filter) => {
    const [, status] = /^status=(.+)$/.exec(filter) ?? [];
    if (status === undefined) throw new UserError(`invalid filter "${filter}"`, { code: 'usage.value', hint: 'status=running' });
    return status;
  });
}

function psListing(isWide: boolean, now: number, width: number | undefined): Listing<ObservedContainer> {
  const command = (c: ObservedContainer): string => goQuote(isWide ? c.command : truncate(c.command, COMMAND_COLUMNS));
  const age = (c: ObservedContainer): string => `${humanDuration((now - c.createdAt) * 1000)} ago`;
  return {
    columns: [
      { title: 'NAME', value: (c) => c.name, shrinksTo: 10, importance: 3 },
      { title: 'IMAGE', value: (c) => c.image, shrinksTo: 8, importance: 1, isOptional: true },
      { title: 'COMMAND', value: command, shrinksTo: 7, isOptional: true },
      { title: 'SERVICE', value: (c) => c.service, shrinksTo: 10, importance: 3 },
      { title: 'CREATED', value: age, shrinksTo: 7, importance: 1, isOptional: true },
      { title: 'STATUS', value: (c) => c.status, shrinksTo: 12, importance: 3 },
      { title: 'PORTS', value: (c) => formatPorts(c.ports), shrinksTo: 14, importance: 2 },
    ],
    fields: (c) => psFields(c, { command: command(c), age: age(c), isWide }),
    headings: { Name: 'NAME', Names: 'NAMES', ID: 'CONTAINER ID', RunningFor: 'CREATED', CreatedAt: 'CREATED AT', LocalVolumes: 'LOCAL VOLUMES', ExitCode: 'EXIT CODE' },
    width,
  };
}

/** Docker's fields, in alphabetical order as Go's encoder writes a map. */
function psFields(c: ObservedContainer, shown: { command: string; age: string; isWide: boolean }): TemplateData {
  const mounts = c.mounts.map((mount) => mount.Name ?? mount.Source);
  const labels = Object.entries(c.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    Command: shown.command,
    CreatedAt: goTime(c.createdAt),
    ExitCode: c.exitCode ?? 0,
    Health: c.health === 'none' ? '' : c.health,
    ID: shown.isWide ? c.id : c.id.slice(0, 12),
    Image: c.image,
    Label: (name: unknown) => c.labels[String(name)] ?? '',
    Labels: labels.map(([key, value]) => `${key}=${value}`).join(','),
    LocalVolumes: String(c.mounts.filter((mount) => mount.Driver === 'local').length),
    Mounts: mounts.map((mount) => (shown.isWide ? mount : truncate(mount, MOUNT_COLUMNS))).join(','),
    Name: c.name,
    Names: c.name,
    Networks: Object.keys(c.networks).sort().join(','),
    Ports: formatPorts(c.ports),
    Project: c.labels['com.docker.compose.project'] ?? '',
    Publishers: publishers(c),
    RunningFor: shown.age,
    Service: c.service,
    Size: '0B',
    State: c.state,
    Status: c.status,
  };
}

function publishers(c: ObservedContainer): TemplateData[] | null {
  if (c.ports.length === 0) return null;
  const sorted = [...c.ports].sort((a, b) => a.PrivatePort - b.PrivatePort || ((a.IP ?? '') < (b.IP ?? '') ? -1 : 1));
  return sorted.map((port) => ({ URL: port.IP ?? '', TargetPort: port.PrivatePort, PublishedPort: port.PublicPort ?? 0, Protocol: port.Type }));
}
