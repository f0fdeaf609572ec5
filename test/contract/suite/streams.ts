import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/workspace.ts';
import { isEngineError } from '../../../src/base/index.ts';
import { type Contract, fails, read, readAttached } from './context.ts';

/** Logs, attach, exec, wait, events, stats. */
export function streamContract(c: Contract): void {
  describe('logs', () => {
    it('keep the streams apart and every line', async () => {
      const { stdout, stderr } = await c.finish('i=0; while [ $i -lt 2000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done');
      const lines = (word: string): string => Array.from({ length: 2000 }, (_, i) => `${word} ${i}\n`).join('');
      expect(stdout === lines('out') && stderr === lines('err')).toBe(true);
    });

    it('keep a last line without its end, and bytes that are no text', async () => {
      const { id } = await c.finish("printf 'no end'; printf 'a\\0b' >&2");
      expect(await c.logs(id)).toEqual({ stdout: 'no end', stderr: 'a\0b' });
    });

    it('keep a line that is longer than any buffer', async () => {
      const { stdout } = await c.finish('head -c 100000 /dev/zero | tr "\\0" x; echo');
      expect(stdout.length).toBe(100_001);
    });

    it('are cut by tail, by stream and by time, and stamped', async () => {
      const { id } = await c.finish('echo one; echo err >&2; sleep 1.1; echo two; echo three');
      const get = async (query: Parameters<typeof c.engine.containers.logs>[1]): Promise<{ stdout: string; stderr: string }> =>
        read((await c.engine.containers.logs(id, query)).output);
      expect((await get({ stdout: true, tail: 1 })).stdout).toBe('three\n');
      expect((await get({ stdout: true, tail: 0 })).stdout).toBe('');
      expect(await get({ stderr: true })).toEqual({ stdout: '', stderr: 'err\n' });
      const stamped = (await get({ stdout: true, timestamps: true })).stdout.split('\n');
      expect(stamped[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one$/);
      const second = Date.parse((stamped[1] ?? '').split(' ')[0] ?? '') / 1000;
      expect((await get({ stdout: true, since: second - 0.5 })).stdout).toBe('two\nthree\n');
      expect((await get({ stdout: true, until: second - 0.5 })).stdout).toBe('one\n');
      await fails(get({}), 'invalid', /at least one stream/);
    });

    it('are followed until the container ends', async () => {
      const id = await c.run('for i in 1 2 3; do echo $i; sleep 0.1; done');
      const { output } = await c.engine.containers.logs(id, { stdout: true, follow: true });
      expect((await read(output)).stdout).toBe('1\n2\n3\n');
    });

    it('stop following when asked', async () => {
      const id = await c.run('echo up; sleep 1000');
      const abort = new AbortController();
      const { output } = await c.engine.containers.logs(id, { stdout: true, follow: true }, { signal: abort.signal });
      let seen = 0;
      const following = (async () => {
        for await (const chunk of output) seen += chunk.length;
      })();
      await eventually('the first line', () => seen > 0);
      abort.abort();
      const error = await following.catch((thrown: unknown) => thrown);
      expect(error === undefined || isEngineError(error, 'cancelled')).toBe(true);
    });

    it('of a terminal are raw', async () => {
      const { id, stdout } = await c.finish('echo tty; test -t 0 && test -t 1', { Tty: true });
      expect([stdout, (await c.engine.containers.inspect(id)).State.ExitCode]).toEqual(['tty\r\n', 0]);
    });
  });

  describe('attach', () => {
    it('before the start carries stdin, its end, and both outputs', async () => {
      const id = await c.create('cat; echo done >&2', { OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true });
      const attached = await c.engine.containers.attach(id, { stream: true, stdin: true, stdout: true, stderr: true });
      expect(attached.tty).toBe(false);
      await c.engine.containers.start(id);
      const input = 'line\n'.repeat(50_000);
      attached.stream.end(input);
      const { stdout, stderr } = await readAttached(attached);
      expect([stdout === input, stderr]).toEqual([true, 'done\n']);
    });

    it('to a terminal is raw and knows its size', async () => {
      const id = await c.create('stty size; read line; echo "got $line"; stty size', { Tty: true, OpenStdin: true, StdinOnce: true });
      const attached = await c.engine.containers.attach(id, { stream: true, stdin: true, stdout: true, stderr: true });
      expect(attached.tty).toBe(true);
      const { exit } = await c.engine.containers.wait(id, { condition: 'next-exit' });
      await c.engine.containers.start(id);
      const output = readAttached(attached);
      await c.engine.containers.resize(id, { h: 33, w: 111 });
      await eventually('the first size', async () => (await c.logs(id)).stdout.includes('\n'));
      attached.stream.write('typed\n');
      await exit;
      const { stdout } = await output;
      expect(stdout).toContain('got typed\r\n');
      expect(stdout).toContain('33 111\r\n');
    });

    it('replays the log when asked', async () => {
      const { id } = await c.finish('echo before');
      const attached = await c.engine.containers.attach(id, { logs: true, stdout: true });
      expect((await readAttached(attached)).stdout).toBe('before\n');
    });
  });

  describe('exec', () => {
    it('gives output and exit code, with its own environment, user and directory', async () => {
      const id = await c.run('sleep 1000');
      expect(await c.exec(id, 'sh', '-c', 'echo out; echo err >&2; exit 7')).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
      const { Id } = await c.engine.exec.create(id, { Cmd: ['sh', '-c', 'echo $X $PWD; id -u'], Env: ['X=y'], WorkingDir: '/tmp', User: '12', AttachStdout: true });
      expect((await readAttached(await c.engine.exec.start(Id, {}))).stdout).toBe('y /tmp\n12\n');
    });

    it('takes stdin and its end', async () => {
      const id = await c.run('sleep 1000');
      const { Id } = await c.engine.exec.create(id, { Cmd: ['wc', '-c'], AttachStdin: true, AttachStdout: true });
      const attached = await c.engine.exec.start(Id, {});
      attached.stream.end('x'.repeat(200_000));
      expect((await readAttached(attached)).stdout).toBe('200000\n');
    });

    it('with a terminal is raw and can be resized', async () => {
      const id = await c.run('sleep 1000');
      const { Id } = await c.engine.exec.create(id, { Cmd: ['sh', '-c', 'echo up; read x; stty size'], Tty: true, AttachStdin: true, AttachStdout: true });
      const { stream, tty } = await c.engine.exec.start(Id, { Tty: true });
      expect(tty).toBe(true);
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const ended = new Promise((resolve) => stream.once('close', resolve));
      await eventually('the prompt', () => text.includes('up'));
      await c.engine.exec.resize(Id, { h: 22, w: 99 });
      stream.write('\n');
      await ended;
      expect(text).toContain('22 99');
    });

    it('in the background leaves its exit code', async () => {
      const id = await c.run('sleep 1000');
      const { Id } = await c.engine.exec.create(id, { Cmd: ['sh', '-c', 'touch /made; exit 9'] });
      await c.engine.exec.startDetached(Id);
      await eventually('its end', async () => !(await c.engine.exec.inspect(Id)).Running);
      expect(await c.engine.exec.inspect(Id)).toMatchObject({ ExitCode: 9, ContainerID: id });
      expect((await c.exec(id, 'ls', '/made')).code).toBe(0);
    });

    it('needs a running container and a program', async () => {
      const stopped = await c.create('true');
      await fails(c.engine.exec.create(stopped, { Cmd: ['true'] }), 'conflict', /is not running/);
      const id = await c.run('sleep 1000');
      expect((await c.exec(id, '/no/such/program')).code).toBeGreaterThanOrEqual(126);
      await fails(c.engine.exec.inspect('0123456789abcdef'), 'notFound', /No such exec instance/);
    });
  });

  describe('events', () => {
    it('tell the life of a container, live and afterwards', async () => {
      const [name, since] = [c.name(), Math.floor(Date.now() / 1000) - 1];
      const abort = new AbortController();
      const live: string[] = [];
      const events = await c.engine.system.events({ filters: { container: [name], type: ['container'] } }, { signal: abort.signal });
      const listening = (async () => {
        for await (const { Action, Actor } of events) live.push(Action === 'die' ? `die ${Actor.Attributes['exitCode']}` : Action);
      })();
      const id = await c.create('exit 6', { Labels: { seen: 'yes' } }, name);
      await c.startAndWait(id);
      await c.engine.containers.remove(id);
      await eventually('destroy', () => live.includes('destroy'));
      abort.abort();
      await listening.catch(() => {});
      expect(live).toEqual(['create', 'start', 'die 6', 'destroy']);
      const past: string[] = [];
      const until = Math.ceil(Date.now() / 1000) + 1;
      for await (const { Action, Actor, Type, scope } of await c.engine.system.events({ since, until, filters: { container: [name], event: ['create', 'die'] } })) {
        past.push(Action);
        expect({ Type, scope, id: Actor.ID, image: Actor.Attributes['image'], seen: Actor.Attributes['seen'] }).toEqual({ Type: 'container', scope: 'local', id, image: 'busybox:latest', seen: 'yes' });
      }
      expect(past).toEqual(['create', 'die']);
    });

    it('tell when a health check succeeds', async () => {
      const name = c.name();
      const abort = new AbortController();
      const events = await c.engine.system.events({ filters: { container: [name], event: ['health_status'] } }, { signal: abort.signal });
      const id = await c.run('sleep 1000', { Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Timeout: 5e9, Retries: 2 } }, name);
      const first = await events[Symbol.asyncIterator]().next();
      expect((first.value as { Action: string }).Action).toBe('health_status: healthy');
      abort.abort();
      expect((await c.engine.containers.inspect(id)).State.Health).toMatchObject({ Status: 'healthy', FailingStreak: 0 });
    });
  });

  describe('a running container', () => {
    it('shows its processes and its use of the machine', async () => {
      const id = await c.run('sleep 1000 & wait');
      await eventually('both processes', async () => {
        const { Titles, Processes } = await c.engine.containers.top(id);
        expect(Titles).toContain('PID');
        return Processes.length >= 2 && Processes.some((row) => row.at(-1) === 'sleep 1000');
      });
      for await (const sample of await c.engine.containers.stats(id, { stream: false })) {
        expect(sample.id).toBe(id);
        expect(sample.pids_stats.current).toBeGreaterThanOrEqual(2);
        expect(sample.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
        expect(sample.memory_stats.usage).toBeGreaterThan(0);
      }
    });
  });
}
