import { describe, expect, it } from 'vitest';
import { parseCgroupMounts } from '../../../../src/runtime/host/cgroup.ts';
import { ownProcsFile } from '../../../../src/runtime/host/cgroup-moves.ts';

const V2 = parseCgroupMounts('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
const HYBRID = parseCgroupMounts(`32 31 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
`);

describe('the file of the engine’s own group', () => {
  it('is in the one hierarchy of version 2', () => {
    expect(ownProcsFile(V2, '0::/system.slice/a.service\n')).toBe('/sys/fs/cgroup/system.slice/a.service/cgroup.procs');
  });

  it('is in the first hierarchy of version 1 that is mounted', () => {
    const self = '12:misc:/\n7:cpu,cpuacct:/user:1/x\n3:memory:/m\n0::/unified\n';
    expect(ownProcsFile(HYBRID, self)).toBe('/sys/fs/cgroup/cpu,cpuacct/user:1/x/cgroup.procs');
  });

  it('is not known where the group lies outside of what is mounted', () => {
    expect(ownProcsFile(V2, '0::/../outside\n')).toBeUndefined();
    expect(ownProcsFile(HYBRID, '12:misc:/\n0::/unified\n')).toBeUndefined();
    expect(ownProcsFile(V2, '')).toBeUndefined();
  });
});
