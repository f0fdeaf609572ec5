/**
 * The seams between the rooms of the runtime: what containers, images, builds, networks and volumes need of each other.
 * Each room implements its interface in its own folder; `runtime.ts` opens them in order and wires them.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '../base/index.ts';
import type {
  ContainerConfig,
  EndpointSettings,
  EventMessage,
  HealthConfig,
  HostConfig,
  ImagesApi,
  NetworksApi,
  PortMap,
  Progress,
  RegistryAuth,
  StringMap,
  SystemApi,
  BuildOptions,
  VolumeInspect,
  VolumesApi,
  CallOptions,
} from '../engine-api/index.ts';
import type { Layout } from './layout.ts';

/** `sha256:<64 hex>` */
export type Digest = string;

/** What every room gets. */
export interface RoomContext {
  readonly layout: Layout;
  readonly logger: Logger;
  readonly events: EventSink;
  /** Who uses images, networks and volumes. Late-bound: the containers room fills it in before any request is served. */
  readonly usage: ContainerUsage;
}

/** Where rooms announce what happened. Publishing never throws and never waits. */
export interface EventSink {
  publish(type: EventMessage['Type'], action: string, id: string, attributes?: StringMap): void;
}

export interface ContainerUser {
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  readonly running: boolean;
}

/** Answers from memory: cheap and synchronous. */
export interface ContainerUsage {
  ofImage(image: Digest): readonly ContainerUser[];
  ofVolume(volume: string): readonly ContainerUser[];
  /** Resolves a container reference (name, id, prefix). @throws EngineError notFound */
  resolve(container: string): ContainerUser;
  list(): readonly ContainerUser[];
}

// Images ------------------------------------------------------------------------------------------------------------------

/** The image configuration of the OCI image specification, as stored in the content store. */
export interface ImageConfigFile {
  created?: string;
  author?: string;
  architecture: string;
  variant?: string;
  os: string;
  'os.version'?: string;
  config?: ContainerConfig;
  rootfs: { type: 'layers'; diff_ids: Digest[] };
  history?: { created?: string; created_by?: string; author?: string; comment?: string; empty_layer?: boolean }[];
  /** Docker extras kept when present. */
  comment?: string;
  docker_version?: string;
  parent?: Digest;
  container?: string;
  container_config?: ContainerConfig;
}

/** A stored image. The id is the digest of its config, as Docker's is. */
export interface ImageRecord {
  readonly id: Digest;
  readonly createdAt: string;
  /** Normalised references: `docker.io/library/busybox:latest`. */
  readonly tags: readonly string[];
  /** `docker.io/library/busybox@sha256:…` of what was pulled or pushed. */
  readonly repoDigests: readonly string[];
  readonly manifest: { mediaType: string; digest: Digest; size: number };
  /** Layer blobs in order, base first. `size` is the stored (possibly compressed) size in bytes. */
  readonly layers: readonly { mediaType: string; digest: Digest; size: number; diffId: Digest }[];
  /** Chain ids, base first: chain[i] names the snapshot that layers 0..i give. */
  readonly chain: readonly Digest[];
  /** Unpacked size in bytes. */
  readonly size: number;
}

export interface ResolvedImage {
  readonly record: ImageRecord;
  readonly config: ImageConfigFile;
}

/** The images room: content store, tags, layers, snapshots, registry. */
export interface ImagesRoom {
  readonly api: Omit<ImagesApi, 'build' | 'commit' | 'pruneBuildCache'>;
  /**
   * By id, id prefix, name:tag or digest.
   * @param platform  `os/arch[/variant]` that it must be for
   * @throws EngineError notFound `No such image: x`, or when it is for another platform
   */
  resolve(reference: string, platform?: string): Promise<ResolvedImage>;
  readonly snapshots: SnapshotStore;
  readonly writer: ImageWriter;
  /** `POST /auth`: checks credentials against a registry. @throws EngineError unauthorized */
  login(auth: RegistryAuth, o?: CallOptions): Promise<{ Status: string; IdentityToken: string }>;
  diskUsage(): Promise<{ layersSize: number }>;
  close(): Promise<void>;
}

/**
 * Writable root file systems on top of image layers. Overlay mounts live in the engine's mount namespace and outlive the engine.
 * `id` is a container id or a build step id (`b` + hex).
 */
