/** `stats`: use of resources, once or live. */
import { ExitCode, formatBytes } from '../../base/index.ts';
import { stats, type ObservedContainer } from '../../controller/index.ts';
import type { ContainerStats } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { formatListing } from '../render/format.ts';
import { binarySize } from '../render/human.ts';

interface Row {
  readonly container: ObservedContainer;
  readonly stats: ContainerStats | undefined;
}

const CLEAR = '\x1b[H\x1b[2J';
const FRAME_MS = 500;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const options = { services: input.args, all: input.flag('all'), once: input.flag('no-stream') };
  const rows = new Map<string, Row>();
  const draw = (): void => {
    const text = render(cli, input, [...rows.values()].sort((a, b) => (a.container.name < b.container.name ? -1 : 1)));
    void cli.stdout.write(cli.stdout.isTerminal && !options.once ? CLEAR + text : text);
  };
  const timer = options.once ? undefined : setInterval(draw, FRAME_MS);
  try {
    const all = await withEngine(cli, ({ engine }) =>
      stats(namedContext({ engine }, target), options, (container, figures) => rows.set(container.id, { container, stats: figures })),
    );
    for (const container of all) if (!rows.has(container.id)) rows.set(container.id, { container, stats: undefined });
  } finally {
    clearInterval(timer);
  }
  if (options.once) draw();
  return ExitCode.ok;
}

function render(cli: Cli, input: CommandInput, rows: readonly Row[]): string {
  const isWide = input.flag('no-trunc');
  const fields = (row: Row): Record<string, string> => statsFields(row, isWide);
  const column = (title: string, field: string, shrinksTo?: number) => ({ title, value: (row: Row) => fields(row)[field] ?? '', ...(shrinksTo !== undefined && { shrinksTo }) });
  return formatListing(input.value('format'), rows, {
    columns: [
      column('CONTAINER ID', 'ID'),
      column('NAME', 'Name', 10),
      column('CPU %', 'CPUPerc'),
      column('MEM USAGE / LIMIT', 'MemUsage'),
      column('MEM %', 'MemPerc'),
      column('NET I/O', 'NetIO', 8),
      column('BLOCK I/O', 'BlockIO', 8),
      column('PIDS', 'PIDs'),
    ],
    fields,
    headings: { ID: 'CONTAINER ID', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT', MemPerc: 'MEM %', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O' },
    width: cli.stdout.width(),
  });
}

function statsFields({ container, stats: figures }: Row, isWide: boolean): Record<string, string> {
  const id = isWide ? container.id : container.id.slice(0, 12);
  const names = { Container: id, ID: id, Name: container.name };
  if (!figures) return { BlockIO: '--', CPUPerc: '--', ...names, MemPerc: '--', MemUsage: '-- / --', NetIO: '--', PIDs: '--' };
  const memory = memoryOf(figures);
  const limit = figures.memory_stats.limit ?? 0;
  const networks = Object.values(figures.networks ?? {});
  const blocks = figures.blkio_stats.io_service_bytes_recursive ?? [];
  const sum = (values: readonly number[]): string => formatBytes(values.reduce((total, value) => total + value, 0));
  const blockSum = (op: string): string => sum(blocks.filter((entry) => entry.op.toLowerCase() === op).map((entry) => entry.value));
  return {
    BlockIO: `${blockSum('read')} / ${blockSum('write')}`,
    CPUPerc: `${cpuPercent(figures).toFixed(2)}%`,
    ...names,
    MemPerc: `${(limit === 0 ? 0 : (memory / limit) * 100).toFixed(2)}%`,
    MemUsage: `${binarySize(memory)} / ${binarySize(limit)}`,
    NetIO: `${sum(networks.map((network) => network.rx_bytes))} / ${sum(networks.map((network) => network.tx_bytes))}`,
    PIDs: String(figures.pids_stats.current ?? 0),
  };
}

/** @see docker CLI, calculateCPUPercentUnix */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const all = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus ?? now.cpu_usage.percpu_usage?.length ?? 1;
  return used > 0 && all > 0 ? (used / all) * cpus * 100 : 0;
}

/** Without the page cache: `total_inactive_file` on cgroup v1, `inactive_file` on v2. @see docker CLI, calculateMemUsageUnixNoCache */
function memoryOf({ memory_stats: { usage = 0, stats = {} } }: ContainerStats): number {
  const cache = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  return cache < usage ? usage - cache : usage;
}
