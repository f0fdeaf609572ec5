import { closeSync, constants, mkdirSync, openSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname as machineName } from 'node:os';
import { dirname, join } from 'node:path';
import { EngineError, errnoCode, shortId } from '../../base/index.ts';
import type { MountRecord } from './record.ts';
import { fdPath, openInRoot, readTextInRoot, withFd } from '../host/rooted.ts';
import { compiledSeccomp, type OciSeccomp, parseProfile, resolveProfile } from '../host/seccomp.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../host/seccomp-profile.ts';
import { mount, MS, unmount } from '../host/libc.ts';
import type { Sandbox, SandboxRequest } from '../parts.ts';
import { effectiveCaps } from './capabilities.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import type { OciSpec } from './oci.ts';
import { containerSpec, type SpecInput } from './spec.ts';
import type { ReadyMount } from './spec-mounts.ts';
import { type ResolvedUser, resolveUser } from './users.ts';

/** What a start has set up before the process exists. */
export interface Prepared {
  readonly spec: OciSpec;
  readonly sandbox: Sandbox | undefined;
}

/**
 * Looks up and sets up everything that the OCI configuration of a container names: root, network, volumes, files, users.
 * The caller undoes it with `releaseContainer` when the start fails.
 */
export async function prepareStart(room: Containers, container: Container): Promise<Prepared> {
  const { hostConfig: host } = container.record;
  const [rootfs, network] = await bothOrFirstError(room.images.snapshots.mount(container.id), prepareNetwork(room, container));
  const mounts = await readyMounts(room, container, rootfs);
  writeHostFiles(room, container, network);
  const root = openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  let user: ResolvedUser;
  try {
    user = lookUpUser(root, container.record.config.User ?? '', host.GroupAdd ?? []);
    makeWorkingDirectory(root, container.record.config.WorkingDir ?? '', mounts);
  } finally {
    closeSync(root);
  }
  const caps = effectiveCaps(host.CapAdd ?? [], host.CapDrop ?? [], host.Privileged ?? false, room.tools.caps);
  const apparmor = room.tools.apparmor ? securityOption(host.SecurityOpt, 'apparmor') : undefined;
  const spec = containerSpec({
    config: container.record.config,
    host,
    id: container.id,
    hostname: container.record.config.Hostname ?? '',
    rootfs,
    user,
    caps,
    seccomp: seccompFor(room, host, caps),
    ...sharedNamespaces(room, container, network),
    mounts,
    files: hostFileMounts(room, container),
    init: initFor(room, container),
    cgroupPath: cgroupPath(room, container),
    cgroupHost: room.tools.cgroups,
    support: room.tools.support,
    ...(apparmor !== undefined && { apparmor }),
  });
  return { spec, sandbox: network.sandbox };
}

/** Waits for both before it reports the first failure, so that nothing is still being set up while the caller cleans up. */
async function bothOrFirstError<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const results = await Promise.allSettled([a, b]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return [await a, await b];
}

interface PreparedNetwork {
  readonly namespace: SpecInput['namespaces']['network'];
  readonly sandbox: Sandbox | undefined;
  readonly hosts?: string;
  readonly resolvConf?: string;
  /** `container:` mode: that container's files are shared. */
  readonly filesOf?: string;
}

async function prepareNetwork(room: Containers, container: Container): Promise<PreparedNetwork> {
  const { hostConfig: host, config } = container.record;
  const mode = host.NetworkMode ?? 'bridge';
  if (mode.startsWith('container:')) {
    const other = runningTarget(room, mode.slice('container:'.length), 'network');
    return { namespace: { path: `/proc/${other.state.process?.pid}/ns/net` }, sandbox: undefined, filesOf: other.id };
  }
  const hostname = config.Hostname || shortId(container.id);
  const dns = { dns: host.Dns ?? [], dnsOptions: host.DnsOptions ?? [], dnsSearch: host.DnsSearch ?? [] };
  if (mode === 'host') {
    const files = await room.networks.hostFiles({ hostname: machineName(), extraHosts: host.ExtraHosts ?? [], ...dns });
    return { namespace: 'host', sandbox: undefined, ...files };
  }
  const sandbox = await room.networks.attach(sandboxRequest(container, hostname, dns));
  return { namespace: { path: sandbox.netns }, sandbox, hosts: sandbox.hosts, resolvConf: sandbox.resolvConf };
}

