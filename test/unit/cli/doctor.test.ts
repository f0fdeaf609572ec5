import { describe, expect, it } from 'vitest';
import { checkCgroups } from '../../../src/cli/doctor/cgroups.ts';
import { diagnose, isHealthy } from '../../../src/cli/doctor/diagnose.ts';
import { planFixes, runStep } from '../../../src/cli/doctor/fix.ts';
import type { Probe } from '../../../src/cli/doctor/probe.ts';

/** A machine on which everything is fine, with changes. */
function machine(changes: Partial<Probe> & { programs?: readonly string[]; files?: Readonly<Record<string, string>>; fails?: RegExp } = {}): Probe {
  const programs = changes.programs ?? ['crun', 'conmon', 'nft', 'ip', 'git', 'zstd', 'newuidmap', 'unshare', 'apt-get', 'tini-static'];
  const files: Readonly<Record<string, string>> = {
    '/proc/self/status': 'Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n',
    '/proc/self/mountinfo': '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
    '/proc/sys/net/ipv4/ip_forward': '1\n',
    ...Object.fromEntries(['pid', 'mnt', 'net', 'uts', 'ipc'].map((name) => [`/proc/self/ns/${name}`, ''])),
    ...changes.files,
  };
  const { programs: _, files: __, fails = /$^/, ...rest } = changes;
  return {
    uid: 0,
    platform: 'linux',
    nodeVersion: '20.1.0',
    kernelRelease: '6.1',
    dataRoot: '/nowhere/data',
    runRoot: '/nowhere/run',
    readText: (path) => files[path],
    exists: (path) => path in files,
    list: (path) => (path === '/var/lib/apt/lists' ? ['lock', 'partial', 'deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4'] : []),
    which: (name) => (programs.includes(name) ? `/usr/bin/${name}` : undefined),
    free: () => ({ bytes: 50e9, inodes: 1e6 }),
    run: async (argv) => (fails.test(argv.join(' ')) ? { ok: false, output: 'Operation not supported' } : { ok: true, output: `${argv[0]} version 1` }),
    answers: async () => false,
    fileSystem: () => 0xef53,
    environment: {},
    ...rest,
  };
}

const bad = async (probe: Probe) => (await diagnose(probe)).filter((finding) => finding.status !== 'ok');

describe('doctor', () => {
  it('finds nothing on a good machine', async () => {
    const findings = await diagnose(machine());
    expect(findings.filter((finding) => finding.status !== 'ok')).toEqual([]);
    expect(isHealthy(findings)).toBe(true);
  });

  it('says of everything that is not ok why it matters and how to mend it', async () => {
    const worst = machine({ uid: 1000, programs: [], files: { '/proc/self/mountinfo': '' }, free: () => ({ bytes: 1, inodes: 1 }), nodeVersion: '18.0.0' });
    for (const finding of await bad(worst)) {
      expect(finding.reason, finding.id).toBeTruthy();
      expect(finding.mend, finding.id).toBeTruthy();
    }
  });

  it.each([
    ['program.conmon', { programs: ['crun', 'nft', 'ip', 'git', 'zstd', 'newuidmap', 'unshare', 'catatonit'] }],
    ['program.oci-runtime', { programs: ['conmon', 'nft', 'ip', 'git', 'zstd', 'newuidmap', 'unshare', 'catatonit'] }],
    ['program.oci-runtime', { environment: { TSCOMPOSE_OCI_RUNTIME: 'kata' } }],
    ['machine.capabilities', { files: { '/proc/self/status': 'CapEff:\t00000000a80425fb\nSeccomp:\t2\n' } }],
    ['kernel.overlay', { fileSystem: () => 0x794c7630 }],
    ['kernel.overlay', { fails: /mount -t overlay/ }],
    ['kernel.bridge', { fails: /type bridge/ }],
    ['kernel.veth', { fails: /type veth/ }],
    ['kernel.nat.ip', { fails: /nft table ip / }],
    ['machine.root', { uid: 1000 }],
    ['machine.space', { free: () => ({ bytes: 1e6, inodes: 1e6 }) }],
    ['state.layout', { files: { '/nowhere/data/layout': '{"version": 99}' } }],
    ['cgroup.mounted', { files: { '/proc/self/mountinfo': '' } }],
  ])('takes %s for a problem', async (id, changes) => {
    const findings = await bad(machine(changes));
    expect(findings.filter((finding) => finding.status === 'problem').map((finding) => finding.id)).toEqual([id]);
    expect(isHealthy(findings)).toBe(false);
  });

  it('is content with runc', async () => {
    expect(await bad(machine({ programs: ['runc', 'conmon', 'nft', 'ip', 'git', 'zstd', 'newuidmap', 'unshare', 'docker-init'] }))).toEqual([]);
  });

  it('only notes what is optional', async () => {
    const findings = await bad(machine({ programs: ['crun', 'conmon', 'nft', 'unshare', 'docker-init'] }));
    expect(findings.map(({ id, status }) => `${id} ${status}`)).toEqual(['program.git note', 'program.zstd note', 'program.newuidmap note', 'program.ip note']);
  });

  it('finds mounts that no container owns', async () => {
    const line = (id: string): string => `50 24 0:40 / /nowhere/data/snapshots/rw/${id}/merged rw - overlay overlay rw`;
    const files = { '/proc/self/mountinfo': `30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n${line('aa')}\n${line('bb')}\n`, '/nowhere/data/containers/aa/config.json': '{}' };
    const [finding, ...others] = await bad(machine({ files }));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'state.mounts', status: 'advice', detail: '/nowhere/data/snapshots/rw/bb/merged' });
  });
});

