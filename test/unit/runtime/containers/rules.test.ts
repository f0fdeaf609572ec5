import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/base/index.ts';
import type { Health, HealthConfig } from '../../../../src/engine-api/index.ts';
import { DEFAULT_CAPS, effectiveCaps, normalizeCap } from '../../../../src/runtime/containers/capabilities.ts';
import { boundingSet } from '../../../../src/runtime/host/bounding-set.ts';
import { DetachScanner, parseDetachKeys } from '../../../../src/runtime/containers/detach-keys.ts';
import { afterProbe, probeCommand, probeDelay } from '../../../../src/runtime/containers/health.ts';
import { createError } from '../../../../src/runtime/containers/launch.ts';
import { mergeImageConfig } from '../../../../src/runtime/containers/merge-image.ts';
import { parseBind, parseMount, wantedMounts } from '../../../../src/runtime/containers/mount-spec.ts';
import { INITIAL_STATE } from '../../../../src/runtime/containers/record.ts';
import { processEnv } from '../../../../src/runtime/containers/spec.ts';
import { parseDeviceRule } from '../../../../src/runtime/containers/spec-devices.ts';
import { ociResources } from '../../../../src/runtime/containers/spec-resources.ts';
import { statusText } from '../../../../src/runtime/containers/status-text.ts';
import { resolveUser } from '../../../../src/runtime/containers/users.ts';

describe('resolveUser', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\n# no one\nann:x:1000:1001::/home/ann:\n7:x:70:70::/seven:\n';
  const group = 'root:x:0:\nstaff:x:50:ann,bob\nann:x:1001:\naudio:x:29:ann\n';

  it.each([
    ['', { uid: 0, gid: 0, additionalGids: [0], home: '/root' }],
    ['ann', { uid: 1000, gid: 1001, additionalGids: [1001, 50, 29], home: '/home/ann' }],
    ['1000', { uid: 1000, gid: 1001, additionalGids: [1001, 50, 29], home: '/home/ann' }],
    ['ann:audio', { uid: 1000, gid: 29, additionalGids: [29], home: '/home/ann' }],
    ['ann:77', { uid: 1000, gid: 77, additionalGids: [77], home: '/home/ann' }],
    ['4321', { uid: 4321, gid: 0, additionalGids: [0] }],
    ['7', { uid: 70, gid: 70, additionalGids: [70], home: '/seven' }],
  ])('%j is %o', (spec, expected) => {
    expect(resolveUser(spec, passwd, group)).toEqual(expected);
  });

  it('adds groups by name and number, and refuses names that are not there', () => {
    expect(resolveUser('ann', passwd, group, ['audio', '5']).additionalGids).toEqual([1001, 50, 29, 5]);
    expect(() => resolveUser('bob', passwd, group)).toThrow('unable to find user bob: no matching entries in passwd file');
    expect(() => resolveUser('ann:bobs', passwd, group)).toThrow('unable to find group bobs: no matching entries in group file');
    expect(() => resolveUser('4294967295', undefined, undefined)).toThrow('uids and gids must be in range 0-2147483647');
  });
});

describe('what the OCI runtime says of a container that it cannot make', () => {
  const said = (message: string): unknown => createError('prog', new EngineError('internal', message));

  it.each([
    ['open `/proc/12/ns/net`: No such file or directory', 'cannot join the net namespace of a container that has just ended'],
    ["error stat'ing file `/run/ts/v/c/0123456789ab/resolv.conf`: No such file or directory", 'cannot join the net namespace of a container that has just ended'],
    ['lstat /proc/12/ns/ipc: no such file or directory', 'cannot join the ipc namespace of a container that has just ended'],
  ])('%s: a conflict', (message, expected) => expect(said(message)).toMatchObject({ kind: 'conflict', message: expected }));

  it.each([
    ['executable file `prog` not found in $PATH', 'exec: "prog": executable file not found in $PATH'],
    ['open executable: Permission denied', 'exec: "prog": permission denied'],
  ])('%s: the request is at fault', (message, expected) => expect(said(message)).toMatchObject({ kind: 'invalid', message: expect.stringContaining(expected) }));

  it('else it is passed on', () => expect(said('no idea')).toMatchObject({ kind: 'internal', message: expect.stringMatching(/OCI runtime create failed: no idea$/) }));
});

describe('capabilities', () => {
  const available = boundingSet(`CapBnd:\t${'1fffffeffff'.padStart(16, '0')}`);

  it('of this engine bound what it gives', () => {
    expect(available).not.toContain('CAP_SYS_MODULE');
    expect(effectiveCaps(['SYS_MODULE'], [], false, available)).not.toContain('CAP_SYS_MODULE');
    expect(effectiveCaps([], [], true, available)).toEqual(available);
  });

  it('are added to the defaults, dropped from them, and start from all or nothing', () => {
    expect(effectiveCaps([], [], false, available)).toEqual(DEFAULT_CAPS);
    expect(effectiveCaps(['net_admin'], ['CHOWN'], false, available)).toEqual([...DEFAULT_CAPS.slice(1), 'CAP_NET_ADMIN']);
    expect(effectiveCaps(['KILL'], ['ALL'], false, available)).toEqual(['CAP_KILL']);
    expect(effectiveCaps(['ALL'], ['CAP_KILL'], false, available)).toEqual(available.filter((cap) => cap !== 'CAP_KILL'));
    expect(() => normalizeCap('no_such')).toThrow('invalid capability: "no_such"');
  });
});