/** What the networks room needs to know. */
export function sandboxRequest(
  container: Container,
  hostname: string,
  dns: Pick<SandboxRequest, 'dns' | 'dnsOptions' | 'dnsSearch'>,
): SandboxRequest {
  const { hostConfig: host, config, endpoints, id, name } = container.record;
  return {
    containerId: id,
    name,
    hostname,
    ...(config.Domainname && { domainname: config.Domainname }),
    mode: host.NetworkMode === 'none' || config.NetworkDisabled ? 'none' : 'networks',
    endpoints,
    portBindings: host.PortBindings ?? {},
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    publishAllPorts: host.PublishAllPorts ?? false,
    ...dns,
    extraHosts: host.ExtraHosts ?? [],
    links: host.Links ?? [],
    sysctls: host.Sysctls ?? {},
    labels: config.Labels ?? {},
  };
}

/** The container whose namespace is to be shared. @throws EngineError conflict when it does not run, in dockerd's words */
function runningTarget(room: Containers, reference: string, what: 'network' | 'PID' | 'IPC'): Container {
  const other = room.registry.find(reference);
  if (!other.state.process) {
    const message = what === 'network' ? `cannot join network of a non running container: ${other.id}` : `Container ${reference} is not running`;
    throw new EngineError('conflict', message);
  }
  return other;
}

function sharedNamespaces(
  room: Containers,
  container: Container,
  network: PreparedNetwork,
): Pick<SpecInput, 'namespaces'> & { shm: SpecInput['shm'] } {
  const { hostConfig: host } = container.record;
  const join = (mode: string | undefined, kind: 'pid' | 'ipc'): 'new' | 'host' | { path: string } => {
    if (mode === 'host') return 'host';
    if (!mode?.startsWith('container:')) return 'new';
    const other = runningTarget(room, mode.slice('container:'.length), kind === 'pid' ? 'PID' : 'IPC');
    return { path: `/proc/${other.state.process?.pid}/ns/${kind}` };
  };
  return {
    namespaces: {
      network: network.namespace,
      pid: join(host.PidMode, 'pid'),
      ipc: join(host.IpcMode, 'ipc'),
      uts: host.UTSMode === 'host' ? 'host' : 'new',
      cgroup: host.CgroupnsMode === 'private' ? 'new' : 'host',
    },
    shm: sharedMemory(room, container),
  };
}

/** /dev/shm goes with the IPC namespace: one that others may join lies on the host, where they can find it. */
function sharedMemory(room: Containers, container: Container): SpecInput['shm'] {
  const { hostConfig: host } = container.record;
  const mode = host.IpcMode ?? 'private';
  if (mode === 'none') return { kind: 'none' };
  if (mode === 'host') return { kind: 'shared', shm: '/dev/shm' };
  if (mode.startsWith('container:')) {
    const other = room.registry.find(mode.slice('container:'.length));
    if (other.record.hostConfig.IpcMode !== 'shareable') {
      throw new EngineError('conflict', `cannot join IPC of a non-shareable container: ${other.id} (hint: use IpcMode:shareable for the donor container)`);
    }
    return { kind: 'shared', shm: shmDirectory(room, other) };
  }
  if (mode !== 'shareable') return { kind: 'private' };
  const directory = shmDirectory(room, container);
  mkdirSync(directory, { recursive: true });
  unmount(directory); // left by a crash
  mount('shm', directory, 'tmpfs', MS.NOSUID | MS.NODEV | MS.NOEXEC, `mode=1777,size=${host.ShmSize ?? 0}`);
  return { kind: 'shared', shm: directory };
}

export const shmDirectory = (room: Containers, container: Container): string => join(room.ctx.layout.container(container.id), 'shm');

// Files of the host side ------------------------------------------------------------------------------------------------

