/**
 * Control groups version 2 on the real kernel. Where the machine itself uses version 1, its version 2 hierarchy is mounted over it in a
 * mount namespace: everything but the controllers, which version 1 holds, is then as on a version 2 machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { signalPid } from '../support/signal.ts';
import { eventually, REPOSITORY, Workspace } from '../support/workspace.ts';

const UNIFIED = 'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && cat /sys/fs/cgroup/cgroup.controllers && echo ready && exec "$@"';
const inUnified = (...command: string[]): string[] => ['--mount', 'sh', '-c', UNIFIED, 'sh', ...command];
const trial = () => spawnSync('unshare', inUnified('true'), { encoding: 'utf8' });

const reason = noContainers() ?? lacks('unshare', 'crun', 'runc', 'docker') ?? (trial().status === 0 ? undefined : 'needs a kernel with cgroup2');
const controllers = reason === undefined ? (trial().stdout.split('\n')[0] ?? '').split(' ') : [];
// crun raises a limit before it loads the device filter; a machine that takes CAP_SYS_RESOURCE from root lets only containers without one start.
const CAP_SYS_RESOURCE = 1n << 24n;
const mayRaiseLimits = (BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`) & CAP_SYS_RESOURCE) !== 0n;

describe.skipIf(reason).each([
  ['crun', !mayRaiseLimits],
  ['runc', false],
])(title('control groups version 2 with %s', reason), (runtime, privileged) => {
  const command: string[] = [];
  const space = new Workspace('cg2', { command });
  space.environment['TSCOMPOSE_OCI_RUNTIME'] = runtime;
  let holder: ChildProcess | undefined; // one namespace for all engines of this suite: they find each other's mounts in it
  beforeAll(async () => {
    holder = spawn('unshare', inUnified('sleep', '100000'), { cwd: space.directory, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout as Readable, 'data');
    command.push('nsenter', '-t', String(holder.pid), '--mount', '--wd', process.execPath, join(REPOSITORY, 'dist', 'tscompose.cjs'));
    importBusybox(space);
  });
  afterAll(() => {
    const left = space.dispose();
    holder?.kill();
    expect(left).toEqual([]);
  });

  /** Looks at the engine's own view of the control groups. */
  const groups = (): string => {
    const root = `/proc/${space.enginePid()}/root/sys/fs/cgroup`;
    const parents = readdirSync(root).filter((name) => name.startsWith('tscompose-'));
    return parents.flatMap((parent) => readdirSync(join(root, parent)).filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => join(root, parent, name)))
      .filter((path) => path.includes(id())).join('\n');
  };
  const id = (): string => space.ok(['ps', '-aq', '--no-trunc', 'web']).stdout.trim();
  const state = (): string => space.docker(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}', 'work-web-1']).stdout.trim();
  const stack = (more: string): string =>
    `services:\n  web:\n    image: busybox\n    command: ["sh", "-c", "i=0; while :; do i=$$((i+1)); echo $$i > /count; sleep 0.02; done"]\n    privileged: ${privileged}\n    cgroup: private\n    stop_grace_period: 0s\n${more}`;
  const count = (): number => Number(space.ok(['exec', '-T', 'web', 'cat', '/count']).stdout);

  it('a container has its own group, is frozen, thawed, measured, restarted and killed through it', async () => {
    expect(space.docker(['info', '-f', '{{.CgroupVersion}} {{.DefaultRuntime}}']).stdout.trim()).toBe(`2 ${runtime}`);
    space.write('compose.yaml', stack('    restart: on-failure:1\n'));
    space.ok(['up', '-d']);
    expect(space.ok(['exec', '-T', 'web', 'cat', '/proc/self/cgroup']).stdout).toMatch(/^0::\/$/m);
    const [group = ''] = groups().split('\n');
    expect(readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n').length).toBeGreaterThanOrEqual(1);

    space.ok(['pause']);
    expect(readFileSync(join(group, 'cgroup.events'), 'utf8')).toContain('frozen 1');
    expect(state()).toMatch(/^paused/);
    expect(JSON.parse(space.ok(['stats', '--no-stream', '--format', 'json']).stdout)).toMatchObject({ Name: 'work-web-1', CPUPerc: expect.stringMatching(/%$/) as string });
    space.ok(['unpause']);
    expect(readFileSync(join(group, 'cgroup.events'), 'utf8')).toContain('frozen 0');
    const before = await eventually('a count', () => count() > 0 && count());
    await eventually('that it goes on', () => count() > before);

    space.ok(['exec', '-T', '-d', 'web', 'sleep', '7000']);
    signalPid(Number(space.docker(['inspect', '-f', '{{.State.Pid}}', 'work-web-1']).stdout));
    await eventually('the restart', () => state() === 'running 0 1');
    space.ok(['kill']);
    await eventually('the end', () => state() === 'exited 137 1');
    await eventually('that its group is gone', () => groups() === '');
    space.ok(['down']);
  });

  it('takes what a nested group holds with the container', async () => {
    space.write('compose.yaml', stack(''));
    space.ok(['up', '-d']);
    const [group = ''] = groups().split('\n');
    const pid = space.docker(['inspect', '-f', '{{.State.Pid}}', 'work-web-1']).stdout.trim();
    // As an init system in a container would: a group below its own, with a process that leads its own session.
    expect(spawnSync('nsenter', ['-t', String(space.enginePid()), '-m', 'sh', '-c', `mkdir "$1/inner" && echo ${pid} > "$1/inner/cgroup.procs"`, 'sh', group.replace(/^\/proc\/\d+\/root/, '')]).status).toBe(0);
    expect(readFileSync(join(group, 'inner/cgroup.procs'), 'utf8')).toContain(`${pid}\n`);
    space.ok(['down']);
    await eventually('that all of it is gone', () => space.ok(['ps', '-aq']).stdout === '' && !readdirSync('/proc').includes(pid));
  });

  it('recovers after the engine was killed', async () => {
    space.write('compose.yaml', stack(''));
    space.ok(['up', '-d']);
    signalPid(space.enginePid());
    await eventually('the end of the engine', () => space.enginePid() === undefined);
    expect(space.ok(['ps', '--format', '{{.State}}']).stdout).toBe('running\n');
    space.ok(['pause']);
    space.ok(['unpause']);
    space.ok(['down']);
    expect(space.docker(['ps', '-aq']).stdout).toBe('');
  });

  it('limits what the machine has controllers for, and says what it discards', () => {
    space.write('compose.yaml', stack('    mem_limit: 64m\n    pids_limit: 20\n'));
    const { output } = space.ok(['up', '-d']);
    for (const [controller, file, value, warning] of [
      ['memory', 'memory.max', String(64 << 20), /does not support memory limit capabilities/],
      ['pids', 'pids.max', '20', /does not support PIDs limit capabilities/],
    ] as const) {
      if (controllers.includes(controller)) expect(readFileSync(join(groups(), file), 'utf8').trim()).toBe(value);
      else expect(output).toMatch(warning);
    }
    expect(state()).toMatch(/^running/);
    space.ok(['down']);
  });
});
