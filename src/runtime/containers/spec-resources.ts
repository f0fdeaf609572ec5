import { statSync } from 'node:fs';
import { EngineError } from '../../base/index.ts';
import type { HostConfig, Resources, ThrottleDevice } from '../../engine-api/index.ts';
import type { LimitController, ResourceSupport } from '../host/tools.ts';
import type { OciResources } from './oci.ts';

const CPU_PERIOD = 100_000;

/** The OCI form of a container's limits, device rules excepted. Zero and undefined mean "no limit", as in the API. */
export function ociResources(r: Resources, support: ResourceSupport): OciResources {
  const lacks = (name: LimitController): boolean => support.missing?.includes(name) ?? false;
  const memory = lacks('memory') ? undefined : memoryResources(r, support);
  const cpu = cpuResources(r, lacks);
  const blockIO = blockIoResources(r, support);
  return {
    ...(memory && { memory }),
    ...(cpu && { cpu }),
    ...(blockIO && { blockIO }),
    ...(r.PidsLimit !== undefined && r.PidsLimit !== null && r.PidsLimit !== 0 && !lacks('pids') && { pids: { limit: r.PidsLimit } }),
  };
}

function memoryResources(r: Resources, support: ResourceSupport): OciResources['memory'] {
  const memory: NonNullable<OciResources['memory']> = {};
  if (r.Memory) memory.limit = r.Memory;
  if (r.MemoryReservation) memory.reservation = r.MemoryReservation;
  if (r.MemorySwap && support.swap) memory.swap = r.MemorySwap;
  if (r.MemorySwappiness !== undefined && r.MemorySwappiness !== null && r.MemorySwappiness >= 0) memory.swappiness = r.MemorySwappiness;
  if (r.OomKillDisable) memory.disableOOMKiller = true;
  return Object.keys(memory).length > 0 ? memory : undefined;
}

function cpuResources(r: Resources, lacks: (name: LimitController) => boolean): OciResources['cpu'] {
  const time = lacks('cpu') ? undefined : cpuTime(r);
  const sets = lacks('cpuset') ? {} : { ...(r.CpusetCpus && { cpus: r.CpusetCpus }), ...(r.CpusetMems && { mems: r.CpusetMems }) };
  const cpu = { ...time, ...sets };
  return Object.keys(cpu).length > 0 ? cpu : undefined;
}

function cpuTime(r: Resources): OciResources['cpu'] {
  const cpu: NonNullable<OciResources['cpu']> = {};
  if (r.CpuShares) cpu.shares = Math.max(2, r.CpuShares);
  if (r.NanoCpus) {
    cpu.period = CPU_PERIOD;
    cpu.quota = Math.round((r.NanoCpus / 1e9) * CPU_PERIOD);
  }
  if (r.CpuPeriod) cpu.period = r.CpuPeriod;
  if (r.CpuQuota) cpu.quota = r.CpuQuota;
  if (r.CpuRealtimePeriod) cpu.realtimePeriod = r.CpuRealtimePeriod;
  if (r.CpuRealtimeRuntime) cpu.realtimeRuntime = r.CpuRealtimeRuntime;
  return cpu;
}

const THROTTLES = [
  ['BlkioDeviceReadBps', 'throttleReadBpsDevice'],
  ['BlkioDeviceWriteBps', 'throttleWriteBpsDevice'],
  ['BlkioDeviceReadIOps', 'throttleReadIOPSDevice'],
  ['BlkioDeviceWriteIOps', 'throttleWriteIOPSDevice'],
] as const;

function blockIoResources(r: Resources, support: ResourceSupport): OciResources['blockIO'] {
  const blockIO: Record<string, unknown> = {};
  if (r.BlkioWeight && support.blkioWeight) blockIO['weight'] = r.BlkioWeight;
  if (r.BlkioWeightDevice?.length && support.blkioWeight) {
    blockIO['weightDevice'] = r.BlkioWeightDevice.map(({ Path, Weight }) => ({ ...deviceNumber(Path), weight: Weight }));
  }
  for (const [from, to] of THROTTLES) {
    const devices: ThrottleDevice[] | null | undefined = r[from];
    if (devices?.length) blockIO[to] = devices.map(({ Path, Rate }) => ({ ...deviceNumber(Path), rate: Rate }));
  }
  return Object.keys(blockIO).length > 0 ? blockIO : undefined;
}

function deviceNumber(path: string): { major: number; minor: number } {
  try {
    const { rdev } = statSync(path);
    return { major: majorOf(rdev), minor: minorOf(rdev) };
  } catch (cause) {
    throw new EngineError('invalid', `${path}: no such device`, { cause });
  }
}

/** @see makedev(3) */
export const majorOf = (rdev: number): number => (rdev >> 8) & 0xfff;
export const minorOf = (rdev: number): number => (rdev & 0xff) | ((rdev >> 12) & 0xfff00);

/** Limits as `update` changes them: what is zero or missing stays as it is. */
export function mergeResources(current: HostConfig, update: Resources): HostConfig {
  const changed = Object.entries(update).filter(([, value]) => value !== undefined && value !== null && value !== 0 && value !== '');
  const merged: HostConfig = { ...current, ...Object.fromEntries(changed) };
  if (update.NanoCpus) Object.assign(merged, { CpuPeriod: 0, CpuQuota: 0 });
  if (update.CpuPeriod || update.CpuQuota) merged.NanoCpus = 0;
  return merged;
}
