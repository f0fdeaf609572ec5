/**
 * The wire vocabulary of the Docker Engine API (v1.24 to v1.44 and a little newer), with the API's own field names.
 * Only what a route, the client or the runtime uses is here; unknown fields of requests are ignored as dockerd ignores them.
 * Sizes are bytes, durations nanoseconds, times RFC 3339 strings unless a comment says otherwise.
 */

export type StringMap = Record<string, string>;
/** `filters` as sent on the wire: key to values; `{"label":["a=b"]}`. The older form `{"label":{"a=b":true}}` is converted by the router. */
export type Filters = Record<string, string[]>;

export interface HealthConfig {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface ContainerConfig {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  ExposedPorts?: Record<string, Record<string, never>>;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Env?: string[] | null;
  Cmd?: string[] | null;
  Healthcheck?: HealthConfig;
  ArgsEscaped?: boolean;
  Image?: string;
  Volumes?: Record<string, Record<string, never>> | null;
  WorkingDir?: string;
  Entrypoint?: string[] | null;
  NetworkDisabled?: boolean;
  MacAddress?: string;
  OnBuild?: string[] | null;
  Labels?: StringMap;
  StopSignal?: string;
  /** Seconds. */
  StopTimeout?: number;
  Shell?: string[];
}

export interface PortBinding {
  HostIp?: string;
  HostPort?: string;
}
/** Key `80/tcp`. Null in inspect: exposed but not published. */
export type PortMap = Record<string, PortBinding[] | null>;

export interface RestartPolicy {
  Name?: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
  MaximumRetryCount?: number;
}

export interface Mount {
  Type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: {
    Propagation?: string;
    NonRecursive?: boolean;
    CreateMountpoint?: boolean;
    ReadOnlyNonRecursive?: boolean;
    ReadOnlyForceRecursive?: boolean;
  };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: StringMap;
    DriverConfig?: { Name?: string; Options?: StringMap };
    Subpath?: string;
  };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number; Options?: string[][] };
  ImageOptions?: { Subpath?: string };
}

export interface DeviceMapping {
  PathOnHost: string;
  PathInContainer: string;
  CgroupPermissions: string;
}
export interface DeviceRequest {
  Driver?: string;
  Count?: number;
  DeviceIDs?: string[] | null;
  Capabilities?: string[][] | null;
  Options?: StringMap | null;
}
export interface ThrottleDevice {
  Path: string;
  Rate: number;
}
export interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

/** Resource limits, shared by HostConfig and `POST /containers/{id}/update`. */
export interface Resources {
  CpuShares?: number;
  /** Bytes; 0 = no limit. */
  Memory?: number;
  /** Billionths of a CPU. */
  NanoCpus?: number;
  CgroupParent?: string;
  BlkioWeight?: number;
  BlkioWeightDevice?: { Path: string; Weight: number }[] | null;
  BlkioDeviceReadBps?: ThrottleDevice[] | null;
  BlkioDeviceWriteBps?: ThrottleDevice[] | null;
  BlkioDeviceReadIOps?: ThrottleDevice[] | null;
  BlkioDeviceWriteIOps?: ThrottleDevice[] | null;
  CpuPeriod?: number;
  CpuQuota?: number;
  CpuRealtimePeriod?: number;
  CpuRealtimeRuntime?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  Devices?: DeviceMapping[] | null;
  DeviceCgroupRules?: string[] | null;
  DeviceRequests?: DeviceRequest[] | null;
  MemoryReservation?: number;
  /** Memory plus swap in bytes; -1 unlimited. */
  MemorySwap?: number;
  MemorySwappiness?: number | null;
  OomKillDisable?: boolean | null;
  PidsLimit?: number | null;
  Ulimits?: Ulimit[] | null;
  CpuCount?: number;
  CpuPercent?: number;
  IOMaximumIOps?: number;
  IOMaximumBandwidth?: number;
}

