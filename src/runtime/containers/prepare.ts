import { closeSync, constants, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname as machineName } from 'node:os';
import { join } from 'node:path';
import { EngineError, shortId } from '../../base/index.ts';
import { mount, MS, unmount } from '../host/libc.ts';
import type { Sandbox, SandboxRequest } from '../parts.ts';
import { effectiveCaps } from './capabilities.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import type { OciSpec } from './oci.ts';
import { readyMounts } from './prepare-mounts.ts';
import { initFor, lookUpUser, makeWorkingDirectory, seccompFor, securityOption } from './prepare-process.ts';
import { containerSpec, type SpecInput } from './spec.ts';
import type { ResolvedUser } from './users.ts';

/** What a start has set up before the process exists. */
export interface Prepared {
  readonly spec: OciSpec;
  /** Settles when the network is complete, which it need not be before the process runs its first instruction. Its rejection is no one else's. */
  readonly sandbox: Promise<Sandbox | undefined>;
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
    init: initFor(room, host),
    cgroupPath: cgroupPath(room, container),
    cgroupHost: room.tools.cgroups,
    support: room.tools.support,
    ...(apparmor !== undefined && { apparmor }),
  });
  return { spec, sandbox: network.sandbox };
}

/** Waits for both before it reports the first failure, so that nothing is still being set up while the caller cleans up. */
export async function bothOrFirstError<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const results = await Promise.allSettled([a, b]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return [await a, await b];
}

interface PreparedNetwork {
  readonly namespace: SpecInput['namespaces']['network'];
  readonly sandbox: Promise<Sandbox | undefined>;
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
    return { namespace: { path: `/proc/${other.state.process?.pid}/ns/net` }, sandbox: Promise.resolve(undefined), filesOf: other.id };
  }
  const hostname = config.Hostname || shortId(container.id);
  const dns = { dns: host.Dns ?? [], dnsOptions: host.DnsOptions ?? [], dnsSearch: host.DnsSearch ?? [] };
  if (mode === 'host') {
    const files = await room.networks.hostFiles({ hostname: machineName(), extraHosts: host.ExtraHosts ?? [], ...dns });
    return { namespace: 'host', sandbox: Promise.resolve(undefined), ...files };
  }
  return attachNetwork(room, sandboxRequest(container, hostname, dns));
}

/** The process is made while its interfaces are, unless settings of the kernel name interfaces that must be there. */
async function attachNetwork(room: Containers, request: SandboxRequest): Promise<PreparedNetwork> {
  let announce: ((early: Pick<Sandbox, 'netns' | 'hosts' | 'resolvConf'>) => void) | undefined;
  const early = new Promise<Pick<Sandbox, 'netns' | 'hosts' | 'resolvConf'>>((resolve) => (announce = resolve));
  const needsInterfaces = Object.keys(request.sysctls).some((name) => name.startsWith('net.'));
  const sandbox = room.networks.attach(request, needsInterfaces ? undefined : announce);
  sandbox.catch(() => {}); // whoever waits for it, later, is told
  const { netns, hosts, resolvConf } = await Promise.race([early, sandbox]);
  return { namespace: { path: netns }, sandbox, hosts, resolvConf };
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

/** Removes the shared-memory mount of a container, if it had one. */
export function releaseSharedMemory(room: Containers, container: Container): void {
  if (container.record.hostConfig.IpcMode !== 'shareable') return;
  const directory = shmDirectory(room, container);
  unmount(directory);
  rmSync(directory, { recursive: true, force: true });
}