/** hosts, hostname and resolv.conf lie in the bundle, are bound into the container, and are made anew at each start. */
export function hostFile(room: Containers, id: string, name: 'hosts' | 'hostname' | 'resolv.conf'): string {
  return join(room.ctx.layout.bundle(id), name);
}

function writeHostFiles(room: Containers, container: Container, network: PreparedNetwork): void {
  const write = (name: 'hosts' | 'hostname' | 'resolv.conf', text: string): void =>
    writeFileSync(hostFile(room, container.id, name), text, { mode: 0o644 });
  write('hostname', `${container.record.config.Hostname ?? ''}\n`);
  if (network.hosts !== undefined) write('hosts', network.hosts);
  if (network.resolvConf !== undefined) write('resolv.conf', network.resolvConf);
}

function hostFileMounts(room: Containers, container: Container): { destination: string; source: string }[] {
  const mode = container.record.hostConfig.NetworkMode ?? '';
  const owner = mode.startsWith('container:') ? room.registry.find(mode.slice('container:'.length)).id : container.id;
  return [
    { destination: '/etc/resolv.conf', source: hostFile(room, owner, 'resolv.conf') },
    { destination: '/etc/hostname', source: hostFile(room, owner, 'hostname') },
    { destination: '/etc/hosts', source: hostFile(room, owner, 'hosts') },
  ].filter(({ source }) => statSync(source, { throwIfNoEntry: false }) !== undefined);
}

// Mounts ------------------------------------------------------------------------------------------------------------------

/** Sources of a container's mounts, made and mounted where they need it; volumes filled on first use. */
export async function readyMounts(room: Containers, container: Container, rootfs: string): Promise<ReadyMount[]> {
  const ready: ReadyMount[] = [];
  for (const record of container.record.mounts) ready.push(await readyMount(room, container, record, rootfs));
  return ready;
}

async function readyMount(room: Containers, container: Container, record: MountRecord, rootfs: string): Promise<ReadyMount> {
  const { destination } = record;
  const mode = record.readonly ? 'ro' : 'rw';
  switch (record.type) {
    case 'tmpfs':
      return { destination, type: 'tmpfs', source: 'tmpfs', options: record.options ?? [] };
    case 'bind': {
      const source = bindSource(record);
      return { destination, type: 'bind', source, options: [record.nonRecursive ? 'bind' : 'rbind', mode, record.propagation || 'rprivate'] };
    }
    case 'volume': {
      if (record.copy !== false && record.subpath === undefined) await populateVolume(room, record, rootfs);
      const source = await room.volumes.mount(record.source, record.subpath);
      return { destination, type: 'bind', source, options: ['rbind', mode, 'rprivate'] };
    }
    case 'image': {
      const source = await mountImage(room, container, record);
      return { destination, type: 'bind', source, options: ['rbind', 'ro', 'rprivate'] };
    }
  }
}

