/** crun and runc do the same, also side by side: a container stays with the runtime that made it, whichever the engine prefers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/base/index.ts';
import { openRuntime } from '../../../src/runtime/index.ts';
import { lacks, title } from '../../support/host.ts';
import { signalPid } from '../../support/signal.ts';
import { execIn, exitOf, type Lab, logsOf, openLab, until } from './support.ts';

const reason = lacks('crun', 'runc');
const seconds = 1e9;

describe.skipIf(reason)(title('the OCI runtime', reason), () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ ociRuntime: 'runc' });
  });
  afterAll(async () => {
    await lab?.close();
  });

  const isMadeBy = async (id: string): Promise<string | undefined> => (await lab.runtime.containers.inspect(id)).HostConfig.Runtime;
  const prefer = async (ociRuntime: string): Promise<void> => {
    await lab.runtime.close();
    lab.runtime = await openRuntime({ layout: lab.layout, logger: createLogger((line) => lab.log.push(line), 'info'), ociRuntime });
  };

  it('is the one that was asked for', async () => {
    expect((await lab.runtime.system.info()).DefaultRuntime).toBe('runc');
    await expect(openLab({ ociRuntime: '/bin/false' })).rejects.toThrow(/TSCOMPOSE_OCI_RUNTIME: \/bin\/false is neither crun nor runc/);
    await expect(lab.create(['true'], { HostConfig: { Runtime: 'kata' } })).rejects.toThrow('unknown or invalid runtime name: kata');
  });

  it('runc starts, confines, checks, restarts and ends a container', async () => {
    const id = await lab.run(['sh', '-c', 'echo up; trap "exit 3" TERM; while :; do sleep 0.1; done'], {
      Healthcheck: { Test: ['CMD', 'test', '-e', '/healthy'], Interval: 0.05 * seconds, Retries: 1 },
      HostConfig: { Memory: 32 << 20, PidsLimit: 50, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 } },
    });
    expect(await execIn(lab, id, ['cat'], { stdin: 'through' })).toMatchObject({ exitCode: 0, stdout: 'through' });
    expect((await execIn(lab, id, ['cat', '/proc/self/status'])).stdout).toMatch(/^Seccomp:\t2$/m);
    expect(await execIn(lab, id, ['nope'])).toMatchObject({ exitCode: 127 });
    const health = async (): Promise<string | undefined> => (await lab.runtime.containers.inspect(id)).State.Health?.Status;
    await until('unhealthy', async () => ((await health()) === 'unhealthy' ? true : undefined));
    await execIn(lab, id, ['touch', '/healthy']);
    await until('healthy', async () => ((await health()) === 'healthy' ? true : undefined));
    await lab.runtime.containers.update(id, { Memory: 48 << 20, MemorySwap: 96 << 20 });
    const { State } = await lab.runtime.containers.inspect(id);
    signalPid(State.Pid);
    await until('the restart', async () => ((await lab.runtime.containers.inspect(id)).RestartCount === 1 ? true : undefined));
    await until('the second run', async () => ((await logsOf(lab, id)).stdout === 'up\nup\n' ? true : undefined));
    await lab.runtime.containers.stop(id, { t: 5 });
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 3 });
    await lab.runtime.containers.remove(id);
  });

  it('runc tells what cannot be run, with the exit codes of docker', async () => {
    for (const [command, exitCode, message] of [
      [['nope'], 127, /exec: "nope": executable file not found in \$PATH/],
      [['/etc/passwd'], 126, /exec: "\/etc\/passwd": permission denied/],
    ] as const) {
      const id = await lab.create(command);
      await expect(lab.runtime.containers.start(id)).rejects.toThrow(message);
      expect((await lab.runtime.containers.inspect(id)).State.ExitCode).toBe(exitCode);
      await lab.runtime.containers.remove(id);
    }
  });

  it('stays with a container when the engine prefers the other', async () => {
    const ofRunc = await lab.run(['sleep', '1000']);
    const ofCrun = await lab.run(['sleep', '1000'], { HostConfig: { Runtime: 'crun' } });
    expect([await isMadeBy(ofRunc), await isMadeBy(ofCrun)]).toEqual(['runc', 'crun']);
    for (const other of ['crun', 'runc']) {
      await prefer(other);
      for (const id of [ofRunc, ofCrun]) {
        expect(await execIn(lab, id, ['echo', 'here'])).toMatchObject({ exitCode: 0, stdout: 'here\n' });
        await lab.runtime.containers.update(id, { Memory: 64 << 20, MemorySwap: 128 << 20 });
      }
    }
    await prefer('crun');
    for (const id of [ofRunc, ofCrun]) {
      await lab.runtime.containers.kill(id);
      expect(await exitOf(lab, id)).toBe(137);
      await lab.runtime.containers.start(id);
      await lab.runtime.containers.remove(id, { force: true });
    }
  });
});