export interface HostConfig extends Resources {
  Binds?: string[] | null;
  ContainerIDFile?: string;
  LogConfig?: { Type?: string; Config?: StringMap | null };
  /** `default`, `bridge`, `host`, `none`, `container:<id>` or a network's name or id. */
  NetworkMode?: string;
  PortBindings?: PortMap | null;
  RestartPolicy?: RestartPolicy;
  AutoRemove?: boolean;
  VolumeDriver?: string;
  VolumesFrom?: string[] | null;
  ConsoleSize?: [number, number];
  Annotations?: StringMap;
  CapAdd?: string[] | null;
  CapDrop?: string[] | null;
  CgroupnsMode?: string;
  Dns?: string[] | null;
  DnsOptions?: string[] | null;
  DnsSearch?: string[] | null;
  /** `host:ip`; the address may be `host-gateway`. */
  ExtraHosts?: string[] | null;
  GroupAdd?: string[] | null;
  IpcMode?: string;
  Cgroup?: string;
  Links?: string[] | null;
  OomScoreAdj?: number;
  PidMode?: string;
  Privileged?: boolean;
  PublishAllPorts?: boolean;
  ReadonlyRootfs?: boolean;
  SecurityOpt?: string[] | null;
  StorageOpt?: StringMap | null;
  Tmpfs?: StringMap | null;
  UTSMode?: string;
  UsernsMode?: string;
  ShmSize?: number;
  Sysctls?: StringMap | null;
  Runtime?: string;
  Isolation?: string;
  Mounts?: Mount[] | null;
  MaskedPaths?: string[] | null;
  ReadonlyPaths?: string[] | null;
  Init?: boolean | null;
}

export interface EndpointSettings {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null;
  Links?: string[] | null;
  Aliases?: string[] | null;
  MacAddress?: string;
  DriverOpts?: StringMap | null;
  GwPriority?: number;
  NetworkID?: string;
  EndpointID?: string;
  Gateway?: string;
  IPAddress?: string;
  IPPrefixLen?: number;
  IPv6Gateway?: string;
  GlobalIPv6Address?: string;
  GlobalIPv6PrefixLen?: number;
  /** Names under which the embedded DNS answers for this endpoint. */
  DNSNames?: string[] | null;
}

