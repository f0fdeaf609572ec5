import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { BlkioEntry, ContainerStats, CpuStats } from '../../engine-api/index.ts';
import { type CgroupHost, readCgroup } from '../host/cgroup.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import { timestamp, } from './evidence.ts';
import { hasProcess, ZERO_TIME } from './record.ts';

const INTERVAL_MS = 1000;
/** USER_HZ: the unit of /proc/stat and of cpuacct.stat. */
const NS_PER_TICK = 10_000_000;

const EMPTY_CPU: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/**
 * Usage of a container, once a second. Not streaming: one sample with the one before it (a second apart), or with `oneShot` at once
 * and without.
 */
export async function* containerStats(
  room: Containers,
  container: Container,
  query: { stream?: boolean; oneShot?: boolean } = {},
  signal?: AbortSignal,
): AsyncGenerator<ContainerStats> {
  const stream = query.stream ?? true;
  let before: ContainerStats | undefined;
  if (!stream && !query.oneShot && hasProcess(container.state)) {
    before = sample(room, container, undefined);
    await pause(INTERVAL_MS, signal);
  }
  while (!signal?.aborted) {
    before = sample(room, container, before);
    yield before;
    if (!stream) return;
    await pause(INTERVAL_MS, signal);
    if (room.registry.get(container.id) !== container || room.closing.aborted) return;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

function sample(room: Containers, container: Container, before: ContainerStats | undefined): ContainerStats {
  const common = {
    name: `/${container.name}`,
    id: container.id,
    preread: before?.read ?? ZERO_TIME,
    precpu_stats: before?.cpu_stats ?? EMPTY_CPU,
    num_procs: 0,
    storage_stats: {},
  };
  const pid = hasProcess(container.state) ? container.state.process?.pid : undefined;
  if (pid === undefined) {
    return {
      ...common, read: ZERO_TIME, pids_stats: {}, cpu_stats: EMPTY_CPU, memory_stats: {},
      blkio_stats: { io_service_bytes_recursive: null, io_serviced_recursive: null },
    };
  }
  const host = room.tools.cgroups;
  const path = cgroupPath(room, container);
  const networks = container.record.hostConfig.NetworkMode === 'host' ? undefined : networkStats(pid);
  return {
    ...common,
    read: timestamp(),
    pids_stats: pidStats(host, path),
    cpu_stats: { ...cpuUsage(host, path), system_cpu_usage: systemCpuNs(), online_cpus: availableParallelism() },
    memory_stats: memoryStats(host, path),
    blkio_stats: blkioStats(host, path),
    ...(networks && { networks }),
  };
}

const number = (text: string | undefined): number | undefined => {
  const value = Number(text?.trim());
  return text === undefined || text.trim() === '' || Number.isNaN(value) ? undefined : value;
};

/** `key value` lines. */
export function keyValues(text: string | undefined): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const [key, value] = line.split(' ');
    if (key && value !== undefined) values[key] = Number(value);
  }
  return values;
}

function pidStats(host: CgroupHost, path: string): ContainerStats['pids_stats'] {
  const current = number(readCgroup(host, 'pids', path, 'pids.current'));
  const limit = number(readCgroup(host, 'pids', path, 'pids.max'));
  // dockerd prints "no limit" as the largest unsigned number, which no double holds: we leave it out.
  return { ...(current !== undefined && { current }), ...(limit !== undefined && { limit }) };
}

function cpuUsage(host: CgroupHost, path: string): CpuStats {
  if (host.version === 2) {
    const stat = keyValues(readCgroup(host, 'cpu', path, 'cpu.stat'));
    const ns = (key: string): number => (stat[key] ?? 0) * 1000;
    return {
      cpu_usage: { total_usage: ns('usage_usec'), usage_in_kernelmode: ns('system_usec'), usage_in_usermode: ns('user_usec') },
      throttling_data: { periods: stat['nr_periods'] ?? 0, throttled_periods: stat['nr_throttled'] ?? 0, throttled_time: ns('throttled_usec') },
    };
  }
  const times = keyValues(readCgroup(host, 'cpuacct', path, 'cpuacct.stat'));
  const throttle = keyValues(readCgroup(host, 'cpu', path, 'cpu.stat'));
  const percpu = readCgroup(host, 'cpuacct', path, 'cpuacct.usage_percpu')?.trim().split(' ').map(Number);
  return {
    cpu_usage: {
      total_usage: number(readCgroup(host, 'cpuacct', path, 'cpuacct.usage')) ?? 0,
      ...(percpu && { percpu_usage: percpu }),
      usage_in_kernelmode: (times['system'] ?? 0) * NS_PER_TICK,
      usage_in_usermode: (times['user'] ?? 0) * NS_PER_TICK,
    },
    throttling_data: {
      periods: throttle['nr_periods'] ?? 0,
      throttled_periods: throttle['nr_throttled'] ?? 0,
      throttled_time: throttle['throttled_time'] ?? 0,
    },
  };
}

