import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventMessage } from '../../../src/engine-api/index.ts';
import { signalPid } from '../../support/signal.ts';
import { execIn, exitOf, type Lab, openLab, until } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

const state = async (id: string) => (await lab.runtime.containers.inspect(id)).State;

/** Events of one container, as they come. */
async function record(id: string): Promise<{ actions: string[]; stop(): void }> {
  const abort = new AbortController();
  const actions: string[] = [];
  const events: AsyncIterable<EventMessage> = await lab.runtime.system.events({ filters: { container: [id] } }, { signal: abort.signal });
  void (async () => {
    for await (const event of events) actions.push(event.Action);
  })();
  return { actions, stop: () => abort.abort() };
}

describe('restart policies', () => {
  it('on-failure tries as often as it may', async () => {
    const id = await lab.run(['sh', '-c', 'exit 9'], { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
    await until('given up', async () => ((await state(id)).Status === 'exited' ? true : undefined));
    expect(await lab.runtime.containers.inspect(id)).toMatchObject({ RestartCount: 2, State: { ExitCode: 9, Restarting: false } });
    await lab.runtime.containers.remove(id);
  });

  it('on-failure leaves a success alone', async () => {
    const id = await lab.run(['true'], { HostConfig: { RestartPolicy: { Name: 'on-failure' } } });
    expect(await exitOf(lab, id)).toBe(0);
    expect(await state(id)).toMatchObject({ Status: 'exited', Restarting: false });
    await lab.runtime.containers.remove(id);
  });

  it('always brings a killed process back, but not a stopped container', async () => {
    const id = await lab.run(['sleep', '1000'], { HostConfig: { RestartPolicy: { Name: 'always' } } });
    const { Pid } = await state(id);
    signalPid(Pid);
    await until('restart', async () => {
      const now = await state(id);
      return now.Status === 'running' && now.Pid !== Pid ? true : undefined;
    });
    expect((await lab.runtime.containers.inspect(id)).RestartCount).toBe(1);
    await lab.runtime.containers.stop(id, { t: 0 });
    expect((await state(id)).Status).toBe('exited');
    await lab.runtime.containers.start(id);
    expect(await lab.runtime.containers.inspect(id)).toMatchObject({ RestartCount: 0, State: { Status: 'running' } });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('can be stopped while it waits for the next try', async () => {
    const id = await lab.run(['false'], { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await until('waiting', async () => ((await state(id)).Status === 'restarting' ? true : undefined));
    expect(await lab.runtime.containers.stop(id)).toBe(true);
    expect((await state(id)).Status).toBe('exited');
    await lab.runtime.containers.remove(id);
  });

  it('goes on after the engine came back', async () => {
    const id = await lab.run(['sleep', '1000'], { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } });
    const stopped = await lab.run(['sleep', '1000'], { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await lab.runtime.containers.stop(stopped, { t: 0 });
    const { Pid } = await state(id);
    await lab.runtime.close();
    signalPid(Pid);
    await until('gone', () => (isGone(Pid) ? true : undefined));
    await lab.reopen();
    await until('running again', async () => ((await state(id)).Status === 'running' ? true : undefined));
    expect((await state(stopped)).Status).toBe('exited');
    await lab.runtime.containers.remove(id, { force: true });
    await lab.runtime.containers.remove(stopped);
  });
});

function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}

describe('health checks', () => {
  const check = (test: string, more = {}) => ({ Healthcheck: { Test: ['CMD-SHELL', test], Interval: 50e6, Timeout: 2e9, Retries: 2, ...more } });

  it('turn healthy and unhealthy, and tell', async () => {
    const id = await lab.create(['sleep', '1000'], check('echo probing; test -e /tmp/ok'));
    const events = await record(id);
    await lab.runtime.containers.start(id);
    expect((await state(id)).Health).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    await execIn(lab, id, ['touch', '/tmp/ok']);
    await until('healthy', async () => ((await state(id)).Health?.Status === 'healthy' ? true : undefined));
    await execIn(lab, id, ['rm', '/tmp/ok']);
    const health = await until('unhealthy', async () => {
      const now = (await state(id)).Health;
      return now?.Status === 'unhealthy' ? now : undefined;
    });
    expect(health.FailingStreak).toBeGreaterThanOrEqual(2);
    expect(health.Log.length).toBeLessThanOrEqual(5);
    expect(health.Log.at(-1)).toMatchObject({ ExitCode: 1, Output: 'probing\n' });
    expect(events.actions.filter((action) => action.startsWith('health_status'))).toEqual(['health_status: healthy', 'health_status: unhealthy']);
    events.stop();
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('end a probe that takes too long, and go on after the engine came back', async () => {
    const id = await lab.run(['sleep', '1000'], check('sleep 777', { Timeout: 100e6 }));
    const health = await until('timeout', async () => {
      const now = (await state(id)).Health;
      return now?.Status === 'unhealthy' ? now : undefined;
    });
    expect(health.Log.at(-1)).toMatchObject({ ExitCode: -1, Output: 'Health check exceeded timeout (100ms)' });
    await until('no probe left', async () => ((await execIn(lab, id, ['sh', '-c', 'ps | grep -c "[s]leep 777"'])).stdout.trim() <= '1' ? true : undefined));
    await lab.reopen();
    const before = (await state(id)).Health?.Log.at(-1)?.Start;
    await until('one more probe', async () => ((await state(id)).Health?.Log.at(-1)?.Start !== before ? true : undefined));
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('use the start interval in the start period', async () => {
    const started = Date.now();
    const id = await lab.run(['sleep', '1000'], check('true', { Interval: 60e9, StartPeriod: 60e9, StartInterval: 100e6 }));
    await until('healthy', async () => ((await state(id)).Health?.Status === 'healthy' ? true : undefined));
    expect(Date.now() - started).toBeLessThan(5000);
    await lab.runtime.containers.remove(id, { force: true });
  });
});

describe('a container', () => {
  it('freezes and goes on', async () => {
    const id = await lab.run(['sh', '-c', 'while :; do echo x >> /tmp/n; usleep 1000; done']);
    await lab.runtime.containers.pause(id);
    expect(await state(id)).toMatchObject({ Status: 'paused', Running: true, Paused: true });
    await expect(lab.runtime.containers.pause(id)).rejects.toMatchObject({ kind: 'conflict' });
    await lab.runtime.containers.unpause(id);
    expect((await state(id)).Status).toBe('running');
    await lab.runtime.containers.pause(id);
    await lab.runtime.containers.stop(id, { t: 0 });
    expect(await state(id)).toMatchObject({ Status: 'exited', ExitCode: 137 });
    await lab.runtime.containers.remove(id);
  });

  it('is removed by itself when asked', async () => {
    const id = await lab.create(['true'], { HostConfig: { AutoRemove: true } });
    const { exit } = await lab.runtime.containers.wait(id, { condition: 'removed' });
    await lab.runtime.containers.start(id);
    expect(await exit).toMatchObject({ StatusCode: 0 });
    await expect(lab.runtime.containers.inspect(id)).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('is told about in the order in which things happen', async () => {
    const id = await lab.create(['sleep', '1000']);
    const events = await record(id);
    await lab.runtime.containers.start(id);
    await lab.runtime.containers.rename(id, 'renamed');
    await lab.runtime.containers.restart(id, { t: 0 });
    await lab.runtime.containers.remove('renamed', { force: true });
    expect(events.actions).toEqual(['start', 'rename', 'kill', 'die', 'stop', 'start', 'restart', 'kill', 'die', 'destroy']);
    events.stop();
  });

  it('waits are answered by the next end only', async () => {
    const id = await lab.run(['true']);
    await exitOf(lab, id);
    const { exit } = await lab.runtime.containers.wait(id, { condition: 'next-exit' });
    await lab.runtime.containers.start(id);
    expect(await exit).toEqual({ StatusCode: 0 });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('shows its processes and its usage', async () => {
    const id = await lab.run(['sleep', '1000'], { HostConfig: { Memory: 32 << 20 } });
    for (let round = 0; round < 8; round++) {
      // At once after the start, when the OCI runtime may not have made way for the program yet.
      const top = await lab.runtime.containers.top(id, { ps_args: '-o pid,args' });
      expect(top.Titles).toEqual(['PID', 'COMMAND']);
      expect(top.Processes.map(([, command]) => command)).toEqual(['sleep 1000']);
      await lab.runtime.containers.restart(id, { t: 0 });
    }
    for await (const stats of await lab.runtime.containers.stats(id, { stream: false, oneShot: true })) {
      expect(stats).toMatchObject({ id, pids_stats: { current: 1 }, memory_stats: { limit: 32 << 20 } });
      expect(stats.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
    }
    await lab.runtime.containers.remove(id, { force: true });
  });
});
