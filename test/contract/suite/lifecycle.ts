import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/workspace.ts';
import { type Contract, fails, IMAGE } from './context.ts';

/** Create, start, stop, kill, restart, remove, inspect, list. */
export function lifecycleContract(c: Contract): void {
  describe('a container', () => {
    it('is created with what was asked and inspected by id, prefix and name', async () => {
      const name = c.name();
      const id = await c.create('exit 0', { Env: ['A=b'], WorkingDir: '/tmp', Labels: { k: 'v' }, Hostname: 'box', HostConfig: { Memory: 64 << 20, RestartPolicy: { Name: 'no' } } }, name);
      const inspect = await c.engine.containers.inspect(id.slice(0, 12));
      expect(inspect).toMatchObject({
        Id: id,
        Name: `/${name}`,
        State: { Status: 'created', Running: false, ExitCode: 0, Pid: 0 },
        Config: { Image: IMAGE, Cmd: ['sh', '-c', 'exit 0'], WorkingDir: '/tmp', Labels: { k: 'v' }, Hostname: 'box', Tty: false },
        HostConfig: { Memory: 64 << 20 },
        Path: 'sh',
        Args: ['-c', 'exit 0'],
        RestartCount: 0,
      });
      expect(inspect.Config.Env).toContain('A=b');
      expect((await c.engine.containers.inspect(name)).Id).toBe(id);
      expect((await c.engine.containers.inspect(`/${name}`)).Id).toBe(id);
    });

    it('runs with its environment, directory, user and host name', async () => {
      const { code, stdout } = await c.finish('echo $A; pwd; id -u; id -g; hostname', { Env: ['A=b'], WorkingDir: '/tmp', User: '12:34', Hostname: 'box' });
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'b\n/tmp\n12\n34\nbox\n' });
    });

    it('gives its exit code to wait, inspect and list', async () => {
      const { id, code } = await c.finish('exit 42');
      expect(code).toBe(42);
      const { State } = await c.engine.containers.inspect(id);
      expect(State).toMatchObject({ Status: 'exited', ExitCode: 42, Running: false, Pid: 0 });
      // dockerd takes the two from different clocks: milliseconds apart
      expect(Date.parse(State.FinishedAt)).toBeGreaterThanOrEqual(Date.parse(State.StartedAt) - 1000);
      const [listed] = await c.engine.containers.list({ all: true, filters: { id: [id] } });
      expect(listed).toMatchObject({ Id: id, State: 'exited', Status: expect.stringMatching(/^Exited \(42\) /) as unknown });
    });

    it('starts once, and says when it was running already', async () => {
      const id = await c.create('sleep 1000');
      expect(await c.engine.containers.start(id)).toBe(true);
      expect(await c.engine.containers.start(id)).toBe(false);
      expect((await c.engine.containers.inspect(id)).State.Pid).toBeGreaterThan(0);
    });

    it('is stopped by SIGTERM within its grace period, and by SIGKILL after it', async () => {
      const polite = await c.run('trap "exit 3" TERM; echo up; while :; do sleep 0.02; done');
      await eventually('the trap', async () => (await c.logs(polite)).stdout === 'up\n');
      expect(await c.engine.containers.stop(polite, { t: 10 })).toBe(true);
      expect((await c.engine.containers.inspect(polite)).State.ExitCode).toBe(3);
      expect(await c.engine.containers.stop(polite)).toBe(false);
      const deaf = await c.run('trap "" TERM; while :; do sleep 0.02; done');
      await c.engine.containers.stop(deaf, { t: 0 });
      expect((await c.engine.containers.inspect(deaf)).State.ExitCode).toBe(137);
    });

    it('gets the signal it was sent', async () => {
      const id = await c.run('trap "echo usr1; exit 5" USR1; echo up; while :; do sleep 0.02; done');
      await eventually('the trap', async () => (await c.logs(id)).stdout === 'up\n');
      const { exit } = await c.engine.containers.wait(id);
      await c.engine.containers.kill(id, { signal: 'SIGUSR1' });
      expect((await exit).StatusCode).toBe(5);
      await fails(c.engine.containers.kill(id), 'conflict', /is not running/);
      await fails(c.engine.containers.kill(id, { signal: 'NOPE' }), 'invalid', /invalid signal: NOPE/i);
    });

    it('is restarted with a new process and the same id', async () => {
      const id = await c.run('echo up; sleep 1000');
      await eventually('the first start in the log', async () => (await c.logs(id)).stdout === 'up\n');
      const before = (await c.engine.containers.inspect(id)).State.Pid;
      await c.engine.containers.restart(id, { t: 0 });
      const { State } = await c.engine.containers.inspect(id);
      expect(State.Running).toBe(true);
      expect(State.Pid).not.toBe(before);
      await eventually('both starts in the log', async () => (await c.logs(id)).stdout === 'up\nup\n');
    });

    it('is paused and goes on', async () => {
      const id = await c.run('while :; do sleep 0.05; done');
      await c.engine.containers.pause(id);
      expect((await c.engine.containers.inspect(id)).State).toMatchObject({ Status: 'paused', Paused: true, Running: true });
      await fails(c.engine.containers.pause(id), 'conflict', /already paused/);
      await c.engine.containers.unpause(id);
      expect((await c.engine.containers.inspect(id)).State.Status).toBe('running');
    });

    it('is renamed, unless the name is taken', async () => {
      const [id, other, taken] = [await c.create('true'), c.name(), c.name()];
      await c.create('true', {}, taken);
      await c.engine.containers.rename(id, other);
      expect((await c.engine.containers.inspect(other)).Id).toBe(id);
      await fails(c.engine.containers.rename(id, taken), 'conflict', /is already in use by container/);
      await fails(c.engine.containers.create({ Image: IMAGE, Cmd: ['true'] }, { name: taken }), 'conflict', /is already in use by container/);
      await fails(c.engine.containers.create({ Image: IMAGE, Cmd: ['true'] }, { name: 'a b' }), 'invalid', /Invalid container name/);
    });

    it('is removed when it is stopped, or by force', async () => {
      const id = await c.run('sleep 1000');
      await fails(c.engine.containers.remove(id), 'conflict', /container is running|cannot remove a running container/i);
      const { exit } = await c.engine.containers.wait(id, { condition: 'removed' });
      await c.engine.containers.remove(id, { force: true });
      expect((await exit).StatusCode).toBe(137);
      await fails(c.engine.containers.inspect(id), 'notFound', /No such container/);
      await fails(c.engine.containers.remove(id), 'notFound', /No such container/);
    });

    it('with AutoRemove goes by itself', async () => {
      const id = await c.create('exit 4', { HostConfig: { AutoRemove: true } });
      const { exit } = await c.engine.containers.wait(id, { condition: 'removed' });
      await c.engine.containers.start(id);
      expect((await exit).StatusCode).toBe(4);
      await fails(c.engine.containers.inspect(id), 'notFound', /No such container/);
    });

    it('with AutoRemove goes also when it cannot start', async () => {
      const id = await c.create(undefined, { Cmd: ['/no/such/program'], HostConfig: { AutoRemove: true } });
      const { exit } = await c.engine.containers.wait(id, { condition: 'removed' });
      await fails(c.engine.containers.start(id), 'invalid', /no such file or directory/i);
      expect((await exit).StatusCode).toBe(127);
      await fails(c.engine.containers.inspect(id), 'notFound', /No such container/);
    });

    it('that fails is tried again as often as its policy says', async () => {
      const id = await c.run('exit 1', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } });
      await eventually('two restarts', async () => {
        const { RestartCount, State } = await c.engine.containers.inspect(id);
        return RestartCount === 2 && State.Status === 'exited';
      });
    });

    it('needs an image and a command that exist', async () => {
      await fails(c.engine.containers.create({ Image: `${c.prefix}-missing` }), 'notFound', /No such image: .*-missing:latest/);
      const id = await c.create(undefined, { Cmd: ['/no/such/program'] });
      await fails(c.engine.containers.start(id), 'invalid', /no such file or directory|not found/i);
      expect((await c.engine.containers.inspect(id)).State).toMatchObject({ Running: false, ExitCode: 127 });
    });

    it('has limits that change while it runs', async () => {
      const id = await c.run('sleep 1000', { HostConfig: { Memory: 64 << 20, PidsLimit: 50 } });
      await c.engine.containers.update(id, { Memory: 48 << 20, MemorySwap: 48 << 20 });
      expect((await c.engine.containers.inspect(id)).HostConfig).toMatchObject({ Memory: 48 << 20, PidsLimit: 50 });
    });
  });

  describe('the list of containers', () => {
    it('shows running ones, or all, and filters', async () => {
      const label = c.name();
      const running = await c.run('sleep 1000', { Labels: { [label]: 'one' } });
      const done = await c.create('true', { Labels: { [label]: 'two' } });
      const ids = async (query: Parameters<typeof c.engine.containers.list>[0]): Promise<string[]> =>
        (await c.engine.containers.list(query)).map(({ Id }) => Id).sort();
      expect(await ids({ filters: { label: [label] } })).toEqual([running]);
      expect(await ids({ all: true, filters: { label: [label] } })).toEqual([running, done].sort());
      expect(await ids({ all: true, filters: { label: [`${label}=two`] } })).toEqual([done]);
      expect(await ids({ filters: { label: [label], status: ['created'] } })).toEqual([done]);
      expect(await ids({ all: true, filters: { label: [label], name: ['^nothing$'] } })).toEqual([]);
      expect(await ids({ limit: 1, filters: { label: [label] } })).toEqual([done]);
      await fails(ids({ filters: { nonsense: ['x'] } }), 'invalid', /invalid filter/i);
    });
  });
}
