/** `kill -9` of the engine at many moments: containers go on, nothing is lost, the next command converges. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noContainers, title } from '../support/host.ts';
import { signalPid } from '../support/signal.ts';
import { Workspace, eventually } from '../support/workspace.ts';
import { importBusybox } from '../support/busybox-image.ts';

const reason = noContainers();

const STACK = `
services:
  a:
    image: busybox
    command: ["sleep", "100000"]
    stop_grace_period: 0s
    networks: [one]
    volumes: ["data:/data"]
  b:
    image: busybox
    command: ["sleep", "100000"]
    stop_grace_period: 0s
    networks: [one, two]
    depends_on: [a]
    restart: always
  c:
    image: busybox
    command: ["sleep", "100000"]
    stop_grace_period: 0s
    depends_on: [b]
    ports: ["127.0.0.1::80"]
networks: {one: {}, two: {}}
volumes: {data: {}}
`;

describe.skipIf(reason)(title('an engine that is killed', reason), () => {
  const space = new Workspace('crash');
  beforeAll(() => importBusybox(space));
  afterAll(() => expect(space.dispose()).toEqual([]));

  const kill = () => {
    const pid = space.enginePid();
    if (pid !== undefined) signalPid(pid);
  };

  /** Runs a command and kills the engine `delayMs` after its start. Resolves when the command has ended, however it ended. */
  const interrupted = (args: string[], delayMs: number, cwd = space.directory) =>
    new Promise<void>((resolve) => {
      const child = space.start(args, { cwd });
      child.stdout?.resume();
      child.stderr?.resume();
      const timer = setTimeout(kill, delayMs);
      child.on('exit', () => {
        clearTimeout(timer); // or it would kill the engine of a later test
        resolve();
      });
    });

  const running = () => space.docker(['ps', '-q', '--no-trunc']).stdout.split('\n').filter(Boolean).sort();

  it('converges whenever it dies during up', async () => {
    space.write('compose.yaml', STACK);
    for (let delayMs = 60; delayMs <= 400; delayMs += 20) {
      await interrupted(['up', '-d'], delayMs);
      space.ok(['up', '-d']);
      expect(running(), `killed after ${delayMs} ms`).toHaveLength(3);
      expect(space.call(['plan']).exitCode, `killed after ${delayMs} ms`).toBe(0);
      space.ok(['down', '-v']);
      expect(space.docker(['ps', '-aq']).stdout).toBe('');
    }
  }, 300_000);

  it('converges whenever it dies during down, and leaves nothing', async () => {
    for (let delayMs = 60; delayMs <= 300; delayMs += 20) {
      space.ok(['up', '-d']);
      await interrupted(['down', '-v'], delayMs);
      space.ok(['down', '-v']);
      expect(space.docker(['ps', '-aq']).stdout, `killed after ${delayMs} ms`).toBe('');
      expect(space.docker(['network', 'ls', '-q', '--filter', 'type=custom']).stdout).toBe('');
      expect(readdirSync(`${space.run}/v/netns`)).toEqual([]);
    }
  }, 300_000);

  it('leaves running containers alone: same processes, same log, ports and names still work', async () => {
    space.write('compose.yaml', STACK);
    space.ok(['up', '-d']);
    const before = running();
    const pids = () => before.map((id) => space.docker(['inspect', '-f', '{{.State.Pid}} {{.RestartCount}}', id]).stdout.trim());
    const first = pids();
    kill();
    await eventually('the engine is dead', () => space.enginePid() === undefined);
    for (const line of first) signalPid(Number(line.split(' ')[0]), 0); // throws when it is gone
    space.ok(['ps']); // wakes a new engine; the docker CLI cannot
    expect(running()).toEqual(before);
    expect(pids()).toEqual(first);
    expect(space.ok(['exec', '-T', 'b', 'ping', '-c', '1', 'a']).exitCode).toBe(0);
    space.ok(['down', '-v']);
  });

  it('loses no log line and no exit code while a container floods its log', async () => {
    const lines = 60_000;
    space.write(
      'flood/compose.yaml',
      `services:\n  w:\n    image: busybox\n    command: ["sh", "-c", "i=0; while [ $$i -lt ${lines} ]; do echo line $$i; i=$$((i+1)); done; exit 7"]\n`,
    );
    const cwd = `${space.directory}/flood`;
    space.ok(['up', '-d'], { cwd });
    for (let round = 0; round < 6; round++) {
      kill();
      space.ok(['ps'], { cwd }); // wakes a new engine
    }
    const state = await eventually('the exit', () => {
      const text = space.ok(['ps', '-a', '--format', 'json'], { cwd }).stdout;
      return text.includes('"exited"') && (JSON.parse(text) as { ExitCode: number });
    }, 60_000);
    expect(state.ExitCode).toBe(7);
    const written = space.ok(['logs', '--no-log-prefix', 'w'], { cwd }).stdout.trimEnd().split('\n');
    expect(written).toHaveLength(lines);
    expect(written.every((line, index) => line === `line ${index}`)).toBe(true);
    space.ok(['down', '-v'], { cwd });
  }, 120_000);

  it('restarts what has a restart policy and died while no engine lived', async () => {
    space.write('again/compose.yaml', 'services:\n  r:\n    image: busybox\n    command: ["sleep", "100000"]\n    restart: always\n    stop_grace_period: 0s\n');
    const cwd = `${space.directory}/again`;
    space.ok(['up', '-d'], { cwd });
    const pid = () => Number(space.docker(['inspect', '-f', '{{.State.Pid}}', 'again-r-1']).stdout.trim());
    const old = await eventually('a process', () => pid() || undefined);
    kill();
    await eventually('the engine is dead', () => space.enginePid() === undefined);
    signalPid(old);
    space.ok(['ps'], { cwd });
    await eventually('a new process', () => pid() > 0 && pid() !== old);
    space.ok(['down'], { cwd });
  });

  it('finishes a build that was interrupted, and keeps no half image', async () => {
    space.write('build/compose.yaml', 'services:\n  b:\n    build: .\n    image: crash-build\n');
    space.write('build/Dockerfile', 'FROM busybox\nRUN echo one > /one\nRUN sleep 0.2; echo two > /two\nCOPY compose.yaml /\nRUN cat /one /two > /three\n');
    const cwd = `${space.directory}/build`;
    for (let delayMs = 80; delayMs <= 560; delayMs += 80) {
      await interrupted(['build', '--no-cache'], delayMs, cwd);
      space.ok(['build'], { cwd });
      const text = space.docker(['run', '--rm', 'crash-build', 'cat', '/three']).stdout;
      expect(text, `killed after ${delayMs} ms`).toBe('one\ntwo\n');
      space.docker(['rmi', 'crash-build']);
    }
  }, 120_000);
});
