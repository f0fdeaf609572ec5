/**
 * The engine as seen from the outside: every operation of the Docker Engine API that we use or serve, as one interface.
 *
 * Three things stand on it: `HttpEngine` (the client: ours, dockerd, podman), `Runtime` (our runtime core) and `serveEngine`
 * (HTTP in front of any `Engine`). So client ∘ server ∘ runtime behaves as the runtime itself, and one contract suite tests all.
 *
 * Errors: every method throws `EngineError` with a kind that maps to the HTTP status and the message that dockerd would give.
 * A name argument takes a full id, an unambiguous id prefix, or a name (with or without leading slash).
 * Every call takes `{ signal }`; an aborted call rejects with kind `cancelled`, but a state change that began is completed.
 */
import type { Duplex, Readable } from 'node:stream';
import type * as t from './types.ts';

export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * A container's output exactly as on the wire: multiplexed into 8-byte-headed frames (`frames.ts`), or raw bytes when the container
 * has a terminal. Chunks are as large as the source gives them and need not end at a frame; consumers must not assume one line per chunk.
 */
export type OutputStream = AsyncIterable<Uint8Array>;

/** An attached or exec'd process. `stream` is half-open: `end()` closes the process's stdin, output goes on until the process ends. */
export interface AttachedStream {
  stream: Duplex;
  /** true: raw terminal bytes; false: multiplexed frames. */
  tty: boolean;
}

export interface ListContainersQuery {
  all?: boolean;
  limit?: number;
  size?: boolean;
  filters?: t.Filters;
}

export interface LogsQuery {
  follow?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  /** Unix seconds, fractions allowed, as a number. */
  since?: number;
  until?: number;
  timestamps?: boolean;
  /** Lines from the end; undefined or -1: all. */
  tail?: number;
}

export interface AttachQuery {
  logs?: boolean;
  stream?: boolean;
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  detachKeys?: string;
}

export interface ContainersApi {
  list(query?: ListContainersQuery, o?: CallOptions): Promise<t.ContainerSummary[]>;
  create(body: t.ContainerCreateRequest, query?: { name?: string; platform?: string }, o?: CallOptions): Promise<t.ContainerCreateResponse>;
  inspect(container: string, query?: { size?: boolean }, o?: CallOptions): Promise<t.ContainerInspect>;
  /** @returns false when it was running already */
  start(container: string, query?: { detachKeys?: string }, o?: CallOptions): Promise<boolean>;
  /** @param query.t seconds before SIGKILL; -1 waits for ever; undefined: the container's own @returns false when it was stopped already */
  stop(container: string, query?: { signal?: string; t?: number }, o?: CallOptions): Promise<boolean>;
  restart(container: string, query?: { signal?: string; t?: number }, o?: CallOptions): Promise<void>;
  kill(container: string, query?: { signal?: string }, o?: CallOptions): Promise<void>;
  pause(container: string, o?: CallOptions): Promise<void>;
  unpause(container: string, o?: CallOptions): Promise<void>;
  /** Resolves as soon as the engine has registered the wait; `exit` resolves when the condition comes true. */
  wait(
    container: string,
    query?: { condition?: 'not-running' | 'next-exit' | 'removed' },
    o?: CallOptions,
  ): Promise<{ exit: Promise<t.ContainerWaitResponse> }>;
  attach(container: string, query: AttachQuery, o?: CallOptions): Promise<AttachedStream>;
  resize(container: string, query: { h: number; w: number }, o?: CallOptions): Promise<void>;
  /** Resolves once the container is known and the log is open. */
  logs(container: string, query: LogsQuery, o?: CallOptions): Promise<{ output: OutputStream; tty: boolean }>;
  top(container: string, query?: { ps_args?: string }, o?: CallOptions): Promise<t.ContainerTop>;
  stats(container: string, query?: { stream?: boolean; oneShot?: boolean }, o?: CallOptions): Promise<AsyncIterable<t.ContainerStats>>;
  changes(container: string, o?: CallOptions): Promise<t.FilesystemChange[]>;
  export(container: string, o?: CallOptions): Promise<Readable>;
  statPath(container: string, path: string, o?: CallOptions): Promise<t.PathStat>;
  getArchive(container: string, path: string, o?: CallOptions): Promise<{ stat: t.PathStat; archive: Readable }>;
  putArchive(
    container: string,
    query: { path: string; noOverwriteDirNonDir?: boolean; copyUIDGID?: boolean },
    archive: Readable,
    o?: CallOptions,
  ): Promise<void>;
  rename(container: string, name: string, o?: CallOptions): Promise<void>;
  update(container: string, body: t.UpdateRequest, o?: CallOptions): Promise<{ Warnings: string[] }>;
  remove(container: string, query?: { v?: boolean; force?: boolean; link?: boolean }, o?: CallOptions): Promise<void>;
  prune(filters?: t.Filters, o?: CallOptions): Promise<t.PruneReport>;
}

export interface ExecApi {
  create(container: string, body: t.ExecCreateRequest, o?: CallOptions): Promise<{ Id: string }>;
  /** Starts and attaches. */
  start(exec: string, body: { Tty?: boolean; ConsoleSize?: [number, number] | null }, o?: CallOptions): Promise<AttachedStream>;
  /** Starts and returns at once. */
  startDetached(exec: string, o?: CallOptions): Promise<void>;
  resize(exec: string, query: { h: number; w: number }, o?: CallOptions): Promise<void>;
  inspect(exec: string, o?: CallOptions): Promise<t.ExecInspect>;
}

