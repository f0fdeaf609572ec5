import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect(await execIn(lab, id, ['nope'])).toMatchObject({ exitCode: 127 });
    expect(await execIn(lab, id, ['/etc/passwd'])).toMatchObject({ exitCode: 126 });
    await lab.runtime.containers.remove(id, { force: true });
  });
});