export interface SnapshotStore {
  /** Makes the writable layer; unpacks missing layers. Idempotent. An undefined image gives an empty root. */
  prepare(id: string, image: ImageRecord | undefined, options?: { readonlyLower?: readonly string[] }): Promise<void>;
  /** Mounts and returns the merged path. Idempotent: an existing mount is kept. */
  mount(id: string): Promise<string>;
  unmount(id: string): Promise<void>;
  /** Unmounts and deletes. Idempotent. */
  remove(id: string): Promise<void>;
  isMounted(id: string): boolean;
  /** Directory that holds what was written. */
  upperDir(id: string): string;
  mergedDir(id: string): string;
  /** Lower directories, topmost first. */
  lowerDirs(id: string): readonly string[];
  /** Bytes in the writable layer. */
  usage(id: string): Promise<number>;
  /** Paths changed against the image. */
  changes(id: string): Promise<{ Path: string; Kind: 0 | 1 | 2 }[]>;
  /** Ids that exist on disk: recovery removes those that no record owns. */
  list(): Promise<string[]>;
}

/** Makes images out of layers: the builder, commit, import and load stand on it. */
export interface ImageWriter {
  /**
   * Turns the writable layer `id` into a stored layer (whiteouts, opaque directories, xattrs, ownership preserved).
   * @param options.epochS  clamps modification times, for SOURCE_DATE_EPOCH
   * @returns undefined when nothing was written
   */
  commitSnapshot(id: string, options?: { epochS?: number; signal?: AbortSignal }): Promise<LayerDescriptor | undefined>;
  /** Stores a layer from a tar stream (uncompressed or gzip/zstd). */
  addLayer(tar: Readable, options?: { signal?: AbortSignal }): Promise<LayerDescriptor>;
  /** Writes config and manifest, records the image and moves the tags to it. */
  createImage(config: ImageConfigFile, layers: readonly LayerDescriptor[], tags: readonly string[]): Promise<ImageRecord>;
  /** An image made of layers that exist, without writing: for cache probes. */
  findImage(id: Digest): Promise<ResolvedImage | undefined>;
  hasLayer(diffId: Digest): boolean;
  /** The stored layer with this diff id, for rebuilding an image from cached steps. */
  getLayer(diffId: Digest): LayerDescriptor | undefined;
  /** `SnapshotStore.prepare` for layers that are no image yet. @param layers  diff ids, base first */
  prepareLayers(id: string, layers: readonly Digest[], options?: { readonlyLower?: readonly string[] }): Promise<void>;
  /** Tells the garbage collection which layers the build cache needs although no image has them. Asked at every collection. */
  keepLayers(roots: () => Iterable<Digest>): void;
  /** Removes layers that nothing needs, after the build cache was pruned. */
  collectLayers(): Promise<{ removed: Digest[]; bytes: number }>;
}

export interface LayerDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly diffId: Digest;
  /** Bytes when unpacked. */
  readonly unpackedSize: number;
}

// Networks ----------------------------------------------------------------------------------------------------------------

/** What a container asks of the networks room when it starts. Modes `host` and `container:` never get here. */
export interface SandboxRequest {
  readonly containerId: string;
  /** Without slash. */
  readonly name: string;
  readonly hostname: string;
  readonly domainname?: string;
  /** `none`: a namespace with only a loopback. */
  readonly mode: 'networks' | 'none';
  /** Network name or id to the endpoint settings asked for; the first by priority gives the default route unless GwPriority says otherwise. */
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
  readonly portBindings: PortMap;
  /** `80/tcp` keys, for `-P`. */
  readonly exposedPorts: readonly string[];
  readonly publishAllPorts: boolean;
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  /** `host:ip`, `host-gateway` allowed. */
  readonly extraHosts: readonly string[];
  readonly links: readonly string[];
  readonly sysctls: StringMap;
  readonly labels: StringMap;
}

export interface Sandbox {
  /** Path of the pinned network namespace. */
  readonly netns: string;
  /** By network name; complete wire form for inspect. */
  readonly endpoints: Record<string, EndpointSettings>;
  readonly ports: PortMap;
  /** Contents for the files mounted over /etc/hosts and /etc/resolv.conf. */
  readonly hosts: string;
  readonly resolvConf: string;
}

export interface NetworksRoom {
  readonly api: NetworksApi;
  /**
   * Network namespace, links, addresses, routes, names, published ports, all or nothing. Idempotent for a container id.
   * @param onNamespace  called, if the namespace is new, as soon as a process can be put into it: its interfaces are still being made
   * @throws EngineError notFound (network), conflict/internal ("port is already allocated", "address already in use")
   */
  attach(request: SandboxRequest, onNamespace?: (early: Pick<Sandbox, 'netns' | 'hosts' | 'resolvConf'>) => void): Promise<Sandbox>;
  /** Gives everything back: ports, names, addresses, namespace. Idempotent, also after a crash. */
  detach(containerId: string): Promise<void>;
  /** The container was renamed: its names answer accordingly. */
  rename(containerId: string, name: string): Promise<void>;
  /** Host-mode containers: hosts and resolv.conf contents. */
  hostFiles(request: Pick<SandboxRequest, 'hostname' | 'extraHosts' | 'dns' | 'dnsSearch' | 'dnsOptions'>): Promise<{ hosts: string; resolvConf: string }>;
  /** Checks names without side effects at container creation. @throws EngineError notFound */
  require(network: string): { id: string; name: string };
  /** The current endpoints of a container (connect/disconnect change them while it runs). */
  endpointsOf(containerId: string): Record<string, EndpointSettings> | undefined;
  /** After recovery: containers that still run. Everything else is swept, firewall and names are rendered anew. */
  reconcile(runningContainerIds: ReadonlySet<string>): Promise<void>;
  /** A namespace for build steps: NAT and DNS on the default bridge. */
  attachBuildStep(id: string, extraHosts: readonly string[], network?: string): Promise<{ netns: string; hosts: string; resolvConf: string }>;
  close(): Promise<void>;
}

