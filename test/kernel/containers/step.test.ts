import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepRequest } from '../../../src/runtime/parts.ts';
import { type Lab, openLab, until } from './support.ts';

let lab: Lab;
let rootfs: string;
beforeAll(async () => {
  lab = await openLab();
  const running = await lab.run(['sleep', '1000'], {}, 'keeper'); // its root serves as the step's
  rootfs = lab.layout.rw(running) + '/merged';
});
afterAll(async () => {
  await lab?.close();
});

async function step(args: string[], more: Partial<StepRequest> = {}) {
  const output = { stdout: '', stderr: '' };
  const id = `b${Math.random().toString(16).slice(2).padEnd(20, '0')}`;
  const request: StepRequest = {
    id, rootfs, args, env: ['PATH=/bin'], cwd: '/', user: '', network: 'none',
    onOutput: (stream, chunk) => (output[stream] += Buffer.from(chunk).toString()), ...more,
  };
  const result = await lab.runtime.steps.runStep(request).finally(() => expectGone(id));
  return { ...result, ...output };
}

function expectGone(id: string): void {
  expect(existsSync(lab.layout.bundle(id))).toBe(false);
  expect(readdirSync(lab.layout.ociState)).not.toContain(id);
}

describe('a build step', () => {
  it('gives output and exit code, as its user, in its directory', async () => {
    expect(await step(['sh', '-c', 'id -un; pwd; echo no >&2; exit 7'], { user: 'ann', cwd: '/tmp' })).toEqual({ exitCode: 7, oomKilled: false, stdout: 'ann\n/tmp\n', stderr: 'no\n' });
    expect(await step(['nope'])).toMatchObject({ exitCode: 127 });
  });

  it('is confined like a container', async () => {
    expect((await step(['grep', '-E', 'CapEff|Seccomp:', '/proc/self/status'])).stdout).toMatch(/00000000a80425fb[^]*Seccomp:\s+2/);
  });

  it('ends with all that it started when it is cancelled', async () => {
    const abort = new AbortController();
    let pid = '';
    const running = step(['sh', '-c', 'sleep 4321 & sleep 4321'], { signal: abort.signal });
    running.catch(() => {});
    pid = await until('the step runs', () => findSleep());
    abort.abort();
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(existsSync(`/proc/${pid}/root/bin`)).toBe(false);
    expect(findSleep()).toBeUndefined();
  });

  it('does not wait for what it left in the background', async () => {
    expect(await step(['sh', '-c', 'sleep 4321 & echo done'])).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    expect(findSleep()).toBeUndefined();
  });
});

/** A live process of ours: zombies have no command line. */
function findSleep(): string | undefined {
  return readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8') === 'sleep\u00004321\u0000';
    } catch {
      return false;
    }
  });
}
