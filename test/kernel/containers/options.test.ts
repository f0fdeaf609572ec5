import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerCreateRequest } from '../../../src/engine-api/index.ts';
import { execIn, exitOf, IMAGE, type Lab, logsOf, openLab } from './support.ts';

let lab: Lab;
let work: string;
beforeAll(async () => {
  lab = await openLab();
  work = mkdtempSync(join(tmpdir(), 'tsc-options-'));
});
afterAll(async () => {
  await lab?.close();
  rmSync(work, { recursive: true, force: true });
});

/** What a shell script prints in a container made with the given options. */
async function says(script: string, more: Partial<ContainerCreateRequest> = {}): Promise<string> {
  const id = await lab.run(['sh', '-c', script], more);
  const code = await exitOf(lab, id);
  const { stdout, stderr } = await logsOf(lab, id);
  await lab.runtime.containers.remove(id, { v: true });
  return stdout + stderr + (code === 0 ? '' : `exit ${code}\n`);
}

describe('the process', () => {
  it('has Docker’s capabilities, a filter, and a set of masked paths', async () => {
    const status = await says('grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/self/status; cat /proc/keys | wc -c; ls /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname');
    expect(status).toMatch(/CapPrm:\s+00000000a80425fb/);
    expect(status).toMatch(/CapEff:\s+00000000a80425fb/);
    expect(status).toMatch(/CapBnd:\s+00000000a80425fb/);
    expect(status).toMatch(/CapInh:\s+0{16}/);
    expect(status).toMatch(/CapAmb:\s+0{16}/);
    expect(status).toMatch(/Seccomp:\s+2/);
    expect(status).toMatch(/NoNewPrivs:\s+0/);
    expect(status).toMatch(/^0\n0\n/m);
    expect(status).toContain('Read-only file system');
  });

  it('is filtered in an exec as well', async () => {
    const id = await lab.run(['sleep', '1000']);
    expect((await execIn(lab, id, ['grep', 'Seccomp:', '/proc/self/status'])).stdout).toMatch(/Seccomp:\s+2/);
    expect((await execIn(lab, id, ['unshare', '-U', 'true'])).exitCode).not.toBe(0);
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('may be refused or given calls by a profile of the user', async () => {
    const profile = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 }] });
    expect(await says('mkdir /tmp/x', { HostConfig: { SecurityOpt: [`seccomp=${profile}`] } })).toContain('Permission denied');
    expect(await says('grep Seccomp: /proc/self/status', { HostConfig: { SecurityOpt: ['seccomp=unconfined'] } })).toMatch(/Seccomp:\s+0/);
  });

  it('gets capabilities added and dropped, and all with privileged', async () => {
    expect(await says('grep CapEff /proc/self/status', { HostConfig: { CapDrop: ['ALL'], CapAdd: ['chown'] } })).toMatch(/0000000000000001/);
    const all = await says('grep CapEff /proc/self/status; ls /dev | wc -l; touch /sys/x 2>&1; echo 0 > /proc/sys/kernel/panic_on_warn && echo wrote', { HostConfig: { Privileged: true } });
    const own = /CapBnd:\s+(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    expect(all).toContain(own);
    expect(all).not.toContain('Read-only file system');
  });

  it('runs as the user with its groups, in its directory, with its home', async () => {
    expect(await says('id; pwd; echo $HOME', { User: 'ann', WorkingDir: '/made/on/the/way' })).toBe(
      'uid=1000(ann) gid=1001(ann) groups=50(staff),1001(ann)\n/made/on/the/way\n/home/ann\n',
    );
    expect(await says('id -u; id -g; id -G', { User: '123:50', HostConfig: { GroupAdd: ['7'] } })).toBe('123\n50\n50 7\n');
    const id = await lab.create(['true'], { User: 'nobody-here' });
    await expect(lab.runtime.containers.start(id)).rejects.toThrow('unable to find user nobody-here: no matching entries in passwd file');
    await lab.runtime.containers.remove(id);
  });

  it('has the environment, host name and limits that were asked for', async () => {
    expect(await says('echo $A $HOSTNAME $(hostname) $PATH; hostname -f 2>/dev/null; cat /etc/hostname', { Env: ['A=b'], Hostname: 'web' })).toContain(
      'b web web /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    );
    expect(await says('ulimit -n; ulimit -Hn', { HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }] } })).toBe('100\n200\n');
    expect(await says('cat /proc/self/oom_score_adj; df -k /dev/shm | tail -1', { HostConfig: { OomScoreAdj: 321, ShmSize: 8 << 20 } })).toMatch(/^321\nshm\s+8192/);
    expect(await says('cat /proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/net/ipv4/ip_unprivileged_port_start', { HostConfig: { Sysctls: { 'net.ipv4.ip_default_ttl': '42' } } })).toBe('42\n0\n');
    expect(await says('grep NoNewPrivs /proc/self/status', { HostConfig: { SecurityOpt: ['no-new-privileges'] } })).toMatch(/NoNewPrivs:\s+1/);
    expect(await says('cat /proc/sys/kernel/domainname', { Domainname: 'example.org' })).toBe('example.org\n');
  });

  it('is limited in memory, processors and processes', async () => {
    const id = await lab.run(['sleep', '1000'], { HostConfig: { Memory: 64 << 20, NanoCpus: 500_000_000, PidsLimit: 77, CpuShares: 512, CpusetCpus: '0' } });
    const { room } = await groupFiles(id);
    expect(room('memory', 'memory.limit_in_bytes', 'memory.max')).toBe(String(64 << 20));
    expect(room('pids', 'pids.max', 'pids.max')).toBe('77');
    expect(room('cpu', 'cpu.cfs_quota_us', 'cpu.max')).toMatch(/^50000/);
    expect(room('cpuset', 'cpuset.cpus', 'cpuset.cpus')).toBe('0');
    await lab.runtime.containers.update(id, { Memory: 96 << 20, MemorySwap: 192 << 20, PidsLimit: 55 });
    expect(room('memory', 'memory.limit_in_bytes', 'memory.max')).toBe(String(96 << 20));
    expect(room('pids', 'pids.max', 'pids.max')).toBe('55');
    expect((await lab.runtime.containers.inspect(id)).HostConfig).toMatchObject({ Memory: 96 << 20, PidsLimit: 55, CpuShares: 512 });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('that eats too much is killed, and that is told', async () => {
    const events: string[] = [];
    const stop = new AbortController();
    const stream = await lab.runtime.system.events({ filters: { type: ['container'] } }, { signal: stop.signal });
    void (async () => {
      for await (const event of stream) events.push(event.Action);
    })();
    const id = await lab.run(['sh', '-c', 'exec tail /dev/zero'], { HostConfig: { Memory: 16 << 20, MemorySwap: 16 << 20 } });
    expect(await exitOf(lab, id)).toBe(137);
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ OOMKilled: true, ExitCode: 137 });
    expect(events).toContain('oom');
    stop.abort();
    await lab.runtime.containers.remove(id);
  });
});

