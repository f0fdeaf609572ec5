import { readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os';
import { createHash } from 'node:crypto';
import { EngineError, readTextIfExists } from '../base/index.ts';
import type { DiskUsage, SystemApi, SystemInfo, VersionInfo } from '../engine-api/index.ts';
import type { ContainersRoom, HostTools } from './containers/index.ts';
import { EVENT_FILTERS, type EventBus } from './events/index.ts';
import { hasController } from './host/cgroup.ts';
import type { Layout } from './layout.ts';
import type { Builder, ImagesRoom, VolumesRoom } from './parts.ts';

const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386', s390x: 's390x', ppc64: 'ppc64le' };
const UNAME_ARCH: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l', ia32: 'i686' };

export interface SystemOptions {
  readonly layout: Layout;
  readonly version?: string;
  readonly apiVersion?: string;
  readonly minApiVersion?: string;
}

export interface SystemRooms {
  readonly events: EventBus;
  readonly tools: HostTools;
  readonly images: ImagesRoom;
  readonly volumes: VolumesRoom;
  readonly containers: ContainersRoom;
  readonly builder: Builder | undefined;
}

/** `/version`, `/info`, `/events`, `/system/df` and their like. */
export function systemApi(options: SystemOptions, rooms: SystemRooms): SystemApi {
  const apiVersion = options.apiVersion ?? '1.47';
  return {
    ping: async () => ({ apiVersion, builderVersion: '1', osType: 'linux' }),
    version: async () => versionInfo(options, rooms.tools, apiVersion),
    info: async () => systemInfo(options, rooms),
    events: async (query = {}, o) => {
      for (const key of Object.keys(query.filters ?? {})) {
        if (!EVENT_FILTERS.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
      }
      return rooms.events.subscribe(query, o?.signal);
    },
    diskUsage: (query) => diskUsage(rooms, query?.types),
    auth: (body, o) => rooms.images.login(body, o),
  };
}

function versionInfo(options: SystemOptions, tools: HostTools, apiVersion: string): VersionInfo {
  const version = options.version ?? '0.0.0';
  const details = {
    ApiVersion: apiVersion,
    MinAPIVersion: options.minApiVersion ?? '1.24',
    Os: 'linux',
    Arch: GO_ARCH[arch()] ?? arch(),
    KernelVersion: release(),
    GitCommit: '',
    GoVersion: '',
  };
  return {
    Platform: { Name: 'tscompose' },
    Components: [
      { Name: 'Engine', Version: version, Details: { ...details, Experimental: 'false', Node: process.version } },
      { Name: tools.runtime.kind, Version: tools.runtime.version, Details: { GitCommit: '' } },
    ],
    Version: version,
    ...details,
  };
}

async function systemInfo(options: SystemOptions, rooms: SystemRooms): Promise<SystemInfo> {
  const { all, running, paused } = rooms.containers.counts();
  const { tools } = rooms;
  const v2 = tools.cgroups.version === 2;
  const has = (controller: string): boolean => hasController(tools.cgroups, controller);
  const images = await rooms.images.api.list({ all: true });
  return {
    ID: engineId(options.layout),
    Containers: all,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: all - running - paused,
    Images: images.length,
    Driver: 'overlay2',
    DriverStatus: [['Supports d_type', 'true'], ['Native Overlay Diff', 'true'], ['userxattr', 'false']],
    Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file', 'local', 'none'] },
    MemoryLimit: has('memory'), SwapLimit: tools.support.swap, CpuCfsPeriod: has('cpu'), CpuCfsQuota: has('cpu'), CPUShares: has('cpu'),
    CPUSet: has('cpuset'), PidsLimit: has('pids'), OomKillDisable: !v2, IPv4Forwarding: flag('/proc/sys/net/ipv4/ip_forward'),
    BridgeNfIptables: flag('/proc/sys/net/bridge/bridge-nf-call-iptables'), BridgeNfIp6tables: flag('/proc/sys/net/bridge/bridge-nf-call-ip6tables'),
    Debug: false, NFd: 0, NGoroutines: 0, NEventsListener: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: String(tools.cgroups.version),
    KernelVersion: release(),
    OperatingSystem: osRelease('PRETTY_NAME') ?? 'Linux',
    OSVersion: osRelease('VERSION_ID') ?? '',
    OSType: 'linux',
    Architecture: UNAME_ARCH[arch()] ?? arch(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      InsecureRegistryCIDRs: ['127.0.0.0/8'],
      IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } },
      Mirrors: null,
    },
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    GenericResources: null,
    DockerRootDir: options.layout.root,
    HttpProxy: '', HttpsProxy: '', NoProxy: '',
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: options.version ?? '0.0.0',
    Runtimes: { [tools.runtime.kind]: { path: tools.runtime.path } },
    DefaultRuntime: tools.runtime.kind,
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: tools.init ?? '',
    ContainerdCommit: { ID: '', Expected: '' },
    RuncCommit: { ID: tools.runtime.version, Expected: tools.runtime.version },
    InitCommit: { ID: '', Expected: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', ...(v2 ? ['name=cgroupns'] : [])],
    Warnings: null,
  };
}

function flag(file: string): boolean {
  return readTextIfExists(file)?.trim() === '1';
}

function osRelease(key: string): string | undefined {
  const line = readTextIfExists('/etc/os-release')?.split('\n').find((candidate) => candidate.startsWith(`${key}=`));
  return line?.slice(key.length + 1).replace(/^"|"$/g, '');
}

/** The same for a state root on a machine for ever. */
function engineId(layout: Layout): string {
  let machine = '';
  try {
    machine = readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    // not every machine has one
  }
  const hex = createHash('sha256').update(`${machine}:${layout.root}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

async function diskUsage(rooms: SystemRooms, types: readonly string[] = []): Promise<DiskUsage> {
  const wants = (type: string): boolean => types.length === 0 || types.includes(type);
  const [images, containers, volumes, cache, layers] = await Promise.all([
    wants('image') ? rooms.images.api.list({ all: true, sharedSize: true }) : [],
    wants('container') ? rooms.containers.api.list({ all: true, size: true }) : [],
    wants('volume') ? rooms.volumes.diskUsage() : [],
    wants('build-cache') ? (rooms.builder?.cacheRecords() ?? []) : [],
    wants('image') ? rooms.images.diskUsage() : { layersSize: 0 },
  ]);
  return { LayersSize: layers.layersSize, Images: images, Containers: containers, Volumes: volumes, BuildCache: cache };
}
