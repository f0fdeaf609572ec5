import { readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { killPid } from './proc.ts';

/** How this host mounts control groups. */
export interface CgroupHost {
  readonly version: 1 | 2;
  /** v1: controller name to mount point, one entry per controller (`cpu` and `cpuacct` may share one). v2: empty. */
  readonly mounts: Readonly<Record<string, string>>;
  /** All mount points: v1 hierarchies (named ones and a hybrid v2 too), or the one of v2. */
  readonly roots: readonly string[];
}

interface Mounted {
  readonly point: string;
  readonly type: string;
  readonly options: string;
}

/** Control group mounts that can be seen: a later mount hides what was mounted at or below its point before. */
function visibleMounts(mountinfo: string): Mounted[] {
  let visible: Mounted[] = [];
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const point = unescape(before?.split(' ')[4] ?? '');
    if (point === '' || after === undefined) continue;
    const [type = '', , options = ''] = after.split(' ');
    visible = visible.filter((mount) => mount.point !== point && !mount.point.startsWith(point === '/' ? '/' : `${point}/`));
    if (type === 'cgroup' || type === 'cgroup2') visible.push({ point, type, options });
  }
  return visible;
}

/** Reads /proc/self/mountinfo text. Hybrid hosts (v2 mounted beside v1 controllers) count as v1, as crun and runc see them. */
export function parseCgroupMounts(mountinfo: string): CgroupHost {
  const mounts: Record<string, string> = {};
  const roots: string[] = [];
  let unified: string | undefined;
  for (const { point, type, options } of visibleMounts(mountinfo)) {
    if (!roots.includes(point)) roots.push(point);
    if (type === 'cgroup2') {
      unified ??= point;
      continue;
    }
    for (const option of options.split(',')) {
      if (option.startsWith('name=')) mounts[option] ??= point;
      else if (KNOWN_CONTROLLERS.has(option)) mounts[option] ??= point;
    }
  }
  if (unified === '/sys/fs/cgroup' || (unified !== undefined && mounts['memory'] === undefined && mounts['pids'] === undefined)) {
    return { version: 2, mounts: {}, roots: [unified] };
  }
  return { version: 1, mounts, roots };
}

const KNOWN_CONTROLLERS = new Set([
  'cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'perf_event', 'rdma', 'misc',
]);

