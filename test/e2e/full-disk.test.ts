/** The data root on a small disk that fills up: the message names the disk, nothing half-made stays, the engine and its containers go on. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { eventually, Workspace } from '../support/workspace.ts';

const reason = noContainers() ?? lacks('mount', 'docker');
const MIB = 1024 ** 2;
const DISK_MIB = 160; // images keep 64 MiB of a disk free

describe.skipIf(reason)(title('a full disk', reason), () => {
  const space = new Workspace('full');
  const filler = join(space.root, 'filler');
  const free = (): number => {
    const { bavail, bsize } = statfsSync(space.root);
    return bavail * bsize;
  };
  /** Leaves less than that. */
  const fill = (leave: number): void => {
    const fd = openSync(filler, 'w');
    try {
      while (free() > leave) writeSync(fd, Buffer.alloc(Math.min(MIB, Math.max(4096, free() - leave))));
    } finally {
      closeSync(fd);
    }
  };
  const FULL = new RegExp(`no space left on device: the disk mounted at ${space.root} (is full|has only \\d+ MiB left)`);
  /** Records of containers, networks, volumes; images; layers. */
  const holdings = (): string[] => ['containers', 'networks', 'volumes', 'images', 'snapshots/rw', 'content/ingest'].map((name) => {
    try {
      return `${name}: ${readdirSync(join(space.root, name)).filter((entry) => !entry.startsWith('.')).length}`;
    } catch {
      return `${name}: 0`;
    }
  });

  beforeAll(() => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', space.root]).status).toBe(0);
    importBusybox(space);
  });
  beforeEach(() => rmSync(filler, { force: true }));
  afterAll(() => {
    rmSync(filler, { force: true });
    const left = space.dispose().filter((line) => !line.startsWith(`tmpfs ${space.root} `));
    spawnSync('umount', ['-l', space.root]);
    rmSync(join(space.root, '..'), { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  const stack = 'services:\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    stop_grace_period: 0s\n    volumes: [data:/data]\nvolumes: {data: {}}\n';

  it('refuses `up` by its name, and lets it through once there is room', () => {
    space.write('compose.yaml', stack);
    const before = holdings();
    fill(0);
    const refused = space.call(['up', '-d']);
    expect(refused.output).toMatch(FULL);
    expect(refused.exitCode).toBe(1);
    expect(holdings()).toEqual(before);
    expect(JSON.parse(space.call(['doctor', '--json']).stdout)).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining({ id: 'machine.space', status: 'problem' })]) as unknown });
    rmSync(filler);
    space.ok(['up', '-d', '--wait']);
    space.ok(['down', '-v']);
  });

  it('lets containers be looked at, stopped and removed, by an engine that started on it', async () => {
    space.write('compose.yaml', stack);
    space.ok(['up', '-d']);
    fill(0);
    space.ok(['engine', 'stop']);
    expect(space.ok(['ps', '--format', '{{.State}}']).stdout).toBe('running\n');
    expect(space.ok(['exec', '-T', 'web', 'echo', 'here']).stdout).toBe('here\n');
    space.ok(['stop']);
    space.ok(['down', '-v']);
    await eventually('that all is removed', () => holdings()[0] === 'containers: 0' && holdings()[4] === 'snapshots/rw: 0');
  });

  it('fails a build step that fills it, keeps nothing of it, and builds when there is room', async () => {
    space.write('b/compose.yaml', 'services:\n  b:\n    build: .\n');
    space.write('b/Dockerfile', 'FROM busybox\nRUN dd if=/dev/zero of=/x bs=1M count=300\n');
    const before = holdings();
    const room = free();
    const failed = space.call(['-f', 'b/compose.yaml', 'build']);
    expect(failed.output).toContain("dd: error writing '/x': No space left on device");
    expect(failed.exitCode).toBe(1);
    await eventually('the room is back', () => free() > room - 2 * MIB);
    expect(holdings()).toEqual(before);
    fill(0);
    space.write('b/Dockerfile', 'FROM busybox\nRUN echo small > /x\n');
    const refused = space.call(['-f', 'b/compose.yaml', 'build']);
    expect(refused.output).toMatch(/no space left on device/i);
    expect(refused.exitCode).toBe(1);
    rmSync(filler);
    space.ok(['-f', 'b/compose.yaml', 'build']);
    space.docker(['rmi', 'b-b']);
  });

  it('takes no image that would fill it', async () => {
    mkdirSync(join(space.directory, 'big'));
    writeFileSync(join(space.directory, 'big', 'file'), Buffer.alloc((DISK_MIB - 10) * MIB, 1));
    const tar = join(space.directory, 'big.tar');
    expect(spawnSync('tar', ['-C', join(space.directory, 'big'), '-cf', tar, '.']).status).toBe(0);
    const before = holdings();
    const room = free();
    const refused = space.docker(['import', tar, 'big']);
    expect(refused.output).toMatch(FULL);
    expect(refused.exitCode).toBe(1);
    await eventually('the room is back', () => free() > room - 2 * MIB);
    expect(holdings()).toEqual(before);
  });

  it('costs a container that floods its log the rest of the log, not its end or its exit code', async () => {
    space.write('log/compose.yaml', 'services:\n  w:\n    image: busybox\n    command: ["sh", "-c", "yes 0123456789 | head -n 2000000; exit 4"]\n');
    fill(2 * MIB);
    space.ok(['-f', 'log/compose.yaml', 'up', '-d']);
    const exit = await eventually('the end', () => {
      const { State, ExitCode } = JSON.parse(space.ok(['-f', 'log/compose.yaml', 'ps', '-a', '--format', 'json']).stdout) as { State: string; ExitCode: number };
      return State === 'exited' && ExitCode;
    }, 60_000);
    expect(exit).toBe(4);
    const lines = space.ok(['-f', 'log/compose.yaml', 'logs', '--no-log-prefix']).stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.length).toBeLessThan(2_000_000);
    expect(lines.slice(0, 1000).every((line) => line === '0123456789')).toBe(true);
    space.ok(['-f', 'log/compose.yaml', 'down']);
  });
});
