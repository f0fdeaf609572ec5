/** Control groups: version 2, version 1, or both at once (hybrid). */
import type { Finding } from './finding.ts';
import type { Probe } from './probe.ts';

const LIMITS = [
  ['memory', 'memory limits', 'advice'],
  ['cpu', 'cpu limits', 'advice'],
  ['pids', 'limits of processes', 'advice'],
] as const;

interface Hierarchy {
  readonly path: string;
  readonly type: string;
  readonly options: readonly string[];
}

export function checkCgroups(probe: Probe): Finding[] {
  const mounts = cgroupMounts(probe.readText('/proc/self/mountinfo') ?? '');
  const unified = mounts.find((mount) => mount.type === 'cgroup2' && mount.path === '/sys/fs/cgroup');
  if (unified) return checkUnified(probe, unified.path);
  const legacy = mounts.filter((mount) => mount.type === 'cgroup');
  if (legacy.length === 0) {
    return [{ id: 'cgroup.mounted', title: 'control groups', status: 'problem', reason: 'processes of a container are kept together and limited with them', mend: 'mount -t cgroup2 none /sys/fs/cgroup', fix: { kind: 'run', commands: [['mount', '-t', 'cgroup2', 'none', '/sys/fs/cgroup']] } }];
  }
  return checkLegacy(probe, legacy, mounts.some((mount) => mount.type === 'cgroup2'));
}

function checkUnified(probe: Probe, path: string): Finding[] {
  const controllers = (probe.readText(`${path}/cgroup.controllers`) ?? '').trim().split(/\s+/);
  const findings = LIMITS.map(([name, use, status]) => controllerFinding(name, use, status, controllers.includes(name), 'cgroup_enable=memory swapaccount=1 on the kernel command line'));
  return [{ id: 'cgroup.version', title: 'control groups', status: 'ok', detail: 'version 2' }, ...findings];
}

function checkLegacy(probe: Probe, mounts: readonly Hierarchy[], isHybrid: boolean): Finding[] {
  const findings: Finding[] = [{ id: 'cgroup.version', title: 'control groups', status: 'ok', detail: isHybrid ? 'version 1 with an empty version 2 (hybrid)' : 'version 1' }];
  const isMounted = (name: string): boolean => mounts.some((mount) => mount.options.includes(name));
  for (const [name, use, status] of LIMITS) {
    findings.push(controllerFinding(name, use, status, isMounted(name), `mount -t cgroup -o ${name} cgroup /sys/fs/cgroup/${name}`, mountFix(name)));
  }
  for (const name of ['devices', 'freezer']) {
    findings.push(controllerFinding(name, name === 'devices' ? 'access to devices' : 'pause and unpause', 'advice', isMounted(name), `mount -t cgroup -o ${name} cgroup /sys/fs/cgroup/${name}`, mountFix(name)));
  }
  const hugetlb = knownControllers(probe).has('hugetlb') && !isMounted('hugetlb');
  if (hugetlb) {
    findings.push({
      id: 'cgroup.hugetlb',
      title: 'cgroup hierarchy hugetlb',
      status: 'problem',
      detail: 'known to the kernel, but not mounted',
      reason: 'crun refuses to start containers on a version 1 machine without it',
      mend: 'mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb',
      fix: mountFix('hugetlb'),
    });
  }
  return findings;
}

function mountFix(name: string): NonNullable<Finding['fix']> {
  const path = `/sys/fs/cgroup/${name}`;
  return { kind: 'run', commands: [['mkdir', '-p', path], ['mount', '-t', 'cgroup', '-o', name, 'cgroup', path]] };
}

function controllerFinding(name: string, use: string, status: 'problem' | 'advice', isThere: boolean, mend: string, fix?: Finding['fix']): Finding {
  const base = { id: `cgroup.${name}`, title: `cgroup controller ${name}` };
  return isThere ? { ...base, status: 'ok' } : { ...base, status, reason: `without it there are no ${use}`, mend, ...(fix && { fix }) };
}

/** Controllers that the kernel has and that are not switched off. @see proc_cgroups(5): name, hierarchy, number, enabled */
function knownControllers(probe: Probe): Set<string> {
  const lines = (probe.readText('/proc/cgroups') ?? '').split('\n').map((line) => line.split('\t'));
  return new Set(lines.filter((fields) => fields[3] === '1').map((fields) => fields[0] ?? ''));
}

/** @see proc_pid_mountinfo(5): `36 35 98:0 /root /mountpoint options [tags] - type source superoptions` */
function cgroupMounts(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const match = /^\S+ \S+ \S+ \S+ (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line);
    return match ? [{ path: match[1] ?? '', type: match[2] ?? '', options: (match[3] ?? '').split(',') }] : [];
  });
}
