import { join } from 'node:path';

/** Where the data root and the run root are when nothing else is asked for. */
export const DEFAULT_DATA_ROOT = '/var/lib/tscompose';
export const DEFAULT_RUN_ROOT = '/run/tscompose';

/**
 * Every path of an engine's state. Nothing else in the runtime joins paths under the two roots.
 *
 * The data root survives a reboot. The run root does not, and is short because unix socket paths end at 107 bytes.
 * Ids that come in here are our own hexadecimal ids or digests, or names that were validated before.
 */
export interface Layout {
  readonly root: string;
  readonly run: string;

  /** Below the run root, in memory: everything there but what clients look for. */
  readonly volatile: string;

  /** `{"version": 1}`; a newer version is refused. */
  readonly versionFile: string;
  /** Kernel file lock held for the engine's life. */
  readonly lockFile: string;
  readonly logFile: string;

  readonly blobs: string;
  readonly ingest: string;
  /** One record per layer, by diff id: sizes, where its bytes are. */
  readonly layerRecords: string;
  readonly images: string;
  readonly snapshots: string;
  readonly containers: string;
  readonly networks: string;
  readonly volumes: string;
  readonly buildCache: string;
  /** What is being deleted; memory has its own, because renames stay on one file system. */
  readonly trash: string;
  readonly runTrash: string;

  blob(hex: string): string;
  layerRecord(diffHex: string): string;
  image(hex: string): string;
  /** One unpacked layer, named by its diff id: `fs` below it. Whatever lies beneath, the unpacked form is the same, so bases share it. */
  layer(diffHex: string): string;
  /** Writable layer of a container or a build step: `upper`, `work`, `merged` below it. */
  rw(id: string): string;
  container(id: string): string;
  containerConfig(id: string): string;
  containerState(id: string): string;
  containerLog(id: string): string;
  network(id: string): string;
  volume(name: string): string;
  volumeData(name: string): string;

  readonly socket: string;
  readonly engineInfo: string;
  /** OCI runtime state (`crun --root`). */
  readonly ociState: string;
  readonly exits: string;
  readonly netnsDir: string;
  readonly dnsDir: string;
  /** Bundle: OCI `config.json`, pid files, attach socket. Named by the short id. */
  bundle(id: string): string;
  exitFile(id: string): string;
  /** Pinned network namespace. */
  netns(id: string): string;
  /** One exec session: process object, attach socket, exit file. Named by the short exec id. */
  exec(id: string): string;
  readonly execs: string;
  readonly bundles: string;
  /** Compiled system call filters: a cache that may go at any time. */
  readonly seccompCache: string;
}

/** Computes the layout of one state root; creates nothing. */
export function createLayout(options: { root?: string; run?: string } = {}): Layout {
  const root = options.root ?? DEFAULT_DATA_ROOT;
  const run = options.run ?? DEFAULT_RUN_ROOT;
  const blobs = join(root, 'content', 'blobs', 'sha256');
  const images = join(root, 'images');
  const snapshots = join(root, 'snapshots');
  const containers = join(root, 'containers');
  const networks = join(root, 'networks');
  const volumes = join(root, 'volumes');
  const volatile = join(run, 'v');
  const exits = join(volatile, 'exits');
  const netnsDir = join(volatile, 'netns');
  return {
    root,
    run,
    volatile,
    versionFile: join(root, 'layout'),
    lockFile: join(root, 'engine.lock'),
    logFile: join(root, 'engine.log'),
    blobs,
    ingest: join(root, 'content', 'ingest'),
    layerRecords: join(root, 'content', 'layers'),
    images,
    snapshots,
    containers,
    networks,
    volumes,
    buildCache: join(root, 'build-cache'),
    trash: join(root, 'trash'),
    runTrash: join(volatile, 'trash'),
    blob: (hex) => join(blobs, hex),
    layerRecord: (diffHex) => join(root, 'content', 'layers', `${diffHex}.json`),
    image: (hex) => join(images, `${hex}.json`),
    layer: (diffHex) => join(snapshots, diffHex),
    rw: (id) => join(snapshots, 'rw', id),
    container: (id) => join(containers, id),
    containerConfig: (id) => join(containers, id, 'config.json'),
    containerState: (id) => join(containers, id, 'state'),
    containerLog: (id) => join(containers, id, 'container.log'),
    network: (id) => join(networks, `${id}.json`),
    volume: (name) => join(volumes, name),
    volumeData: (name) => join(volumes, name, '_data'),
    socket: join(run, 'engine.sock'),
    engineInfo: join(run, 'engine.json'),
    ociState: join(volatile, 'oci'),
    exits,
    netnsDir,
    dnsDir: join(volatile, 'dns'),
    bundle: (id) => join(volatile, 'c', id.slice(0, 12)),
    exitFile: (id) => join(exits, id),
    netns: (id) => join(netnsDir, id.slice(0, 12)),
    exec: (id) => join(volatile, 'e', id.slice(0, 12)),
    execs: join(volatile, 'e'),
    bundles: join(volatile, 'c'),
    seccompCache: join(volatile, 'seccomp'),
  };
}
