import type { ContainerConfig, HostConfig } from '../../engine-api/index.ts';
import type { CgroupHost } from '../host/cgroup.ts';
import type { OciSeccomp } from '../host/seccomp.ts';
import type { ResourceSupport } from '../host/tools.ts';
import type { OciNamespace, OciProcess, OciSpec } from './oci.ts';
import { containerDevices } from './spec-devices.ts';
import { containerMounts, type MountInput, type ReadyMount, rootPropagation } from './spec-mounts.ts';
import { ociResources } from './spec-resources.ts';
import type { ResolvedUser } from './users.ts';

export const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;
/** Where the init that reaps zombies appears in a container. */
export const INIT_DESTINATION = '/sbin/docker-init';

/** What Docker hides of /proc and /sys. */
export const MASKED_PATHS: readonly string[] = [
  '/proc/asound', '/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats',
  '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];
export const READONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Everything that was looked up on this machine, so that the rest is a pure function. */
export interface SpecInput {
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  readonly id: string;
  readonly hostname: string;
  readonly rootfs: string;
  readonly user: ResolvedUser;
  readonly caps: readonly string[];
  readonly seccomp: { json?: OciSeccomp; bpf?: string } | undefined;
  /** Path of a namespace to join, `host` for none of our own, `new` for a private one. */
  readonly namespaces: Readonly<Record<'network' | 'pid' | 'ipc' | 'uts' | 'cgroup', 'new' | 'host' | { path: string }>>;
  readonly shm: MountInput['ipc'];
  readonly mounts: readonly ReadyMount[];
  readonly files: readonly { destination: string; source: string }[];
  readonly init: string | undefined;
  readonly cgroupPath: string;
  readonly cgroupHost: CgroupHost;
  readonly support: ResourceSupport;
  readonly apparmor?: string;
}

/** The OCI configuration of a container. @throws EngineError for devices that are not there */
export function containerSpec(input: SpecInput): OciSpec {
  const { host } = input;
  const privileged = host.Privileged ?? false;
  const devices = containerDevices(host);
  const propagation = rootPropagation(input.mounts);
  const sysctl = containerSysctls(input);
  return {
    ociVersion: '1.0.2',
    process: containerProcess(input),
    root: { path: input.rootfs, readonly: host.ReadonlyRootfs ?? false },
    ...(input.namespaces.uts === 'new' && { hostname: input.hostname }),
    mounts: containerMounts({
      privileged,
      hasCgroupNamespace: input.namespaces.cgroup === 'new',
      ipc: input.shm,
      shmSize: host.ShmSize || DEFAULT_SHM_SIZE,
      hostPid: input.namespaces.pid === 'host',
      files: input.files,
      mounts: input.mounts,
      ...(input.init !== undefined && { init: { source: input.init, destination: INIT_DESTINATION } }),
    }),
    ...annotations(input),
    linux: {
      namespaces: namespaces(input),
      resources: { ...ociResources(host, input.support), devices: devices.rules },
      cgroupsPath: input.cgroupPath,
      ...(devices.nodes.length > 0 && { devices: devices.nodes }),
      ...(Object.keys(sysctl).length > 0 && { sysctl }),
      ...(input.seccomp?.json && input.seccomp.bpf === undefined && { seccomp: input.seccomp.json }),
      ...(!privileged && { maskedPaths: host.MaskedPaths ?? MASKED_PATHS, readonlyPaths: host.ReadonlyPaths ?? READONLY_PATHS }),
      ...(propagation !== undefined && { rootfsPropagation: propagation }),
    },
  };
}

function annotations(input: SpecInput): { annotations?: Record<string, string> } {
  const all = {
    ...input.host.Annotations,
    ...(input.seccomp?.bpf !== undefined && { 'run.oci.seccomp_bpf_data': input.seccomp.bpf }),
  };
  return Object.keys(all).length > 0 ? { annotations: all } : {};
}

function namespaces(input: SpecInput): OciNamespace[] {
  const list: OciNamespace[] = [{ type: 'mount' }];
  for (const type of ['network', 'uts', 'pid', 'ipc', 'cgroup'] as const) {
    const wanted = input.namespaces[type];
    if (wanted === 'new') list.push({ type });
    else if (wanted !== 'host') list.push({ type, path: wanted.path });
  }
  return list;
}

/** Docker lets every container open low ports and send pings, as long as it has a network namespace of its own. */
function containerSysctls(input: SpecInput): Record<string, string> {
  const own = input.namespaces.network === 'new' || typeof input.namespaces.network === 'object';
  const joined = input.host.NetworkMode?.startsWith('container:') ?? false;
  const domain = input.namespaces.uts === 'new' ? input.config.Domainname : undefined;
  return {
    ...(own && !joined && { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' }),
    ...(domain && { 'kernel.domainname': domain }),
    ...input.host.Sysctls,
  };
}

function containerProcess(input: SpecInput): OciProcess {
  const { config, host } = input;
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const [height = 0, width = 0] = host.ConsoleSize ?? [];
  return {
    terminal: config.Tty ?? false,
    ...(config.Tty && height > 0 && width > 0 && { consoleSize: { height, width } }),
    user: { uid: input.user.uid, gid: input.user.gid, additionalGids: input.user.additionalGids },
    args: input.init === undefined ? command : [INIT_DESTINATION, '--', ...command],
    env: processEnv(config.Env ?? [], { hostname: input.hostname, tty: config.Tty ?? false, home: input.user.home }),
    cwd: config.WorkingDir || '/',
    capabilities: capabilitySets(input.caps, input.user.uid),
    ...(host.Ulimits?.length && {
      rlimits: host.Ulimits.map(({ Name, Soft, Hard }) => ({ type: `RLIMIT_${Name.toUpperCase()}`, soft: rlimit(Soft), hard: rlimit(Hard) })),
    }),
    noNewPrivileges: hasNoNewPrivileges(host.SecurityOpt ?? []),
    ...(host.OomScoreAdj && { oomScoreAdj: host.OomScoreAdj }),
    ...(input.apparmor !== undefined && { apparmorProfile: input.apparmor }),
  };
}

/** -1 is "unlimited"; the OCI field is unsigned, and JSON has no 2^64-1 that survives a double, but both runtimes parse this one. */
function rlimit(value: number): number {
  return value < 0 ? 18446744073709551615 : value;
}

/** Root keeps its capabilities over exec; another user has only what it gains through file capabilities, as with Docker. */
export function capabilitySets(caps: readonly string[], uid: number): OciProcess['capabilities'] {
  const effective = uid === 0 ? caps : [];
  return { bounding: caps, effective, permitted: effective, inheritable: [], ambient: [] };
}

/**
 * The environment: Docker's defaults, then the configured entries; an entry without `=` removes the variable.
 * @param extra.hostname  undefined in an exec, which inherits it with the configuration
 * @param extra.home  of the user; a user that is not listed has none, which the OCI runtimes treat differently: it gets `/`, as with Docker
 */
export function processEnv(entries: readonly string[], extra: { hostname?: string; tty: boolean; home: string | undefined }): string[] {
  const env = new Map<string, string>();
  const set = (entry: string): void => {
    const at = entry.indexOf('=');
    if (at < 0) env.delete(entry);
    else env.set(entry.slice(0, at), entry);
  };
  set(DEFAULT_PATH);
  if (extra.hostname !== undefined) set(`HOSTNAME=${extra.hostname}`);
  if (extra.tty) set('TERM=xterm');
  for (const entry of entries) set(entry);
  if (extra.home === undefined && !env.has('HOME')) set('HOME=/');
  return [...env.values()];
}

/** `no-new-privileges`, also with `:true` or `=true`. */
export function hasNoNewPrivileges(options: readonly string[]): boolean {
  return options.some((option) => /^no-new-privileges([:=](true|t|1))?$/i.test(option));
}
