import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalPid } from '../../support/signal.ts';
import { execIn, exitOf, type Lab, logsOf, openLab, until } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('a container', () => {
  it('runs a command, keeps its output and its exit code', async () => {
    const id = await lab.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(await exitOf(lab, id)).toBe(3);
    expect(await logsOf(lab, id)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    const { State } = await lab.runtime.containers.inspect(id);
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 3, Running: false, Pid: 0, OOMKilled: false });
    await lab.runtime.containers.remove(id);
    await expect(lab.runtime.containers.inspect(id)).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('is stopped by its signal within the grace period', async () => {
    const id = await lab.run(['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done']);
    await until('ready', async () => ((await logsOf(lab, id)).stdout.includes('ready') ? true : undefined));
    expect(await lab.runtime.containers.stop(id, { t: 5 })).toBe(true);
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 7 });
    expect(await lab.runtime.containers.stop(id)).toBe(false);
  });

  it('is killed when it ignores the signal', async () => {
    const id = await lab.run(['sleep', '1000']);
    await lab.runtime.containers.stop(id, { t: 0 });
    expect((await lab.runtime.containers.inspect(id)).State.ExitCode).toBe(137);
  });

  it('whose port is taken runs no instruction and leaves nothing', async () => {
    const foreign = createServer().listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const HostPort = String((foreign.address() as AddressInfo).port);
    const HostConfig = { NetworkMode: 'bridge', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort }] } };
    const id = await lab.create(['echo', 'it ran'], { HostConfig });
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(lab.runtime.containers.start(id)).rejects.toThrow('address already in use');
      const { layout } = lab;
      expect([layout.bundles, layout.exits, layout.ociState, layout.netnsDir].flatMap((directory) => readdirSync(directory))).toEqual([]);
    }
    expect(await logsOf(lab, id)).toEqual({ stdout: '', stderr: '' });
    foreign.close();
    await lab.runtime.containers.start(id);
    expect(await exitOf(lab, id)).toBe(0);
    expect(await logsOf(lab, id)).toEqual({ stdout: 'it ran\n', stderr: '' });
    await lab.runtime.containers.remove(id);
  });

  it('takes commands while it runs', async () => {
    const id = await lab.run(['sleep', '1000'], { Env: ['COLOUR=green'] });
    expect(await execIn(lab, id, ['sh', '-c', 'echo $COLOUR; echo no >&2; exit 4'])).toEqual({ stdout: 'green\n', stderr: 'no\n', exitCode: 4 });
    expect(await execIn(lab, id, ['cat'], { stdin: 'through' })).toMatchObject({ stdout: 'through', exitCode: 0 });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('says once why a command does not run, as output of those who are attached and as an error to those who are not', async () => {
    const id = await lab.run(['sleep', '1000']);
    const notFound = 'unable to start container process: exec: "nope": executable file not found in $PATH: unknown';
    for (const Tty of [false, true]) {
      expect(await execIn(lab, id, ['nope'], { Tty })).toEqual({ stdout: `OCI runtime exec failed: exec failed: ${notFound}\r\n`, stderr: '', exitCode: 127 });
      expect(await execIn(lab, id, ['/etc/passwd'], { Tty })).toMatchObject({ stdout: expect.stringContaining('permission denied'), stderr: '', exitCode: 126 });
      expect(await execIn(lab, id, ['ls'], { Tty, WorkingDir: '/nope' })).toMatchObject({ stdout: expect.stringContaining('/nope'), stderr: '', exitCode: 126 });
      expect(await execIn(lab, id, ['ls'], { Tty, User: 'nobody-here' })).toEqual({
        stdout: 'unable to find user nobody-here: no matching entries in passwd file\r\n', stderr: '', exitCode: 126,
      });
      const { Id } = await lab.runtime.exec.create(id, { Cmd: ['nope'], Tty });
      await expect(lab.runtime.exec.startDetached(Id)).rejects.toThrow(notFound);
      expect(await lab.runtime.exec.inspect(Id)).toMatchObject({ Running: false, ExitCode: 127 });
    }
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('that is being removed has no name to change', async () => {
    const id = await lab.create(['true']);
    const [removed, renamed] = await Promise.allSettled([lab.runtime.containers.remove(id), lab.runtime.containers.rename(id, 'too-late')]);
    expect(removed.status).toBe('fulfilled');
    expect(renamed).toMatchObject({ status: 'rejected', reason: { kind: 'notFound', message: `No such container: ${id}` } });
    await lab.runtime.containers.remove(await lab.create(['true'], {}, 'too-late')); // the name is free
  });

  it('that has ended a moment ago takes no command, although its end was not heard yet', async () => {
    const id = await lab.run(['sleep', '1000']);
    const { Id } = await lab.runtime.exec.create(id, { Cmd: ['true'] });
    const { Pid } = (await lab.runtime.containers.inspect(id)).State;
    signalPid(Pid);
    const deadline = Date.now() + 5000;
    while (existsSync(`/proc/${Pid}/root`) && Date.now() < deadline); // hears nothing meanwhile
    await expect(lab.runtime.exec.startDetached(Id)).rejects.toMatchObject({ kind: 'conflict', message: `container ${id} is not running` });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('tells the pid of a command that runs', async () => {
    const id = await lab.run(['sleep', '1000']);
    const { Id } = await lab.runtime.exec.create(id, { Cmd: ['sleep', '2000'] });
    await lab.runtime.exec.startDetached(Id);
    await until('the command', async () => {
      const { Pid } = await lab.runtime.exec.inspect(Id);
      return readFileSync(`/proc/${Pid}/cmdline`, 'utf8') === 'sleep\x002000\x00' ? true : undefined;
    });
    await lab.runtime.containers.remove(id, { force: true });
  });
});