describe('mounts', () => {
  it('in the short form are binds, volumes and anonymous volumes', () => {
    expect(parseBind('/a/../b:/c/:ro,rslave')).toMatchObject({ type: 'bind', source: '/b', destination: '/c', readonly: true, propagation: 'rslave' });
    expect(parseBind('data:/c:nocopy')).toMatchObject({ type: 'volume', source: 'data', copy: false });
    expect(parseBind('/c')).toMatchObject({ type: 'volume', source: '', anonymous: true, destination: '/c' });
  });

  it.each(['', ':/a', 'a:b', '/a:/b:c:d', '/a:/', '/a:/b:rofl', 'a b:/c', 'data:/c:rshared', '/a:/c:nocopy'])('%j is refused', (text) => {
    expect(() => parseBind(text)).toThrow(/invalid/);
  });

  it('give way to others at the same place: the image to all, and none may be doubled', () => {
    const mounts = wantedMounts(
      { Volumes: { '/a': {}, '/b': {}, '/c': {} } },
      { Binds: ['x:/a'], Tmpfs: { '/d': 'size=1m' } },
      [{ type: 'volume', source: 'other', destination: '/b', readonly: false, mode: '', propagation: '' }, { type: 'volume', source: 'lost', destination: '/a', readonly: false, mode: '', propagation: '' }],
    );
    expect(mounts.map(({ destination, source }) => `${destination}=${source}`)).toEqual(['/b=other', '/a=x', '/d=', '/c=']);
    expect(() => wantedMounts({}, { Binds: ['x:/a'], Tmpfs: { '/a': '' } }, [])).toThrow('Duplicate mount point: /a');
  });

  it('in the long form know what belongs to which type', () => {
    expect(() => parseMount({ Type: 'tmpfs', Source: 'x', Target: '/a' })).toThrow('field Source must not be specified');
    expect(() => parseMount({ Type: 'volume', Source: 'v', Target: '/a', VolumeOptions: { Subpath: '../x' } })).toThrow('subpath');
    expect(parseMount({ Type: 'tmpfs', Target: '/a', TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 } }).options).toEqual(['noexec', 'nosuid', 'nodev', 'size=4096', 'mode=700']);
  });
});

describe('mergeImageConfig', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['default'], Env: ['A=image', 'B=image'], Labels: { a: 'image', b: 'image' }, User: 'app', WorkingDir: '/w', Healthcheck: { Test: ['CMD', 'x'], Retries: 5 } };

  it('keeps the command of the image unless another, or an entrypoint, was asked for', () => {
    expect(mergeImageConfig({}, image)).toMatchObject({ Entrypoint: ['/entry'], Cmd: ['default'], User: 'app', WorkingDir: '/w' });
    expect(mergeImageConfig({ Cmd: ['mine'] }, image)).toMatchObject({ Entrypoint: ['/entry'], Cmd: ['mine'] });
    expect(mergeImageConfig({ Entrypoint: ['/mine'] }, image)).toMatchObject({ Entrypoint: ['/mine'], Cmd: null });
    expect(mergeImageConfig({ Entrypoint: [''], Cmd: ['sh'] }, image)).toMatchObject({ Entrypoint: [], Cmd: ['sh'] });
  });

  it('joins environment, labels and health checks; the request wins', () => {
    const merged = mergeImageConfig({ Env: ['B=mine', 'C=mine'], Labels: { b: 'mine' }, Healthcheck: { Interval: 7e9 } }, image);
    expect(merged.Env).toEqual(['B=mine', 'C=mine', 'A=image']);
    expect(merged.Labels).toEqual({ a: 'image', b: 'mine' });
    expect(merged.Healthcheck).toEqual({ Test: ['CMD', 'x'], Retries: 5, Interval: 7e9 });
  });
});

