/** One stack with each OCI runtime: started, checked, limited, restarted, logged, stopped. Also what CI runs on the newest Node. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { without } from '../support/without.ts';
import { eventually, REPOSITORY, Workspace } from '../support/workspace.ts';

const reason = noContainers() ?? lacks('crun', 'runc', 'docker');
const tscompose = [process.execPath, join(REPOSITORY, 'dist', 'tscompose.cjs')];

const STACK = `
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo started; trap 'echo stopped; exit 0' TERM; while :; do sleep 0.1; done"]
    healthcheck: {test: ["CMD", "test", "-e", "/tmp/ready"], interval: 100ms}
  limited:
    image: busybox
    command: ["sleep", "1000"]
    mem_limit: 16m
  crowded: # for itself: nobody reaps what its shell leaves, and the dead count
    image: busybox
    command: ["sleep", "1000"]
    pids_limit: 10
  flaky:
    image: busybox
    command: ["sh", "-c", "echo another run; exit 3"]
    restart: on-failure:2
`;

describe.skipIf(reason).each([
  ['crun', 'preferred', tscompose],
  ['runc', 'where crun is not installed', without(['crun'], tscompose)],
])(title('a stack with %s, %s', reason), (runtime, _why, command) => {
  const space = new Workspace('oci', { command });
  delete space.environment['TSCOMPOSE_OCI_RUNTIME'];
  beforeAll(() => importBusybox(space));
  afterAll(() => expect(space.dispose()).toEqual([]));

  it('lives as it should', async () => {
    expect(space.docker(['info', '-f', '{{.DefaultRuntime}}']).stdout.trim()).toBe(runtime);
    space.write('compose.yaml', STACK);
    space.ok(['up', '-d']);
    const web = () => JSON.parse(space.ok(['ps', '-a', '--format', 'json', 'web']).stdout) as { State: string; Health: string; ExitCode: number };

    expect(space.ok(['exec', '-T', 'web', 'grep', 'Seccomp:', '/proc/1/status']).stdout).toBe('Seccomp:\t2\n');
    space.ok(['exec', '-T', 'web', 'touch', '/tmp/ready']);
    await eventually('health', () => web().Health === 'healthy');
    expect(space.call(['exec', '-T', 'web', 'sh', '-c', 'exit 5']).exitCode).toBe(5);
    expect(space.call(['exec', '-T', 'web', 'no-such-program'])).toMatchObject({ exitCode: 127, output: expect.stringContaining('no-such-program') as string });
    expect(space.call(['exec', '-T', 'crowded', 'sh', '-c', 'for i in $(seq 20); do sleep 1 & done']).output).toMatch(/can't fork/);
    expect(space.call(['exec', '-T', 'limited', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=32M', 'count=1']).exitCode).toBe(137);

    await eventually('two restarts', () => space.docker(['inspect', '-f', '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}', 'work-flaky-1']).stdout.trim() === '2 exited 3');
    expect(space.ok(['logs', '--no-log-prefix', 'flaky']).stdout).toBe('another run\n'.repeat(3));

    space.ok(['stop', 'web']);
    expect(web()).toMatchObject({ State: 'exited', ExitCode: 0 });
    expect(space.ok(['logs', '--no-log-prefix', 'web']).stdout).toBe('started\nstopped\n');
    space.ok(['start', 'web']);
    expect(web().State).toBe('running');
    space.ok(['kill', 'web', 'limited', 'crowded']);
    await eventually('the end by SIGKILL', () => web().ExitCode === 137);
    space.ok(['down']);
    expect(space.docker(['ps', '-aq']).stdout).toBe('');
  });
});