export interface ContainerCreateRequest extends ContainerConfig {
  HostConfig?: HostConfig;
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointSettings | null> | null };
}
export interface ContainerCreateResponse {
  Id: string;
  Warnings: string[];
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface HealthLogEntry {
  Start: string;
  End: string;
  ExitCode: number;
  Output: string;
}
export interface Health {
  Status: 'none' | 'starting' | 'healthy' | 'unhealthy';
  FailingStreak: number;
  Log: HealthLogEntry[];
}

export interface ContainerStateWire {
  Status: ContainerStatus;
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  Health?: Health;
}

export interface MountPoint {
  Type: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
}

export interface NetworkSettings {
  Bridge: string;
  SandboxID: string;
  SandboxKey: string;
  Ports: PortMap;
  HairpinMode: boolean;
  LinkLocalIPv6Address: string;
  LinkLocalIPv6PrefixLen: number;
  SecondaryIPAddresses: null;
  SecondaryIPv6Addresses: null;
  EndpointID: string;
  Gateway: string;
  GlobalIPv6Address: string;
  GlobalIPv6PrefixLen: number;
  IPAddress: string;
  IPPrefixLen: number;
  IPv6Gateway: string;
  MacAddress: string;
  Networks: Record<string, EndpointSettings>;
}

export interface ContainerInspect {
  Id: string;
  Created: string;
  Path: string;
  Args: string[];
  State: ContainerStateWire;
  Image: string;
  ResolvConfPath: string;
  HostnamePath: string;
  HostsPath: string;
  LogPath: string;
  /** With a leading slash. */
  Name: string;
  RestartCount: number;
  Driver: string;
  Platform: string;
  MountLabel: string;
  ProcessLabel: string;
  AppArmorProfile: string;
  ExecIDs: string[] | null;
  HostConfig: HostConfig;
  GraphDriver: { Name: string; Data: StringMap | null };
  SizeRw?: number;
  SizeRootFs?: number;
  Mounts: MountPoint[];
  Config: ContainerConfig;
  NetworkSettings: NetworkSettings;
}

export interface PortSummary {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}

export interface ContainerSummary {
  Id: string;
  /** With leading slashes. */
  Names: string[];
  Image: string;
  ImageID: string;
  Command: string;
  /** Unix seconds. */
  Created: number;
  Ports: PortSummary[];
  SizeRw?: number;
  SizeRootFs?: number;
  Labels: StringMap;
  State: ContainerStatus;
  /** For people: `Up 3 minutes (healthy)`. */
  Status: string;
  HostConfig: { NetworkMode: string; Annotations?: StringMap };
  NetworkSettings: { Networks: Record<string, EndpointSettings> };
  Mounts: MountPoint[];
}

export interface ContainerWaitResponse {
  StatusCode: number;
  Error?: { Message: string } | null;
}
export interface ContainerTop {
  Titles: string[];
  Processes: string[][];
}
/** Kind: 0 modified, 1 added, 2 deleted. */
export interface FilesystemChange {
  Path: string;
  Kind: 0 | 1 | 2;
}
export interface UpdateRequest extends Resources {
  RestartPolicy?: RestartPolicy;
}
export interface PruneReport {
  SpaceReclaimed: number;
  ContainersDeleted?: string[] | null;
  ImagesDeleted?: ImageDeleteItem[] | null;
  NetworksDeleted?: string[] | null;
  VolumesDeleted?: string[] | null;
  CachesDeleted?: string[] | null;
}

export interface CpuStats {
  cpu_usage: { total_usage: number; percpu_usage?: number[]; usage_in_kernelmode: number; usage_in_usermode: number };
  system_cpu_usage?: number;
  online_cpus?: number;
  throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}
export interface BlkioEntry {
  major: number;
  minor: number;
  op: string;
  value: number;
}
export interface ContainerStats {
  read: string;
  preread: string;
  name: string;
  id: string;
  num_procs: number;
  pids_stats: { current?: number; limit?: number };
  cpu_stats: CpuStats;
  precpu_stats: CpuStats;
  memory_stats: { usage?: number; max_usage?: number; limit?: number; failcnt?: number; stats?: Record<string, number> };
  blkio_stats: { io_service_bytes_recursive: BlkioEntry[] | null; io_serviced_recursive: BlkioEntry[] | null };
  networks?: Record<
    string,
    {
      rx_bytes: number;
      rx_packets: number;
      rx_errors: number;
      rx_dropped: number;
      tx_bytes: number;
      tx_packets: number;
      tx_errors: number;
      tx_dropped: number;
    }
  >;
  storage_stats: Record<string, never>;
}

export interface ExecCreateRequest {
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  DetachKeys?: string;
  Tty?: boolean;
  ConsoleSize?: [number, number] | null;
  Env?: string[] | null;
  Cmd: string[];
  Privileged?: boolean;
  User?: string;
  WorkingDir?: string;
}
export interface ExecInspect {
  ID: string;
  Running: boolean;
  ExitCode: number | null;
  ProcessConfig: { tty: boolean; entrypoint: string; arguments: string[]; privileged: boolean; user?: string };
  OpenStdin: boolean;
  OpenStderr: boolean;
  OpenStdout: boolean;
  CanRemove: boolean;
  ContainerID: string;
  DetachKeys: string;
  Pid: number;
}

/** The value of the `X-Docker-Container-Path-Stat` header, decoded. `mode` is a Go `os.FileMode`. */
export interface PathStat {
  name: string;
  size: number;
  mode: number;
  mtime: string;
  linkTarget: string;
}

// Images ------------------------------------------------------------------------------------------------------------

export interface ImageSummary {
  Id: string;
  ParentId: string;
  RepoTags: string[];
  RepoDigests: string[];
  /** Unix seconds. */
  Created: number;
  Size: number;
  SharedSize: number;
  VirtualSize?: number;
  Labels: StringMap | null;
  Containers: number;
}

export interface ImageInspect {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Parent: string;
  Comment: string;
  Created: string;
  DockerVersion: string;
  Author: string;
  Config: ContainerConfig;
  Architecture: string;
  Variant?: string;
  Os: string;
  Size: number;
  VirtualSize?: number;
  GraphDriver: { Name: string; Data: StringMap | null };
  RootFS: { Type: 'layers'; Layers: string[] };
  Metadata: { LastTagTime: string };
}

export interface ImageHistoryItem {
  Id: string;
  /** Unix seconds. */
  Created: number;
  CreatedBy: string;
  Tags: string[] | null;
  Size: number;
  Comment: string;
}
export interface ImageDeleteItem {
  Untagged?: string;
  Deleted?: string;
}

/** One JSON line of a pull, push, load, import or build. */
export interface ProgressMessage {
  stream?: string;
  status?: string;
  id?: string;
  progress?: string;
  progressDetail?: { current?: number; total?: number; start?: number; hidecounts?: boolean };
  aux?: unknown;
  error?: string;
  errorDetail?: { code?: number; message: string };
}

export interface RegistryAuth {
  username?: string;
  password?: string;
  auth?: string;
  email?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** Query of the classic `POST /build`, parsed. */
export interface BuildOptions {
  dockerfile?: string;
  tags?: string[];
  remote?: string;
  extraHosts?: string[];
  quiet?: boolean;
  noCache?: boolean;
  cacheFrom?: string[];
  pull?: boolean;
  remove?: boolean;
  forceRemove?: boolean;
  memory?: number;
  memorySwap?: number;
  cpuShares?: number;
  cpusetCpus?: string;
  cpuPeriod?: number;
  cpuQuota?: number;
  buildArgs?: Record<string, string | null>;
  shmSize?: number;
  squash?: boolean;
  labels?: StringMap;
  networkMode?: string;
  platform?: string;
  target?: string;
  ulimits?: Ulimit[];
  /** Registry address to credentials, from `X-Registry-Config`. */
  registryConfig?: Record<string, RegistryAuth>;
  /**
   * What the classic endpoint has no field for; our own client sends it as one JSON query value `x-tscompose`:
   * named contexts other than the main one lie in the tar under `.tscompose-contexts/<name>/`.
   */
  extra?: BuildExtra;
}
export interface BuildExtra {
  /** Secret id to base64 content. Never stored. */
  secrets?: Record<string, string>;
  ssh?: Record<string, string>;
  /** Context name to `docker-image://ref`, `context:` (a directory), `oci-layout:[:tag][@digest]` (a directory in that layout), or an URL. */
  namedContexts?: StringMap;
  noCacheFilter?: string[];
  entitlements?: string[];
  privileged?: boolean;
  /** `--check`: lint only. */
  check?: boolean;
  /** Images to make beside the built one, which carry the steps of the build for a later `cachefrom`; `max`: those of all stages. */
  cacheTo?: { reference: string; mode: 'min' | 'max' }[];
  /** How messages shall name the Dockerfile, when it travels under another name. */
  dockerfileName?: string;
  /**
   * Contexts that the engine may read in place, because client and engine see the same directory: context name (`` for the main one)
   * to directory. The engine checks device and inode (as decimal strings) and answers `conflict` when it sees something else; the client
   * then sends a tar. Ignore files are applied by the engine. A Dockerfile from elsewhere still travels in the tar.
   */
  localContexts?: Record<string, { path: string; device: string; inode: string }>;
}

/** `aux` of a build's messages when the request had `extra`; `ID` is there for every client. */
export interface BuildAux {
  /** The image that was built. */
  ID?: string;
  step?: BuildStepState;
  failure?: BuildFailure;
  findings?: BuildFinding[];
}
/** A step begins or ends. */
export interface BuildStepState {
  /** From 1. */
  number: number;
  total: number;
  /** Stage name, or its number when it has none. */
  stage: string;
  instruction: string;
  /** 1-based line of the Dockerfile. */
  line: number;
  state: 'started' | 'done' | 'cached' | 'failed';
  durationMs?: number;
}
/** Where a build failed; comes before the message with `error`. */
export interface BuildFailure {
  message: string;
  file: string;
  line: number;
  endLine: number;
  /** Marked lines of the file. */
  excerpt: string;
  exitCode?: number;
  /** The end of the failing command's output. */
  output?: string;
}
/** One finding of `--check`. */
export interface BuildFinding {
  rule: string;
  message: string;
  file: string;
  line: number;
  endLine: number;
  excerpt: string;
}

// Networks and volumes ------------------------------------------------------------------------------------------------

export interface IpamConfig {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: StringMap;
}
export interface Ipam {
  Driver?: string;
  Options?: StringMap | null;
  Config?: IpamConfig[] | null;
}
export interface NetworkCreateRequest {
  Name: string;
  CheckDuplicate?: boolean;
  Driver?: string;
  Scope?: string;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  IPAM?: Ipam | null;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  Options?: StringMap | null;
  Labels?: StringMap | null;
}
export interface NetworkContainer {
  Name: string;
  EndpointID: string;
  MacAddress: string;
  /** With prefix length. */
  IPv4Address: string;
  IPv6Address: string;
}
export interface NetworkInspect {
  Name: string;
  Id: string;
  Created: string;
  Scope: string;
  Driver: string;
  EnableIPv4?: boolean;
  EnableIPv6: boolean;
  IPAM: Ipam;
  Internal: boolean;
  Attachable: boolean;
  Ingress: boolean;
  ConfigFrom: { Network: string };
  ConfigOnly: boolean;
  Containers: Record<string, NetworkContainer>;
  Options: StringMap;
  Labels: StringMap;
}

export interface VolumeCreateRequest {
  Name?: string;
  Driver?: string;
  DriverOpts?: StringMap | null;
  Labels?: StringMap | null;
}
export interface VolumeInspect {
  Name: string;
  Driver: string;
  Mountpoint: string;
  CreatedAt?: string;
  Labels: StringMap | null;
  Scope: 'local';
  Options: StringMap | null;
  UsageData?: { Size: number; RefCount: number } | null;
}

// System --------------------------------------------------------------------------------------------------------------

export interface EventMessage {
  Type: 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';
  /** `create`, `start`, `die`, `health_status: healthy`, `exec_die` … */
  Action: string;
  Actor: { ID: string; Attributes: StringMap };
  scope: 'local';
  /** Unix seconds. */
  time: number;
  timeNano: number;
  /** Deprecated fields that old clients still read. */
  status?: string;
  id?: string;
  from?: string;
}

export interface VersionInfo {
  Platform: { Name: string };
  Components: { Name: string; Version: string; Details?: StringMap }[];
  Version: string;
  ApiVersion: string;
  MinAPIVersion: string;
  GitCommit: string;
  GoVersion: string;
  Os: string;
  Arch: string;
  KernelVersion: string;
  BuildTime?: string;
}

/** `GET /info`. Clients read a handful of its fields; the rest is filled as dockerd would. */
export type SystemInfo = Record<string, unknown> & {
  ID: string;
  Containers: number;
  ContainersRunning: number;
  ContainersPaused: number;
  ContainersStopped: number;
  Images: number;
  Driver: string;
  ServerVersion: string;
  NCPU: number;
  MemTotal: number;
  OSType: string;
  Architecture: string;
};

export interface DiskUsage {
  LayersSize: number;
  Images: ImageSummary[];
  Containers: ContainerSummary[];
  Volumes: VolumeInspect[];
  BuildCache: BuildCacheRecord[];
}
export interface BuildCacheRecord {
  ID: string;
  Parents?: string[];
  Type: string;
  Description: string;
  InUse: boolean;
  Shared: boolean;
  Size: number;
  CreatedAt: string;
  LastUsedAt: string | null;
  UsageCount: number;
}

export interface DistributionInspect {
  Descriptor: { mediaType: string; digest: string; size: number };
  Platforms: { architecture: string; os: string; variant?: string }[];
}