describe('health checks', () => {
  const config: HealthConfig = { Test: ['CMD', 'x'], Interval: 30e9, StartPeriod: 10e9, StartInterval: 1e9, Retries: 2 };
  const started = '2026-01-01T00:00:00Z';
  const probe = (ExitCode: number, second: number) => ({ Start: new Date(Date.parse(started) + second * 1000).toISOString(), End: '', ExitCode, Output: '' });
  const starting: Health = { Status: 'starting', FailingStreak: 0, Log: [] };

  it('forgive failures in the start period, until the first success', () => {
    const early = afterProbe(config, starting, probe(1, 5), started);
    expect(early).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    const healthy = afterProbe(config, early, probe(0, 6), started);
    expect(healthy.Status).toBe('healthy');
    const once = afterProbe(config, healthy, probe(1, 7), started);
    expect(once).toMatchObject({ Status: 'healthy', FailingStreak: 1 });
    expect(afterProbe(config, once, probe(1, 8), started)).toMatchObject({ Status: 'unhealthy', FailingStreak: 2 });
  });

  it('keep the last five results', () => {
    let health = starting;
    for (let i = 0; i < 9; i++) health = afterProbe(config, health, probe(i, 100), started);
    expect(health.Log.map(({ ExitCode }) => ExitCode)).toEqual([4, 5, 6, 7, 8]);
  });

  it('come often while starting', () => {
    expect(probeDelay(config, 'starting', 5000)).toBe(1000);
    expect(probeDelay(config, 'healthy', 5000)).toBe(30_000);
    expect(probeDelay(config, 'starting', 10_000)).toBe(30_000);
    expect(probeDelay({}, 'starting', 0)).toBe(30_000);
  });

  it('run through the shell when written so', () => {
    expect(probeCommand({ Test: ['CMD-SHELL', 'a && b'] }, undefined)).toEqual(['/bin/sh', '-c', 'a && b']);
    expect(probeCommand({ Test: ['CMD-SHELL', 'a'] }, ['/bin/bash', '-ec'])).toEqual(['/bin/bash', '-ec', 'a']);
    expect(probeCommand({ Test: ['NONE'] }, undefined)).toBeUndefined();
  });
});

describe('detach keys', () => {
  it('are found across chunks, and what only began like them is passed on', () => {
    const scanner = new DetachScanner(parseDetachKeys(undefined));
    expect(scanner.push(Buffer.from('ab\x10'))).toEqual({ pass: Buffer.from('ab'), detached: false });
    expect(scanner.push(Buffer.from('x\x10'))).toEqual({ pass: Buffer.from('\x10x'), detached: false });
    expect(scanner.push(Buffer.from('\x11'))).toEqual({ pass: Buffer.alloc(0), detached: true });
    expect([...parseDetachKeys('ctrl-@,a,ctrl-_')]).toEqual([0, 97, 31]);
    expect(() => parseDetachKeys('ctrl-ü')).toThrow('invalid detach keys');
  });
});

describe('what people read', () => {
  it('names the state, its health and its exit code', () => {
    const now = Date.parse('2026-01-01T00:05:00Z');
    const at = '2026-01-01T00:00:00Z';
    expect(statusText({ ...INITIAL_STATE, status: 'running', startedAt: at, health: { Status: 'starting', FailingStreak: 0, Log: [] } }, now)).toBe('Up 5 minutes (health: starting)');
    expect(statusText({ ...INITIAL_STATE, status: 'paused', startedAt: at }, now)).toBe('Up 5 minutes (Paused)');
    expect(statusText({ ...INITIAL_STATE, status: 'exited', exitCode: 137, finishedAt: at }, now)).toBe('Exited (137) 5 minutes ago');
    expect(statusText({ ...INITIAL_STATE, status: 'restarting', exitCode: 1, finishedAt: at }, now)).toBe('Restarting (1) 5 minutes ago');
  });
});

describe('the specification', () => {
  it('has the environment in Docker’s order of precedence', () => {
    expect(processEnv(['A=1', 'PATH=/mine', 'TERM', 'A=2'], { hostname: 'h', tty: true, home: '/home/u' })).toEqual(['PATH=/mine', 'HOSTNAME=h', 'A=2']);
  });

  it('gives a user that no password file lists the root as its home', () => {
    expect(processEnv(['PATH=/bin'], { tty: false, home: undefined })).toEqual(['PATH=/bin', 'HOME=/']);
    expect(processEnv(['PATH=/bin', 'HOME=/h'], { tty: false, home: undefined })).toEqual(['PATH=/bin', 'HOME=/h']);
  });

  it('leaves out limits that this host would choke on', () => {
    const limits = { Memory: 100, MemorySwap: 200, BlkioWeight: 500, NanoCpus: 1.5e9, PidsLimit: 0 };
    expect(ociResources(limits, { blkioWeight: false, swap: false })).toEqual({ memory: { limit: 100 }, cpu: { period: 100_000, quota: 150_000 } });
    expect(ociResources(limits, { blkioWeight: true, swap: true })).toMatchObject({ memory: { swap: 200 }, blockIO: { weight: 500 } });
    const missing = ['memory', 'pids', 'cpu', 'cpuset'] as const;
    expect(ociResources({ ...limits, PidsLimit: 5, CpusetCpus: '0' }, { blkioWeight: false, swap: false, missing })).toEqual({});
    expect(ociResources({ ...limits, PidsLimit: 5, CpusetCpus: '0' }, { blkioWeight: false, swap: false, missing: ['cpu', 'memory'] })).toEqual({ cpu: { cpus: '0' }, pids: { limit: 5 } });
  });

  it('reads device rules', () => {
    expect(parseDeviceRule('c 189:* rwm')).toEqual({ allow: true, type: 'c', major: 189, access: 'rwm' });
    expect(() => parseDeviceRule('c 1:2 x')).toThrow('invalid device cgroup rule format');
  });
});
