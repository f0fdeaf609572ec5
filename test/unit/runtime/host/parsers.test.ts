import { describe, expect, it } from 'vitest';
import { parseBlkio, parseIoStat, parseNetDev } from '../../../../src/runtime/containers/stats.ts';
import { parsePs } from '../../../../src/runtime/containers/top.ts';
import { missingHugetlb, parseCgroupMounts } from '../../../../src/runtime/host/cgroup.ts';
import { conmonArgs } from '../../../../src/runtime/host/conmon.ts';
import { runtimeMessage } from '../../../../src/runtime/host/oci-runtime.ts';
import { parseSignal } from '../../../../src/runtime/host/run.ts';
import { parseProfile, resolveProfile } from '../../../../src/runtime/host/seccomp.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../../../../src/runtime/host/seccomp-profile.ts';

const UNIFIED = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';
const HYBRID = `31 30 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs ro
32 31 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
35 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
36 31 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
`;

describe('control groups', () => {
  it('are told apart by their mounts', () => {
    expect(parseCgroupMounts(HYBRID + UNIFIED)).toEqual(parseCgroupMounts(UNIFIED)); // mounted over it
    expect(parseCgroupMounts(UNIFIED)).toEqual({ version: 2, mounts: {}, roots: ['/sys/fs/cgroup'] });
    const hybrid = parseCgroupMounts(HYBRID);
    expect(hybrid.version).toBe(1);
    expect(hybrid.mounts).toMatchObject({ cpu: '/sys/fs/cgroup/cpu,cpuacct', cpuacct: '/sys/fs/cgroup/cpu,cpuacct', memory: '/sys/fs/cgroup/memory' });
    expect(hybrid.roots).toHaveLength(5);
  });

  it('of the first version lack hugetlb where the kernel has it unmounted', () => {
    const cgroups = '#subsys_name\thierarchy\tnum_cgroups\tenabled\nhugetlb\t0\t1\t1\n';
    expect(missingHugetlb(parseCgroupMounts(HYBRID), cgroups)).toBe('/sys/fs/cgroup/hugetlb');
    expect(missingHugetlb(parseCgroupMounts(UNIFIED), cgroups)).toBeUndefined();
    expect(missingHugetlb(parseCgroupMounts(HYBRID), 'hugetlb\t0\t1\t0\n')).toBeUndefined();
  });
});

describe('usage', () => {
  it('is read from both versions’ files', () => {
    expect(parseIoStat('254:0 rbytes=10 wbytes=20 rios=1\n')).toEqual([
      { major: 254, minor: 0, op: 'read', value: 10 }, { major: 254, minor: 0, op: 'write', value: 20 },
    ]);
    expect(parseBlkio('8:0 Read 5\n8:0 Total 9\nTotal 9\n')).toEqual([
      { major: 8, minor: 0, op: 'read', value: 5 }, { major: 8, minor: 0, op: 'total', value: 9 },
    ]);
    const net = 'Inter-| Receive\n face |bytes\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0: 10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n';
    expect(parseNetDev(net)).toEqual({ eth0: { rx_bytes: 10, rx_packets: 2, rx_errors: 3, rx_dropped: 4, tx_bytes: 50, tx_packets: 6, tx_errors: 7, tx_dropped: 8 } });
  });

  it('of processes keeps commands with blanks whole', () => {
    expect(parsePs('  PID USER COMMAND\n    7 root sleep 10 20\n    8 ann x\n', new Set([7]))).toEqual({
      Titles: ['PID', 'USER', 'COMMAND'], Processes: [['7', 'root', 'sleep 10 20']],
    });
    expect(() => parsePs('USER\nroot\n', new Set([7]))).toThrow("Couldn't find PID field in ps output");
  });
});

describe('signals', () => {
  it.each([['SIGTERM', 15], ['term', 15], ['9', 9], ['RTMIN+3', 37], ['SIGRTMAX-1', 63], ['0', undefined], ['65', undefined], ['nope', undefined]])('%s is %s', (text, number) => {
    expect(parseSignal(text)).toBe(number);
  });
});

describe('the seccomp profile', () => {
  const names = (caps: string[], arch = 'x64', kernel = '6.1.0'): Set<string> =>
    new Set(resolveProfile(DEFAULT_SECCOMP_PROFILE, { caps, arch, kernel }).syscalls.filter((rule) => rule.action === 'SCMP_ACT_ALLOW').flatMap((rule) => rule.names));

  it('opens calls with the capabilities that they need', () => {
    expect(names([]).has('mount')).toBe(false);
    expect(names(['CAP_SYS_ADMIN']).has('mount')).toBe(true);
    expect(names([]).has('chroot')).toBe(false);
    expect(names(['CAP_SYS_CHROOT']).has('chroot')).toBe(true);
    for (const never of ['kexec_load', 'io_uring_setup', 'keyctl', 'userfaultfd']) expect(names(['CAP_SYS_ADMIN', 'CAP_SYS_MODULE']).has(never)).toBe(false);
  });

  it('follows kernel and architecture', () => {
    expect(names([], 'x64', '4.7.9').has('ptrace')).toBe(false);
    expect(names([], 'arm64').has('arch_prctl')).toBe(false);
    expect(resolveProfile(DEFAULT_SECCOMP_PROFILE, { caps: [], arch: 'x64', kernel: '6.1' }).architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  });

  it('of a user may be in the old form, and must be a profile', () => {
    expect(parseProfile('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"mkdir","action":"SCMP_ACT_ERRNO"}]}').syscalls?.[0]?.names).toEqual(['mkdir']);
    expect(() => parseProfile('{')).toThrow('Decoding seccomp profile failed');
    expect(() => parseProfile('{}')).toThrow('defaultAction is missing');
  });
});

describe('conmon', () => {
  it('is told what it needs, and stdin only when it is wanted', () => {
    const runtime = { kind: 'crun', path: '/usr/bin/crun', program: '/usr/bin/crun', version: '1', stateRoot: '/s', takesSeccompBpf: true } as const;
    const request = { id: 'i', name: 'n', bundle: '/b', logFile: '/l', exitDir: '/e', tty: false, stdin: false, leaveStdinOpen: true };
    expect(conmonArgs(runtime, request).join(' ')).toBe(
      '-c i -u i -n n -r /usr/bin/crun --runtime-arg --root --runtime-arg /s -b /b -p /b/pid -P /b/conmon.pid -l k8s-file:/l --exit-dir /e --full-attach --no-sync-log',
    );
    expect(conmonArgs(runtime, { ...request, stdin: true, tty: true, logFile: undefined }).join(' ')).toMatch(/-l off .* -i --leave-stdin-open -t$/);
    expect(conmonArgs(runtime, { ...request, exitCommand: ['/bin/x', 'a', 'b'] }).slice(-6)).toEqual(['--exit-command', '/bin/x', '--exit-command-arg', 'a', '--exit-command-arg', 'b']);
  });

  it('and the runtimes say what went wrong in a last line', () => {
    expect(runtimeMessage('2026-01-01T00:00:00.1Z executable file `x` not found\n')).toBe('executable file `x` not found');
    expect(runtimeMessage('time="2026" level=error msg="exec: \\"x\\": no"\n')).toBe('exec: "x": no');
  });
});