function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export function readCgroupHost(): CgroupHost {
  return parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/**
 * crun 1.8 refuses a v1 host on which the hugetlb controller exists but is not mounted.
 * @returns the hierarchy to mount (`mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb`), or undefined when all is well
 */
export function missingHugetlb(host: CgroupHost, procCgroups: string): string | undefined {
  if (host.version === 2 || host.mounts['hugetlb'] !== undefined) return undefined;
  return /^hugetlb\s+\d+\s+\d+\s+1$/m.test(procCgroups) ? '/sys/fs/cgroup/hugetlb' : undefined;
}

/** True when limits of this kind can be set: the hierarchy is mounted, or on v2 the root offers the controller. */
export function hasController(host: CgroupHost, name: string): boolean {
  if (host.version === 1) return host.mounts[name] !== undefined;
  return (readCgroup(host, name, '/', 'cgroup.controllers') ?? '').trim().split(' ').includes(name);
}

/** Directories of one control group, v1: in every hierarchy. */
export function cgroupDirs(host: CgroupHost, path: string): string[] {
  return host.roots.map((root) => join(root, path));
}

/** The directory that holds a controller's files for the group. */
export function controllerDir(host: CgroupHost, controller: string, path: string): string | undefined {
  const root = host.version === 2 ? host.roots[0] : host.mounts[controller];
  return root === undefined ? undefined : join(root, path);
}

/** A control group file's text, or undefined when the file or the controller is not there. */
export function readCgroup(host: CgroupHost, controller: string, path: string, file: string): string | undefined {
  const directory = controllerDir(host, controller, path);
  if (directory === undefined) return undefined;
  try {
    return readFileSync(join(directory, file), 'utf8');
  } catch {
    return undefined;
  }
}

/** How often the kernel killed for lack of memory in this group. Readable until the group is removed. */
export function oomKills(host: CgroupHost, path: string): number {
  const file = host.version === 2 ? 'memory.events' : 'memory.oom_control';
  const text = readCgroup(host, 'memory', path, file);
  return Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
}

/** Pids in the group itself (not in groups below it). */
export function cgroupPids(host: CgroupHost, path: string): number[] {
  const text = readCgroup(host, host.version === 2 ? 'cgroup' : 'pids', path, 'cgroup.procs') ?? readCgroup(host, 'devices', path, 'cgroup.procs');
  return (text ?? '').split('\n').filter(Boolean).map(Number);
}

/** SIGKILL to everything in the group; on v2 also in the groups below it, and at once (Linux 5.14). @returns how many were there */
export function killCgroup(host: CgroupHost, path: string): number {
  const pids = cgroupPids(host, path);
  if (host.version === 2 && killAtOnce(host, path)) return pids.length;
  for (const pid of pids) killPid(pid, 'SIGKILL');
  return pids.length;
}

function killAtOnce(host: CgroupHost, path: string): boolean {
  try {
    writeFileSync(join(controllerDir(host, 'cgroup', path) ?? '', 'cgroup.kill'), '1', { flag: 'r+' });
    return true;
  } catch {
    return false; // an older kernel, or no such group
  }
}

/**
 * Removes the group from every hierarchy, groups below it first.
 * @returns false when something still runs in it
 */
export function removeCgroup(host: CgroupHost, path: string): boolean {
  if (path === '' || path === '/') throw new Error('refusing to remove the root control group');
  let removed = true;
  for (const directory of cgroupDirs(host, path)) removed = removeTree(directory) && removed;
  return removed;
}

/** Removes the group where nothing is in it, neither processes nor groups. */
export function removeEmptyCgroup(host: CgroupHost, path: string): void {
  for (const directory of cgroupDirs(host, path)) {
    try {
      rmdirSync(directory);
    } catch {
      // in use, or never made here
    }
  }
}

function removeTree(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return true;
    if (errnoCode(error) !== 'EBUSY' && errnoCode(error) !== 'ENOTEMPTY') return false;
  }
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(directory, entry.name));
    }
    rmdirSync(directory);
    return true;
  } catch (error) {
    return errnoCode(error) === 'ENOENT';
  }
}

/** Stops or lets go every process of the group. @throws Error when the controller is missing */
export async function setFrozen(host: CgroupHost, path: string, frozen: boolean): Promise<void> {
  const v2 = host.version === 2;
  const directory = controllerDir(host, 'freezer', path);
  if (directory === undefined) throw new Error('this host has no freezer control group');
  writeFileSync(join(directory, v2 ? 'cgroup.freeze' : 'freezer.state'), v2 ? (frozen ? '1' : '0') : frozen ? 'FROZEN' : 'THAWED');
  const deadline = Date.now() + 10_000;
  while (isFrozen(host, path) !== frozen) {
    if (Date.now() > deadline) throw new Error(`the processes did not ${frozen ? 'freeze' : 'thaw'} in 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** True once all processes of the group are frozen. */
export function isFrozen(host: CgroupHost, path: string): boolean {
  if (host.version === 2) return /^frozen 1$/m.test(readCgroup(host, 'freezer', path, 'cgroup.events') ?? '');
  return readCgroup(host, 'freezer', path, 'freezer.state')?.trim() === 'FROZEN';
}

/** Names of the groups directly below `path` in any hierarchy: recovery removes those that no container owns. */
export function childCgroups(host: CgroupHost, path: string): string[] {
  const names = new Set<string>();
  for (const directory of cgroupDirs(host, path)) {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) names.add(entry.name);
    } catch {
      // not in this hierarchy
    }
  }
  return [...names];
}