export type Progress = AsyncIterable<t.ProgressMessage>;

export interface ImagesApi {
  list(query?: { all?: boolean; filters?: t.Filters; sharedSize?: boolean; digests?: boolean }, o?: CallOptions): Promise<t.ImageSummary[]>;
  inspect(image: string, o?: CallOptions): Promise<t.ImageInspect>;
  history(image: string, o?: CallOptions): Promise<t.ImageHistoryItem[]>;
  /** Failures after the start come as a last message with `error`; `imageProgressError` (progress.ts) turns it into an EngineError. */
  pull(query: { fromImage: string; tag?: string; platform?: string; auth?: t.RegistryAuth }, o?: CallOptions): Promise<Progress>;
  push(image: string, query: { tag?: string; auth?: t.RegistryAuth }, o?: CallOptions): Promise<Progress>;
  /** @param archive  a tar stream (plain or compressed), or undefined when the engine shall fetch it from the URL `source` */
  import(
    query: { repo?: string; tag?: string; message?: string; changes?: string[]; platform?: string; source?: string },
    archive: Readable | undefined,
    o?: CallOptions,
  ): Promise<Progress>;
  load(archive: Readable, query?: { quiet?: boolean }, o?: CallOptions): Promise<Progress>;
  save(images: readonly string[], o?: CallOptions): Promise<Readable>;
  tag(image: string, query: { repo: string; tag?: string }, o?: CallOptions): Promise<void>;
  remove(image: string, query?: { force?: boolean; noprune?: boolean }, o?: CallOptions): Promise<t.ImageDeleteItem[]>;
  prune(filters?: t.Filters, o?: CallOptions): Promise<t.PruneReport>;
  search(query: { term: string; limit?: number; filters?: t.Filters }, o?: CallOptions): Promise<unknown[]>;
  commit(
    query: { container: string; repo?: string; tag?: string; comment?: string; author?: string; pause?: boolean; changes?: string[] },
    config: t.ContainerConfig | undefined,
    o?: CallOptions,
  ): Promise<{ Id: string }>;
  /** @param context  a tar stream (plain or compressed), or undefined when `remote` is given */
  build(options: t.BuildOptions, context: Readable | undefined, o?: CallOptions): Promise<Progress>;
  pruneBuildCache(query?: { all?: boolean; filters?: t.Filters }, o?: CallOptions): Promise<t.PruneReport>;
  distribution(image: string, auth?: t.RegistryAuth, o?: CallOptions): Promise<t.DistributionInspect>;
}

export interface NetworksApi {
  list(filters?: t.Filters, o?: CallOptions): Promise<t.NetworkInspect[]>;
  inspect(network: string, query?: { verbose?: boolean; scope?: string }, o?: CallOptions): Promise<t.NetworkInspect>;
  create(body: t.NetworkCreateRequest, o?: CallOptions): Promise<{ Id: string; Warning: string }>;
  connect(network: string, body: { Container: string; EndpointConfig?: t.EndpointSettings }, o?: CallOptions): Promise<void>;
  disconnect(network: string, body: { Container: string; Force?: boolean }, o?: CallOptions): Promise<void>;
  remove(network: string, o?: CallOptions): Promise<void>;
  prune(filters?: t.Filters, o?: CallOptions): Promise<t.PruneReport>;
}

export interface VolumesApi {
  list(filters?: t.Filters, o?: CallOptions): Promise<{ Volumes: t.VolumeInspect[]; Warnings: string[] | null }>;
  inspect(volume: string, o?: CallOptions): Promise<t.VolumeInspect>;
  create(body: t.VolumeCreateRequest, o?: CallOptions): Promise<t.VolumeInspect>;
  remove(volume: string, query?: { force?: boolean }, o?: CallOptions): Promise<void>;
  prune(filters?: t.Filters, o?: CallOptions): Promise<t.PruneReport>;
}

export interface SystemApi {
  /** Answers the API version that client and engine both speak. */
  ping(o?: CallOptions): Promise<{ apiVersion: string; builderVersion?: string; osType?: string }>;
  version(o?: CallOptions): Promise<t.VersionInfo>;
  info(o?: CallOptions): Promise<t.SystemInfo>;
  /** Resolves once subscribed, so that nothing after the call is missed. `since`/`until` are unix seconds. Ends at `until` or abort. */
  events(query?: { since?: number; until?: number; filters?: t.Filters }, o?: CallOptions): Promise<AsyncIterable<t.EventMessage>>;
  diskUsage(query?: { types?: string[] }, o?: CallOptions): Promise<t.DiskUsage>;
  /** @throws EngineError unauthorized */
  auth(body: t.RegistryAuth, o?: CallOptions): Promise<{ Status: string; IdentityToken: string }>;
}

export interface Engine {
  /** The API version that both sides speak, once it is known; `system.ping` always tells. */
  readonly apiVersion?: string | undefined;
  readonly system: SystemApi;
  readonly containers: ContainersApi;
  readonly exec: ExecApi;
  readonly images: ImagesApi;
  readonly networks: NetworksApi;
  readonly volumes: VolumesApi;
  /** Releases connections (client) or stops timers and watchers (runtime). Containers go on. */
  close(): Promise<void>;
}