/** All processors' time since the machine started. */
function systemCpuNs(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = first.trim().split(/\s+/).slice(1, 8).map(Number);
  return ticks.reduce((sum, value) => sum + value, 0) * NS_PER_TICK;
}

/** Above this a v1 limit means "none": the kernel rounds 2^63 down to pages. */
const NO_LIMIT = 2 ** 62;

function memoryStats(host: CgroupHost, path: string): ContainerStats['memory_stats'] {
  const v2 = host.version === 2;
  const read = (v1: string, other: string): number | undefined => number(readCgroup(host, 'memory', path, v2 ? other : v1));
  const limit = read('memory.limit_in_bytes', 'memory.max');
  const usage = read('memory.usage_in_bytes', 'memory.current');
  const max = v2 ? undefined : read('memory.max_usage_in_bytes', '');
  const failcnt = v2 ? undefined : read('memory.failcnt', '');
  return {
    ...(usage !== undefined && { usage }),
    ...(max !== undefined && { max_usage: max }),
    ...(failcnt !== undefined && { failcnt }),
    limit: limit === undefined || limit > NO_LIMIT ? totalmem() : limit,
    stats: keyValues(readCgroup(host, 'memory', path, 'memory.stat')),
  };
}

function blkioStats(host: CgroupHost, path: string): ContainerStats['blkio_stats'] {
  if (host.version === 2) {
    const text = readCgroup(host, 'io', path, 'io.stat');
    return { io_service_bytes_recursive: text === undefined ? null : parseIoStat(text), io_serviced_recursive: null };
  }
  const read = (names: readonly string[]): BlkioEntry[] => {
    for (const name of names) {
      const entries = parseBlkio(readCgroup(host, 'blkio', path, name) ?? '');
      if (entries.length > 0) return entries;
    }
    return [];
  };
  return {
    io_service_bytes_recursive: read(['blkio.bfq.io_service_bytes_recursive', 'blkio.throttle.io_service_bytes_recursive', 'blkio.throttle.io_service_bytes']),
    io_serviced_recursive: read(['blkio.bfq.io_serviced_recursive', 'blkio.throttle.io_serviced_recursive', 'blkio.throttle.io_serviced']),
  };
}

/** `8:0 rbytes=1 wbytes=2 …` */
export function parseIoStat(text: string): BlkioEntry[] {
  const entries: BlkioEntry[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d+):(\d+) (.*)$/.exec(line);
    if (!match) continue;
    const fields = new Map((match[3] ?? '').split(' ').map((field) => field.split('=') as [string, string]));
    const device = { major: Number(match[1]), minor: Number(match[2]) };
    entries.push({ ...device, op: 'read', value: Number(fields.get('rbytes') ?? 0) });
    entries.push({ ...device, op: 'write', value: Number(fields.get('wbytes') ?? 0) });
  }
  return entries;
}

/** `8:0 Read 123` */
export function parseBlkio(text: string): BlkioEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line);
    if (!match) return [];
    return [{ major: Number(match[1]), minor: Number(match[2]), op: (match[3] ?? '').toLowerCase(), value: Number(match[4]) }];
  });
}

/** Counters of every interface but the loopback, out of the process's own network namespace. */
function networkStats(pid: number): NonNullable<ContainerStats['networks']> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/dev`, 'utf8');
  } catch {
    return {};
  }
  return parseNetDev(text);
}

export function parseNetDev(text: string): NonNullable<ContainerStats['networks']> {
  const networks: NonNullable<ContainerStats['networks']> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line);
    if (!match?.[1] || match[1] === 'lo') continue;
    const [rxBytes, rxPackets, rxErrors, rxDropped, , , , , txBytes, txPackets, txErrors, txDropped] = (match[2] ?? '').trim().split(/\s+/).map(Number);
    networks[match[1]] = {
      rx_bytes: rxBytes ?? 0, rx_packets: rxPackets ?? 0, rx_errors: rxErrors ?? 0, rx_dropped: rxDropped ?? 0,
      tx_bytes: txBytes ?? 0, tx_packets: txPackets ?? 0, tx_errors: txErrors ?? 0, tx_dropped: txDropped ?? 0,
    };
  }
  return networks;
}
