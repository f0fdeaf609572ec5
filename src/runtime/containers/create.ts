import { hostname as machineName } from 'node:os';
import { EngineError, errorMessage, newId, Scope, shortId } from '../../base/index.ts';
import type { ContainerCreateRequest, ContainerCreateResponse, EndpointSettings, HostConfig } from '../../engine-api/index.ts';
import { normalizeCap } from './capabilities.ts';
import { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import type { LimitController } from '../host/tools.ts';
import { timestamp } from './evidence.ts';
import { mergeImageConfig } from './merge-image.ts';
import { wantedMounts, type WantedMount } from './mount-spec.ts';
import { checkName, randomName } from './names.ts';
import { initFor } from './prepare-process.ts';
import { type ContainerRecord, INITIAL_STATE, type MountRecord } from './record.ts';
import { DEFAULT_SHM_SIZE, MASKED_PATHS, READONLY_PATHS } from './spec.ts';
import { validateCreate } from './validate.ts';

/**
 * Makes a container that does not run yet: checks, volumes, the writable layer, the record. All or nothing.
 * @throws EngineError invalid, notFound (image), conflict (name)
 */
export async function createContainer(
  room: Containers,
  request: ContainerCreateRequest,
  query: { name?: string; platform?: string } = {},
): Promise<ContainerCreateResponse> {
  const { HostConfig: hostRequest = {}, NetworkingConfig, ...own } = request;
  const wantedName = query.name ? checkName(query.name) : undefined;
  // An empty image is a root of nothing: only our own tests and scratch-like uses ask for it.
  const image = own.Image ? await room.images.resolve(own.Image, query.platform) : undefined;
  const id = newId();
  const config = mergeImageConfig(own, image?.config.config);
  const host = withDefaults(room, hostRequest);
  if (!config.Cmd?.length && !config.Entrypoint?.length) throw new EngineError('invalid', 'no command specified');
  validateCreate(config, host);
  initFor(room, host);
  const Warnings = warnings(room, host);
  const inherited = inheritedMounts(room, host);
  const wanted = wantedMounts(config, host, inherited);
  config.Hostname ||= defaultHostname(room, id, host);
  const endpoints = requestedEndpoints(host, NetworkingConfig?.EndpointsConfig ?? {});
  const scope = new Scope();
  try {
    const record: ContainerRecord = {
      version: 1,
      id,
      name: reserveName(room, scope, id, wantedName),
      createdAt: timestamp(),
      image: image?.record.id ?? '',
      config,
      hostConfig: host,
      endpoints,
      mounts: await Promise.all(wanted.map((mount) => mountRecord(room, mount))),
    };
    const container = new Container(record, INITIAL_STATE);
    container.isClean = true;
    // From here on a crash leaves a record, which recovery undoes.
    room.store.begin(record);
    scope.defer(() => room.store.remove(id));
    scope.defer(() => room.images.snapshots.remove(id));
    await both(room.images.snapshots.prepare(id, image?.record), makeVolumes(room, scope, wanted, record.mounts));
    room.store.commit(id, INITIAL_STATE);
    room.registry.add(container);
    room.reservedNames.delete(record.name);
    scope.keep();
    announce(room, container, 'create');
    return { Id: id, Warnings };
  } catch (error) {
    throw await scope.unwind(error);
  }
}

/** Waits for both also when one fails: undoing must not race with what is still being done. */
async function both(a: Promise<void>, b: Promise<void>): Promise<void> {
  for (const result of await Promise.allSettled([a, b])) if (result.status === 'rejected') throw result.reason;
}

/** Two creations must not take the same name: it is held in memory until the record holds it. */
function reserveName(room: Containers, scope: Scope, id: string, wanted: string | undefined): string {
  const taken = room.reservedNames;
  const holder = (name: string): string | undefined => room.registry.holderOf(name)?.id ?? taken.get(name);
  const name = wanted ?? randomName((candidate) => holder(candidate) !== undefined);
  const other = holder(name);
  if (other !== undefined) throw nameConflict(name, other);
  taken.set(name, id);
  scope.defer(() => taken.delete(name));
  return name;
}

/** dockerd's words; compose looks for "is already in use by container". */
export function nameConflict(name: string, holder: string): EngineError {
  return new EngineError(
    'conflict',
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function inheritedMounts(room: Containers, host: HostConfig): MountRecord[] {
  const inherited: MountRecord[] = [];
  for (const entry of host.VolumesFrom ?? []) {
    const at = entry.lastIndexOf(':');
    const mode = at > 0 ? entry.slice(at + 1) : '';
    const source = findSource(room, at > 0 ? entry.slice(0, at) : entry);
    if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) throw new EngineError('invalid', `invalid mode: ${mode}`);
    for (const mount of source.record.mounts) {
      if (mount.type === 'tmpfs') continue;
      const { anonymous: _, ...rest } = mount; // it belongs to the other container
      inherited.push({ ...rest, readonly: mount.readonly || mode === 'ro', ...(mode !== '' && { mode }) });
    }
  }
  return inherited;
}

/** Not a 404 when it is not there: clients would take it for a missing image, and pull. */
function findSource(room: Containers, reference: string): Container {
  try {
    return room.registry.find(reference);
  } catch (error) {
    throw new EngineError('invalid', errorMessage(error), { cause: error });
  }
}

/** What is fixed at creation: a name for an anonymous volume, the id of an image. */
async function mountRecord(room: Containers, { labels: _, driverOpts: __, ...mount }: WantedMount): Promise<MountRecord> {
  if (mount.type === 'volume') return { ...mount, source: mount.source || newId() };
  if (mount.type !== 'image') return mount;
  const { record } = await room.images.resolve(mount.source);
  return { ...mount, image: record.id };
}

async function makeVolumes(room: Containers, scope: Scope, wanted: readonly WantedMount[], mounts: readonly MountRecord[]): Promise<void> {
  for (const [index, { source, type, driver, anonymous }] of mounts.entries()) {
    if (type !== 'volume') continue;
    const { driverOpts, labels } = wanted[index] ?? {};
    const volume = await room.volumes.ensure(source, {
      ...(driver !== undefined && { driver }),
      ...(driverOpts && { driverOpts }),
      ...(labels && { labels }),
      ...(anonymous && { anonymous: true }),
    });
    if (volume.created) scope.defer(() => room.volumes.remove(volume.name));
  }
}

/** The machine's name with its namespace, the name of the container whose network is shared, else our own id. */
function defaultHostname(room: Containers, id: string, host: HostConfig): string {
  if (host.UTSMode === 'host' || host.NetworkMode === 'host') return machineName();
  const shared = /^container:(.+)$/.exec(host.NetworkMode ?? '')?.[1];
  // A name that nobody has is told at the start, as dockerd does.
  const owner = shared === undefined ? undefined : (room.registry.holderOf(shared) ?? room.registry.all().find((one) => one.id.startsWith(shared)));
  return owner?.record.config.Hostname ?? shortId(id);
}

/** Fills in what dockerd shows in inspect when nothing was asked for. */
function withDefaults(room: Containers, host: HostConfig): HostConfig {
  const privileged = host.Privileged ?? false;
  const mode = host.NetworkMode;
  const memory = host.Memory ?? 0;
  return {
    ...HOST_DEFAULTS,
    ...host,
    NetworkMode: !mode || mode === 'default' ? 'bridge' : mode,
    CapAdd: host.CapAdd?.map(normalizeCap) ?? null,
    CapDrop: host.CapDrop?.map(normalizeCap) ?? null,
    IpcMode: host.IpcMode || 'private',
    CgroupnsMode: host.CgroupnsMode || (room.tools.cgroups.version === 2 && !privileged ? 'private' : 'host'),
    LogConfig: { Type: host.LogConfig?.Type || 'json-file', Config: host.LogConfig?.Config ?? {} },
    RestartPolicy: { Name: host.RestartPolicy?.Name || 'no', MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0 },
    ShmSize: host.ShmSize || DEFAULT_SHM_SIZE,
    Runtime: host.Runtime || room.tools.runtime.kind,
    // Twice the memory, as Docker does, unless the user said how much swap.
    MemorySwap: memory > 0 && !host.MemorySwap ? memory * 2 : (host.MemorySwap ?? 0),
    ...(!privileged && { MaskedPaths: host.MaskedPaths ?? [...MASKED_PATHS], ReadonlyPaths: host.ReadonlyPaths ?? [...READONLY_PATHS] }),
    ...(privileged && { MaskedPaths: null, ReadonlyPaths: null }),
  };
}

const HOST_DEFAULTS: HostConfig = {
  Binds: null, ContainerIDFile: '', PortBindings: {}, AutoRemove: false, VolumeDriver: '', VolumesFrom: null, ConsoleSize: [0, 0],
  Dns: [], DnsOptions: [], DnsSearch: [], ExtraHosts: null, GroupAdd: null, Cgroup: '', Links: null, OomScoreAdj: 0, PidMode: '',
  Privileged: false, PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '', Isolation: '',
  CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0, BlkioWeightDevice: [], BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [], BlkioDeviceReadIOps: [], BlkioDeviceWriteIOps: [], CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '', Devices: [], DeviceCgroupRules: null, DeviceRequests: null,
  MemoryReservation: 0, MemorySwappiness: null, OomKillDisable: false, PidsLimit: null, Ulimits: [], CpuCount: 0, CpuPercent: 0,
  IOMaximumIOps: 0, IOMaximumBandwidth: 0,
};

/** The mode names one network; `NetworkingConfig` may name it again with settings, and more. */
function requestedEndpoints(host: HostConfig, asked: Readonly<Record<string, EndpointSettings | null>>): Record<string, EndpointSettings> {
  const mode = host.NetworkMode ?? 'bridge';
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:')) return {};
  const endpoints: Record<string, EndpointSettings> = {};
  const names = Object.keys(asked);
  if (!names.includes(mode)) endpoints[mode] = mode === 'bridge' ? (asked['default'] ?? {}) : {};
  for (const name of names) if (name !== 'default' || mode !== 'bridge') endpoints[name] = asked[name] ?? {};
  return endpoints;
}

const NOT_SUPPORTED = 'Your kernel does not support';
const NOT_MOUNTED = 'or the cgroup is not mounted.';
/** dockerd's words for limits of controllers that are not there. */
const DISCARDED: Readonly<Record<LimitController, { fields: readonly (keyof HostConfig)[]; warning: string }>> = {
  memory: { fields: ['Memory', 'MemoryReservation'], warning: `${NOT_SUPPORTED} memory limit capabilities ${NOT_MOUNTED} Limitation discarded.` },
  pids: { fields: ['PidsLimit'], warning: `${NOT_SUPPORTED} PIDs limit capabilities ${NOT_MOUNTED} PIDs limit discarded.` },
  cpu: { fields: ['CpuShares', 'CpuPeriod', 'CpuQuota'], warning: `${NOT_SUPPORTED} CPU shares and CFS limits ${NOT_MOUNTED} Limits discarded.` },
  cpuset: { fields: ['CpusetCpus', 'CpusetMems'], warning: `${NOT_SUPPORTED} cpuset ${NOT_MOUNTED} Cpuset discarded.` },
};

/** @throws EngineError invalid for what dockerd refuses instead of discarding it */
function warnings(room: Containers, host: HostConfig): string[] {
  const list: string[] = [];
  const missing = room.tools.support.missing ?? [];
  if (missing.includes('cpu') && host.NanoCpus) {
    throw new EngineError('invalid', 'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted');
  }
  for (const name of missing) if (DISCARDED[name].fields.some((field) => host[field])) list.push(DISCARDED[name].warning);
  if (host.MemorySwap && host.Memory && !room.tools.support.swap && !missing.includes('memory')) {
    list.push('Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.');
  }
  if (host.BlkioWeight && !room.tools.support.blkioWeight) {
    list.push('Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
  }
  if (!room.tools.apparmor && host.SecurityOpt?.some((option) => /^apparmor[:=](?!unconfined)/.test(option))) {
    list.push('AppArmor is not enabled on this machine: the profile is ignored.');
  }
  if (host.NetworkMode === 'host' && Object.keys(host.PortBindings ?? {}).length > 0) {
    list.push('Published ports are discarded when using host network mode');
  }
  return list;
}