async function groupFiles(id: string): Promise<{ room: (controller: string, v1: string, v2: string) => string }> {
  const { State } = await lab.runtime.containers.inspect(id);
  const lines = readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8').trim().split('\n').map((line) => line.split(':'));
  return {
    room: (controller, v1, v2) => {
      const line = lines.find(([, names = '']) => names.split(',').includes(controller));
      const path = line ? `/sys/fs/cgroup/${controller}${line[2]}/${v1}` : `/sys/fs/cgroup${lines[0]?.[2]}/${v2}`;
      return readFileSync(path, 'utf8').trim();
    },
  };
}

describe('mounts', () => {
  it('of all kinds are there with their modes', async () => {
    const source = join(work, 'bind');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'bound\n');
    const script = 'cat /b/file; touch /b/x; cat /v/seed; touch /v/x && echo volume is writable; touch /t/x && df -k /t | tail -1; ls -d /made; touch /vr/x';
    const output = await says(script, {
      HostConfig: {
        Binds: [`${source}:/b:ro`, 'seeded:/v', `${join(work, 'missing')}:/made`],
        Tmpfs: { '/t': 'size=1m' },
        Mounts: [{ Type: 'volume', Source: 'seeded', Target: '/vr', ReadOnly: true }],
      },
    });
    expect(output).toMatch(/^bound\n/);
    expect(output).toContain('touch: /b/x: Read-only file system');
    expect(output).toContain('volume is writable');
    expect(output).toMatch(/tmpfs\s+1024/);
    expect(output).toContain('/made');
    expect(output).toContain('touch: /vr/x: Read-only file system');
  });

  it('fill a new volume from the image, and none with nocopy', async () => {
    expect(await says('cat /var/data/seed', { HostConfig: { Binds: ['fresh:/var/data'] } })).toBe('from the image\n');
    expect(await says('ls /var/data | wc -l', { HostConfig: { Binds: ['bare:/var/data:nocopy'] } })).toBe('0\n');
    const id = await lab.run(['true'], { Volumes: { '/var/data': {} } });
    await exitOf(lab, id);
    const [mount] = (await lab.runtime.containers.inspect(id)).Mounts;
    expect(mount).toMatchObject({ Type: 'volume', Destination: '/var/data', RW: true });
    expect(readFileSync(join(mount?.Source ?? '', 'seed'), 'utf8')).toBe('from the image\n');
    await lab.runtime.containers.remove(id, { v: true });
    await expect(lab.runtime.volumes.inspect(mount?.Name ?? '')).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('are taken over from another container', async () => {
    const donor = await lab.create(['true'], { HostConfig: { Binds: ['shared:/data'] } }, 'donor');
    expect(await says('touch /data/x', { HostConfig: { VolumesFrom: ['donor:ro'] } })).toContain('Read-only file system');
    await lab.runtime.containers.remove(donor);
  });

  it('of an image are read-only', async () => {
    const output = await says('cat /img/var/data/seed; touch /img/x; cat /part/seed', {
      HostConfig: {
        Mounts: [
          { Type: 'image', Source: 'busybox:test', Target: '/img' },
          { Type: 'image', Source: 'busybox:test', Target: '/part', ImageOptions: { Subpath: 'var/data' } },
        ],
      },
    });
    expect(output).toBe('from the image\ntouch: /img/x: Read-only file system\nfrom the image\n'.replace(/^(.*\n)(touch.*\n)(.*\n)$/s, '$1$3$2'));
  });
});

describe('namespaces', () => {
  it('are the host’s when asked', async () => {
    expect(await says('hostname', { HostConfig: { UTSMode: 'host' } })).toBe(`${hostname()}\n`);
    expect(await says('readlink /proc/self/ns/net', { HostConfig: { NetworkMode: 'host' } })).toBe(`${readNs('net')}\n`);
    expect(await says('readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc', { HostConfig: { PidMode: 'host', IpcMode: 'host' } })).toBe(`${readNs('pid')}\n${readNs('ipc')}\n`);
  });

  it('are another container’s when asked', async () => {
    const donor = await lab.run(['sh', '-c', 'echo hello > /dev/shm/x; exec sleep 1000'], { HostConfig: { IpcMode: 'shareable' } }, 'spaces');
    const { State } = await lab.runtime.containers.inspect(donor);
    const same = { NetworkMode: 'container:spaces', PidMode: 'container:spaces', IpcMode: 'container:spaces' };
    const output = await says('readlink /proc/self/ns/net; readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; cat /dev/shm/x; ps | grep -c "sleep 1000"', { HostConfig: same });
    const expected = ['net', 'pid', 'ipc'].map((name) => readNs(name, State.Pid)).join('\n');
    expect(output).toContain(`${expected}\nhello\n`);
    expect(await says('hostname', { HostConfig: { NetworkMode: 'container:spaces' } })).toBe(`${donor.slice(0, 12)}\n`);
    await lab.runtime.containers.remove(donor, { force: true });
    const orphan = await lab.create(['true'], { HostConfig: { NetworkMode: 'container:spaces' } });
    await expect(lab.runtime.containers.start(orphan)).rejects.toMatchObject({ kind: 'notFound' });
    await lab.runtime.containers.remove(orphan);
  });
});

function readNs(name: string, pid: number | string = 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/${name}`);
}

describe('what cannot be', () => {
  it('is refused with dockerd’s words', async () => {
    const refused = (more: Partial<ContainerCreateRequest>, name?: string) => lab.create(['true'], more, name);
    await expect(refused({}, 'a bad')).rejects.toThrow('Invalid container name (a bad), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed');
    await expect(refused({ Image: 'no-such:image' })).rejects.toMatchObject({ kind: 'notFound', message: 'No such image: no-such:image' });
    await expect(refused({ Cmd: [] })).rejects.toThrow('no command specified');
    await expect(refused({ HostConfig: { Memory: 1000 } })).rejects.toThrow('Minimum memory limit allowed is 6MB');
    await expect(refused({ HostConfig: { Binds: ['a:b'] } })).rejects.toThrow('invalid volume specification');
    await expect(refused({ HostConfig: { Binds: ['/a:/x', '/b:/x'] } })).rejects.toThrow('Duplicate mount point: /x');
    await expect(refused({ HostConfig: { Mounts: [{ Type: 'bind', Source: '/no/such/path', Target: '/x' }] } })).rejects.toThrow(
      'invalid mount config for type "bind": bind source path does not exist: /no/such/path',
    );
    await expect(refused({ HostConfig: { CapAdd: ['NOPE'] } })).rejects.toThrow('invalid capability: "NOPE"');
    await expect(refused({ HostConfig: { SecurityOpt: ['bogus=1'] } })).rejects.toThrow('invalid --security-opt 2: "bogus=1"');
    await expect(refused({ HostConfig: { SecurityOpt: ['bogus'] } })).rejects.toThrow('invalid --security-opt 1: "bogus"');
    await expect(refused({ HostConfig: { Isolation: 'hyperv' } })).rejects.toThrow('Invalid isolation: "hyperv"');
    await expect(refused({ HostConfig: { VolumesFrom: ['nobody:ro'] } })).rejects.toMatchObject({ kind: 'invalid', message: 'No such container: nobody' });
    const other = process.arch === 's390x' ? 'linux/amd64' : 'linux/s390x';
    await expect(lab.runtime.containers.create({ Image: IMAGE, Cmd: ['true'] }, { platform: other })).rejects.toMatchObject({ kind: 'notFound', message: expect.stringContaining(`does not match the specified platform (${other})`) });
    const id = await lab.create(['true'], {}, 'taken');
    await expect(refused({}, 'taken')).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('is already in use by container') });
    await lab.runtime.containers.remove(id);
    const nope = await lab.create(['nope']);
    await expect(lab.runtime.containers.start(nope)).rejects.toThrow('exec: "nope": executable file not found in $PATH');
    expect((await lab.runtime.containers.inspect(nope)).State).toMatchObject({ Status: 'created', ExitCode: 127 });
    await lab.runtime.containers.remove(nope);
    const denied = await lab.create(['/etc/passwd']);
    await expect(lab.runtime.containers.start(denied)).rejects.toThrow('permission denied');
    expect((await lab.runtime.containers.inspect(denied)).State.ExitCode).toBe(126);
    await lab.runtime.containers.remove(denied);
  });
});
