/** `stats`: use of resources, once or live. */
import { ExitCode, formatBytes } from '../../base/index.ts';
import { observe, type ObservedContainer } from '../../controller/index.ts';
import type { ContainerStats, Engine } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { projectOrName } from '../project.ts';
import { formatListing } from '../render/format.ts';
import { binarySize } from '../render/human.ts';
import { checkServices } from './ps.ts';

interface Row {
  readonly container: ObservedContainer;
  readonly stats: ContainerStats | undefined;
}

const CLEAR = '\x1b[H\x1b[2J';
const FRAME_MS = 500;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  await withEngine(cli, async ({ engine }) => {
    const { containers } = await observe({ engine }, { project: target.name });
    checkServices(target, input.args, containers);
    const shown = containers.filter((c) => (input.flag('all') || c.state === 'running') && (input.args.length === 0 || input.args.includes(c.service)));
    if (input.flag('no-stream')) return void (await cli.stdout.write(render(cli, input, await Promise.all(shown.map((c) => once(engine, c))))));
    await live(cli, input, engine, shown);
  });
  return ExitCode.ok;
}

async function once(engine: Engine, container: ObservedContainer): Promise<Row> {
  if (container.state !== 'running') return { container, stats: undefined };
  for await (const stats of await engine.containers.stats(container.id, { stream: false })) return { container, stats };
  return { container, stats: undefined };
}

/** Redraws while any container runs. */
async function live(cli: Cli, input: CommandInput, engine: Engine, containers: readonly ObservedContainer[]): Promise<void> {
  const latest = new Map<string, ContainerStats>();
  const draw = (): void => {
    const text = render(cli, input, containers.map((container) => ({ container, stats: latest.get(container.id) })));
    void cli.stdout.write(cli.stdout.isTerminal ? CLEAR + text : text);
  };
  const timer = setInterval(draw, FRAME_MS);
  try {
    draw();
    await Promise.all(
      containers.filter((c) => c.state === 'running').map(async (c) => {
        for await (const stats of await engine.containers.stats(c.id, { stream: true })) latest.set(c.id, stats);
        latest.delete(c.id);
      }),
    );
  } finally {
    clearInterval(timer);
  }
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

function statsFields({ container, stats }: Row, isWide: boolean): Record<string, string> {
  const id = isWide ? container.id : container.id.slice(0, 12);
  const names = { Container: id, ID: id, Name: container.name };
  if (!stats) return { BlockIO: '--', CPUPerc: '--', ...names, MemPerc: '--', MemUsage: '-- / --', NetIO: '--', PIDs: '--' };
  const memory = memoryOf(stats);
  const limit = stats.memory_stats.limit ?? 0;
  const networks = Object.values(stats.networks ?? {});
  const blocks = stats.blkio_stats.io_service_bytes_recursive ?? [];
  const sum = (values: readonly number[]): string => formatBytes(values.reduce((total, value) => total + value, 0));
  const blockSum = (op: string): string => sum(blocks.filter((entry) => entry.op.toLowerCase() === op).map((entry) => entry.value));
  return {
    BlockIO: `${blockSum('read')} / ${blockSum('write')}`,
    CPUPerc: `${cpuPercent(stats).toFixed(2)}%`,
    ...names,
    MemPerc: `${(limit === 0 ? 0 : (memory / limit) * 100).toFixed(2)}%`,
    MemUsage: `${binarySize(memory)} / ${binarySize(limit)}`,
    NetIO: `${sum(networks.map((network) => network.rx_bytes))} / ${sum(networks.map((network) => network.tx_bytes))}`,
    PIDs: String(stats.pids_stats.current ?? 0),
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