/** The containers room, as the networks room sees it when a running container is connected to one more network. */
export interface RunningContainers {
  /** Replaces the hosts file and stored endpoints after connect/disconnect. */
  networksChanged(containerId: string): Promise<void>;
  /**
   * `network connect` or `disconnect` of a container without a namespace: its stored configuration gets, changes or (undefined)
   * loses the endpoint. Without this method such requests are refused.
   */
  endpointConfigured?(containerId: string, network: { id: string; name: string }, settings: EndpointSettings | undefined): Promise<void>;
}

// Volumes -----------------------------------------------------------------------------------------------------------------

export interface VolumesRoom {
  readonly api: VolumesApi;
  /** Creates when missing (anonymous when the name is undefined). */
  ensure(name: string | undefined, options?: { driver?: string; driverOpts?: StringMap; labels?: StringMap; anonymous?: boolean }): Promise<{ name: string; mountpoint: string; anonymous: boolean; created: boolean }>;
  /** Host directory to bind; mounts `type`/`o`/`device` volumes on first use. */
  mount(name: string, subpath?: string): Promise<string>;
  /** The last user has gone: undoes what `mount` mounted. */
  release(name: string): Promise<void>;
  /**
   * Fills an empty, never used volume from `sourceDir` (a path inside a mounted root, resolved safely) with ownership and xattrs.
   * Does nothing when the volume has content. Crash-safe: a half-copied volume is copied again.
   */
  populate(name: string, sourceDir: string): Promise<void>;
  remove(name: string): Promise<void>;
  isAnonymous(name: string): boolean;
  /** Every volume with `UsageData`: size in bytes (-1: unknown) and number of containers. Walks all files. */
  diskUsage(): Promise<VolumeInspect[]>;
  close(): Promise<void>;
}

// Build --------------------------------------------------------------------------------------------------------------------

/** A RUN instruction as the containers room executes it: confined like a container, without conmon, output streamed. */
export interface StepRequest {
  readonly id: string;
  /** Mounted root file system. */
  readonly rootfs: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  /** As in USER: name or id, with or without group. Resolved against the root's /etc/passwd. */
  readonly user: string;
  readonly hostname?: string;
  readonly network: 'default' | 'host' | 'none' | string;
  /** A namespace that the caller attached (`attachBuildStep`) and will detach: consecutive steps of a build go on in one. Instead of `network`. */
  readonly sandbox?: { readonly netns: string; readonly hosts: string; readonly resolvConf: string };
  readonly extraHosts?: readonly string[];
  readonly mounts?: readonly { destination: string; type: string; source: string; options: readonly string[] }[];
  readonly privileged?: boolean;
  /** Shm size, ulimits, memory, cpus. */
  readonly hostConfig?: Pick<HostConfig, 'ShmSize' | 'Ulimits' | 'Memory' | 'MemorySwap' | 'CpuShares' | 'CpuPeriod' | 'CpuQuota' | 'CpusetCpus' | 'CgroupParent'>;
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  readonly signal?: AbortSignal;
}

export interface StepRunner {
  /** Resolves with the exit code (128+n for a signal). Nothing is left behind, whatever happens. */
  runStep(step: StepRequest): Promise<{ exitCode: number; oomKilled: boolean }>;
}

export interface Builder {
  build(options: BuildOptions, context: Readable | undefined, o?: CallOptions): Promise<Progress>;
  pruneCache(query?: { all?: boolean; filters?: Record<string, string[]> }): Promise<{ ids: string[]; bytes: number }>;
  /** For `system df`. */
  cacheRecords(): Promise<import('../engine-api/index.ts').BuildCacheRecord[]>;
}

/** `commit --change` and `import --change` use the Dockerfile's rules. @throws EngineError invalid */
export type ApplyChanges = (config: ContainerConfig & { Healthcheck?: HealthConfig }, changes: readonly string[]) => ContainerConfig;

export type SystemRoom = SystemApi;
