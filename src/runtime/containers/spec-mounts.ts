import type { OciMount } from './oci.ts';

/** A mount of the user, ready to be bound: sources are host paths. */
export interface ReadyMount {
  readonly destination: string;
  readonly type: 'bind' | 'tmpfs';
  readonly source: string;
  readonly options: readonly string[];
}

export interface MountInput {
  readonly privileged: boolean;
  readonly hasCgroupNamespace: boolean;
  /** false: the host's own (PidMode host and the like need none of ours). */
  readonly ipc: { kind: 'private' } | { kind: 'none' } | { kind: 'shared'; shm: string };
  readonly shmSize: number;
  readonly hostPid: boolean;
  /** hosts, hostname and resolv.conf. */
  readonly files: readonly { destination: string; source: string }[];
  readonly mounts: readonly ReadyMount[];
  /** Binary and destination of the init that reaps. */
  readonly init?: { source: string; destination: string };
}

const NO_SUID_EXEC_DEV = ['nosuid', 'noexec', 'nodev'] as const;

/** Kernel file systems as Docker mounts them. */
function baseMounts(input: MountInput): OciMount[] {
  const ro = input.privileged ? [] : ['ro'];
  const mounts: OciMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: NO_SUID_EXEC_DEV },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...NO_SUID_EXEC_DEV, ...ro] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...ro, ...NO_SUID_EXEC_DEV] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: NO_SUID_EXEC_DEV },
  ];
  if (input.ipc.kind === 'private') {
    const options = [...NO_SUID_EXEC_DEV, 'mode=1777', `size=${input.shmSize}`];
    mounts.push({ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options });
  } else if (input.ipc.kind === 'shared') {
    mounts.push({ destination: '/dev/shm', type: 'bind', source: input.ipc.shm, options: ['rbind', 'rprivate'] });
  }
  return mounts;
}

/**
 * All mounts of a container in the order in which they must be made: kernel file systems, then everything else, parents first.
 * What the user mounts replaces a default at the same place.
 */
export function containerMounts(input: MountInput): OciMount[] {
  const taken = new Set(input.mounts.map((mount) => mount.destination));
  const base = baseMounts(input).filter((mount) => !taken.has(mount.destination));
  const files = input.files
    .filter((file) => !taken.has(file.destination))
    .map(({ destination, source }): OciMount => ({ destination, type: 'bind', source, options: ['rbind', 'rprivate'] }));
  const init = input.init
    ? [{ destination: input.init.destination, type: 'bind', source: input.init.source, options: ['bind', 'ro'] } satisfies OciMount]
    : [];
  const user = input.mounts.map(({ destination, type, source, options }): OciMount => ({ destination, type, source, options }));
  const rest = [...files, ...init, ...user];
  rest.sort((a, b) => depth(a.destination) - depth(b.destination));
  return [...base, ...rest];
}

const depth = (path: string): number => path.split('/').filter(Boolean).length;

/** The propagation that the root must have so that the mounts can have theirs. */
export function rootPropagation(mounts: readonly ReadyMount[]): string | undefined {
  const has = (name: string) => mounts.some((mount) => mount.options.includes(name) || mount.options.includes(`r${name}`));
  if (has('shared')) return 'shared';
  return has('slave') ? 'rslave' : undefined;
}