describe('doctor on cgroup version 1', () => {
  const mounts = (names: readonly string[]): string => names.map((name, i) => `${40 + i} 30 0:${i} / /sys/fs/cgroup/${name} rw,relatime - cgroup cgroup rw,${name}\n`).join('');
  const known = (hugetlb: 0 | 1): string => `#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t1\t1\nhugetlb\t0\t1\t${hugetlb}\n`;
  const all = ['memory', 'cpu', 'pids', 'devices', 'freezer'];
  const ids = (files: Readonly<Record<string, string>>): string[] => checkCgroups(machine({ files })).filter((finding) => finding.status !== 'ok').map((finding) => finding.id);

  it('asks for the hugetlb hierarchy that crun insists on', () => {
    expect(ids({ '/proc/self/mountinfo': mounts(all), '/proc/cgroups': known(1) })).toEqual(['cgroup.hugetlb']);
    expect(ids({ '/proc/self/mountinfo': mounts([...all, 'hugetlb']), '/proc/cgroups': known(1) })).toEqual([]);
  });

  it('does not ask for what the kernel lacks or has switched off', () => {
    expect(ids({ '/proc/self/mountinfo': mounts(all), '/proc/cgroups': known(0) })).toEqual([]);
  });

  it('names the controllers that are not mounted', () => {
    expect(ids({ '/proc/self/mountinfo': mounts(['memory', 'cpu']), '/proc/cgroups': known(0) })).toEqual(['cgroup.pids', 'cgroup.devices', 'cgroup.freezer']);
  });
});

describe('doctor --fix', () => {
  const steps = async (probe: Probe, wanted: readonly string[] = []) => planFixes(await diagnose(probe, wanted), probe).map((step) => `${step.manual ? '(by hand) ' : ''}${step.argv.join(' ')}`);
  const lacking = ['ip', 'git', 'zstd', 'newuidmap', 'unshare'];

  it('installs everything by one command on Debian', async () => {
    expect(await steps(machine({ programs: [...lacking, 'apt-get'] }))).toEqual(['apt-get install -y --no-install-recommends crun conmon nftables tini']);
  });

  it('fetches the list of packages first where there is none', async () => {
    const fresh = machine({ programs: [...lacking, 'apt-get'], list: () => ['lock', 'partial'] }); // as images of Debian come
    expect((await steps(fresh))[0]).toBe('apt-get update -q');
  });

  it('fetches it anew when an install fails, and tries once more', async () => {
    const probe = machine({ programs: [...lacking, 'apt-get'] });
    const [install] = planFixes(await diagnose(probe), probe);
    for (const outcomes of [[true], [false, true, true], [false, true, false], [false, false]]) {
      const left = [...outcomes];
      const said: string[] = [];
      const done = await runStep(install ?? { why: '', argv: [] }, (argv) => said.push(argv.slice(0, 2).join(' ')), async () => left.shift() ?? false);
      expect(done).toBe(outcomes.at(-1));
      expect(said).toEqual(['apt-get install', 'apt-get update', 'apt-get install'].slice(0, outcomes.length));
    }
  });

  it('leaves other distributions to the user, with the command', async () => {
    expect(await steps(machine({ programs: [...lacking, 'dnf'] }))).toEqual(['(by hand) dnf install -y crun conmon nftables tini-static']);
  });

  it('does not install what is only optional, but what is asked for', async () => {
    const probe = machine({ programs: ['crun', 'conmon', 'nft', 'docker-init', 'unshare', 'apt-get'] });
    expect(await steps(probe)).toEqual([]);
    expect(await steps(probe, ['busybox'])).toEqual(['apt-get install -y --no-install-recommends busybox-static']);
  });

  it('loads modules and mounts hierarchies', async () => {
    expect(await steps(machine({ fails: /mount -t overlay/ }))).toEqual(['modprobe overlay']);
  });
});
