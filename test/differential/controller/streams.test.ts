import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { down, exec, images, kill, logs, ls, pause, port, prefixLines, ps, remove, restart, run, start, stop, top, unpause, up, wait, type LogsOptions } from '../../../src/controller/index.ts';
import { noDockerd, startDockerd, type Dockerd } from '../../support/dockerd.ts';
import { eventually } from '../../support/workspace.ts';
import { dependsOn, type ProjectInput } from '../../unit/controller/model.ts';
import { collect, stackOn, type Stack } from './stack.ts';

const missing = noDockerd();
const SLEEP = { command: ['sleep', '1000'], stop_grace_period: 0 } as const;

describe.skipIf(missing)(`streams and lifecycle on dockerd${missing ? ` (${missing})` : ''}`, () => {
  let dockerd: Dockerd;
  const cleanups: (() => Promise<unknown>)[] = [];
  const stack = (input: Omit<ProjectInput, 'name'>): Stack => stackOn(dockerd.socket, input, cleanups);
  const readLogs = async (s: Stack, options: LogsOptions): Promise<string[]> => {
    const lines: string[] = [];
    await logs(s.context, options, { output: (source, stream, data) => void lines.push(...prefixLines(data, `${source.service} ${stream}: `).toString().trimEnd().split('\n')) });
    return lines;
  };

  beforeAll(async () => void (dockerd = await startDockerd()));
  afterAll(() => dockerd?.stop());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('executes with input, both outputs, user, directory, environment and exit code', async () => {
    const s = stack({ services: { web: SLEEP } });
    await up(s.context);
    const [out, err] = [collect(), collect()];
    const command = ['sh', '-c', 'cat; pwd; echo $X; echo bad >&2; exit 5'];
    const code = await exec(s.context, { service: 'web', command, workdir: '/tmp', env: ['X=y'], user: '65534' }, { stdin: Readable.from(['in\n']), stdout: out.stream, stderr: err.stream });
    expect([code, out.text(), err.text()]).toEqual([5, 'in\n/tmp\ny\n', 'bad\n']);
    await expect(exec(s.context, { service: 'web', index: 2, command: ['true'] }, { stdout: out.stream, stderr: err.stream })).rejects.toThrow('is not running container #2');
  });

  it('runs a one-off container after its dependencies are up, and removes it', async () => {
    const s = stack({ services: { db: SLEEP, web: { ...SLEEP, depends_on: dependsOn('db'), environment: { A: 'file' }, ports: [{ mode: 'ingress', target: 80, protocol: 'tcp' }] } } });
    const out = collect();
    const result = await run(s.context, { service: 'web', command: ['sh', '-c', 'cat; echo $A $B; exit 7'], rm: true, interactive: true, environment: { B: 'flag' } }, { stdin: Readable.from(['in\n']), stdout: out.stream, stderr: out.stream });
    expect([result.exitCode, out.text()]).toEqual([7, 'in\nfile flag\n']);
    expect(result.name).toMatch(new RegExp(`^${s.project.name}-web-run-[0-9a-f]{12}$`));
    expect((await s.containers()).map((c) => c.service)).toEqual(['db']);
  });

  it('leaves nothing behind when a one-off container cannot start', async () => {
    const s = stack({ services: { web: SLEEP } });
    const out = collect();
    await expect(run(s.context, { service: 'web', command: ['/no/such'] }, { stdout: out.stream, stderr: out.stream })).rejects.toThrow(/no such file/);
    expect(await s.containers()).toEqual([]);
  });

  it('reads logs of all services with streams told apart, tails, and keeps a last line without an end', async () => {
    const s = stack({ services: { a: { command: ['sh', '-c', 'echo one; echo two >&2; sleep 0.3; printf three'] }, b: { command: ['echo', 'bee'] } } });
    await up(s.context);
    await wait(s.context, {}).catch(() => 0);
    expect((await readLogs(s, {})).sort()).toEqual(['a stderr: two', 'a stdout: one', 'a stdout: three', 'b stdout: bee']);
    expect(await readLogs(s, { services: ['a'], tail: 1 })).toEqual(['a stdout: three']);
    expect((await readLogs(s, { services: ['b'], timestamps: true }))[0]).toMatch(/^b stdout: \d{4}-\d\d-\d\dT[\d:.]+Z bee$/);
  });

  it('follows containers that start later and that restart, each line once', async () => {
    const s = stack({ services: { again: { command: ['sh', '-c', 'echo run; exit 1'], restart: 'on-failure:2' }, late: { command: ['sh', '-c', 'echo late'] } } });
    const exits: string[] = [];
    const lines: string[] = [];
    let ready = (): void => {};
    const pending = new Promise<void>((resolve) => (ready = resolve)).then(() => up(s.context));
    await logs(s.context, { follow: true, history: false, whilePending: pending }, {
      ready: () => ready(),
      output: (source, _stream, data) => void lines.push(...data.toString().trimEnd().split('\n').map((line) => `${source.service}: ${line}`)),
      exited: (source, code, restarting) => void exits.push(`${source.service} ${code} ${restarting}`),
    });
    await pending;
    expect(lines.filter((line) => line === 'again: run').length).toBe(3);
    expect(lines.filter((line) => line === 'late: late').length).toBe(1);
    expect(exits.sort()).toEqual(['again 1 false', 'again 1 true', 'again 1 true', 'late 0 false']);
  });

  it('ends a follow when it is told to', async () => {
    const s = stack({ services: { web: { command: ['sh', '-c', 'echo up; sleep 1000'], stop_grace_period: 0 } } });
    await up(s.context);
    const controller = new AbortController();
    const seen: string[] = [];
    await logs({ ...s.context, signal: controller.signal }, { follow: true }, { output: (_source, _stream, data) => { seen.push(data.toString()); controller.abort(); } });
    expect(seen).toEqual(['up\n']);
  });

  it('stops, starts, pauses, kills, restarts and removes', async () => {
    const s = stack({ services: { web: { ...SLEEP, depends_on: dependsOn('db') }, db: SLEEP } });
    // dockerd's list can lag a moment behind what it has just done.
    const expectStates = (expected: Record<string, string>) =>
      eventually(JSON.stringify(expected), async () => isDeepStrictEqual(Object.fromEntries((await s.containers()).map((c) => [c.service, c.state])), expected), 10_000);
    await up(s.context);
    expect((await stop(s.context)).steps.map((step) => ('service' in step.action ? step.action.service : ''))).toEqual(['web', 'db']);
    await expectStates({ db: 'exited', web: 'exited' });
    await start(s.context, { services: ['web'], wait: true });
    await expectStates({ db: 'running', web: 'running' });
    await pause(s.context, { services: ['db'] });
    await expectStates({ db: 'paused', web: 'running' });
    await unpause(s.context);
    await kill(s.context, { services: ['db'] });
    await expectStates({ db: 'exited', web: 'running' });
    await restart(s.context, { services: ['db'] });
    await expectStates({ db: 'running', web: 'running' });
    await remove(s.context, { services: ['web'], stop: true });
    await expectStates({ db: 'running' });
  });

  it('works on a project of which only the name is known', async () => {
    const s = stack({ services: { web: { ...SLEEP, depends_on: dependsOn('db') }, db: SLEEP }, volumes: { data: {} } });
    await up(s.context);
    const { engine } = s.context;
    const named = { engine, projectName: s.project.name };
    expect((await stop(named)).steps.map((step) => ('service' in step.action ? step.action.service : ''))).toEqual(['web', 'db']);
    await eventually('both to be listed as exited', async () => isDeepStrictEqual((await ls({ engine }, { all: true })).find((p) => p.name === s.project.name)?.states, { exited: 2 }), 10_000);
    await down(named);
    expect(await s.containers()).toEqual([]);
  });

  it('lists containers, images, ports and processes', async () => {
    const s = stack({ services: { web: { ...SLEEP, ports: [{ mode: 'ingress', target: 80, protocol: 'tcp' }] }, done: { command: ['true'] } } });
    await up(s.context);
    await wait(s.context, { services: ['done'] }).catch(() => 0);
    expect((await ps(s.context)).map((c) => c.service)).toEqual(['web']);
    expect((await ps(s.context, { status: ['exited'] })).map((c) => [c.service, c.exitCode])).toEqual([['done', 0]]);
    expect((await images(s.context)).map((entry) => [entry.service, entry.image?.RepoTags.includes('busybox:latest')])).toEqual([['done', true], ['web', true]]);
    expect((await port(s.context, { service: 'web', port: 80 }))[0]?.port).toBeGreaterThan(1024);
    await expect(port(s.context, { service: 'web', port: 81 })).rejects.toThrow('no port 81/tcp for container');
    expect((await top(s.context))[0]?.top.Processes.length).toBe(1);
  });

  it('ends a job with its exit code when it is waited for', async () => {
    const s = stack({ services: { job: { command: ['sh', '-c', 'sleep 0.5; exit 4'] } } });
    await up(s.context);
    expect(await wait(s.context, { services: ['job'] })).toBe(4);
  });
});