function bindSource(record: MountRecord): string {
  if (statSync(record.source, { throwIfNoEntry: false })) return record.source;
  if (!record.createSource) {
    throw new EngineError('invalid', `invalid mount config for type "bind": bind source path does not exist: ${record.source}`);
  }
  try {
    mkdirSync(record.source, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new EngineError('internal', `error while creating mount source path '${record.source}': ${(cause as Error).message}`, { cause });
  }
  return record.source;
}

/** A new volume takes over what the image has at its place. */
async function populateVolume(room: Containers, record: MountRecord, rootfs: string): Promise<void> {
  const source = directoryInRoot(rootfs, record.destination);
  if (source !== undefined) await room.volumes.populate(record.source, source);
}

/** Host path of a directory inside a mounted root, symlinks resolved inside it; undefined when there is none. */
function directoryInRoot(rootfs: string, path: string): string | undefined {
  try {
    return withFd(openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY), (root) =>
      withFd(openInRoot(root, path), (fd) => (statSync(fdPath(fd)).isDirectory() ? readlinkSync(fdPath(fd)) : undefined)),
    );
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** The id under which the snapshot of an image mount is kept. */
export function imageMountId(container: Container, record: MountRecord): string {
  return `${container.id}-i${container.record.mounts.indexOf(record)}`;
}

async function mountImage(room: Containers, container: Container, record: MountRecord): Promise<string> {
  const id = imageMountId(container, record);
  const image = await room.images.resolve(record.image ?? record.source);
  await room.images.snapshots.prepare(id, image.record);
  const root = await room.images.snapshots.mount(id);
  if (record.subpath === undefined) return root;
  const directory = directoryInRoot(root, record.subpath);
  if (directory === undefined) throw new EngineError('invalid', `cannot access path ${record.subpath} in image ${record.source}`);
  return directory;
}

// Process -----------------------------------------------------------------------------------------------------------------

/** @param root  open directory of the container's root @throws EngineError invalid */
export function lookUpUser(root: number, spec: string, groupAdd: readonly string[]): ResolvedUser {
  return resolveUser(spec, readTextInRoot(root, '/etc/passwd'), readTextInRoot(root, '/etc/group'), groupAdd);
}

/** A missing working directory is made, root's, as Docker does; not under a mount, where it would be hidden or not ours. */
function makeWorkingDirectory(root: number, path: string, mounts: readonly ReadyMount[]): void {
  if (path === '' || path === '/') return;
  if (mounts.some(({ destination }) => path === destination || path.startsWith(`${destination}/`))) return;
  makeDirectoriesInRoot(root, path);
}

/** `mkdir -p` inside an open root. */
export function makeDirectoriesInRoot(root: number, path: string): void {
  try {
    const isDirectory = withFd(openInRoot(root, path), (fd) => statSync(fdPath(fd)).isDirectory());
    if (!isDirectory) throw new EngineError('internal', `Cannot mkdir: ${path} is not a directory`);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (parent !== path) makeDirectoriesInRoot(root, parent);
    withFd(openInRoot(root, parent), (fd) => mkdirSync(join(fdPath(fd), path.slice(parent.length).replace(/^\//, '')), { mode: 0o755 }));
  }
}

function initFor(room: Containers, container: Container): string | undefined {
  if (!container.record.hostConfig.Init) return undefined;
  if (room.tools.init !== undefined) return room.tools.init;
  throw new EngineError('invalid', 'init: no static init was found on this machine: install tini (tini-static), catatonit or docker-init');
}

// Security ----------------------------------------------------------------------------------------------------------------

/** The value of `name=value` (or the older `name:value`) among the security options. */
export function securityOption(options: readonly string[] | null | undefined, name: string): string | undefined {
  const found = options?.findLast((option) => option.startsWith(`${name}=`) || option.startsWith(`${name}:`));
  return found?.slice(name.length + 1);
}

/** @returns undefined for an unconfined container @throws EngineError invalid for a broken profile */
export function seccompFor(
  room: { readonly tools: Containers['tools']; readonly ctx: Pick<Containers['ctx'], 'layout'> },
  host: { Privileged?: boolean; SecurityOpt?: string[] | null },
  caps: readonly string[],
): { json?: OciSeccomp; bpf?: string } | undefined {
  const asked = securityOption(host.SecurityOpt, 'seccomp');
  if (asked === 'unconfined' || (asked === undefined && host.Privileged)) return undefined;
  // The client sends the content of a profile file; `builtin` and nothing mean ours.
  const profile = asked === undefined || asked === 'builtin' || asked === 'default' ? DEFAULT_SECCOMP_PROFILE : parseProfile(asked);
  const json = resolveProfile(profile, { caps, arch: process.arch, kernel: room.tools.kernel });
  const bpf = room.tools.runtime.takesSeccompBpf ? compiledSeccomp(json, room.ctx.layout.seccompCache) : undefined;
  return { json, ...(bpf !== undefined && { bpf }) };
}

/** Removes the shared-memory mount of a container, if it had one. */
export function releaseSharedMemory(room: Containers, container: Container): void {
  if (container.record.hostConfig.IpcMode !== 'shareable') return;
  const directory = shmDirectory(room, container);
  unmount(directory);
  rmSync(directory, { recursive: true, force: true });
}
