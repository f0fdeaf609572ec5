import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { killCgroup } from '../../../../src/runtime/host/cgroup.ts';
import { killPid } from '../../../../src/runtime/host/proc.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('signals', () => {
  it('end the one process that is meant', async () => {
    const child = spawn('sleep', ['1000']);
    const end = once(child, 'exit');
    expect(killPid(child.pid ?? 0, 'SIGKILL')).toBe(true);
    expect(await end).toEqual([null, 'SIGKILL']);
    expect(killPid(child.pid ?? 0, 'SIGKILL')).toBe(false);
  });

  // Recorded, not delivered: the failing version would end the test run itself.
  it.each([0, -1, -4711, 1, Number.NaN, 2.5])('never reach a group or init: %d', (pid) => {
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => true);
    expect(killPid(pid, 'SIGKILL')).toBe(false);
    expect(kill).not.toHaveBeenCalled();
  });

  it('to a control group pass over members of other pid namespaces, which it names 0', () => {
    const root = mkdtempSync(join(tmpdir(), 'tsc-cgroup-'));
    mkdirSync(join(root, 'c'));
    writeFileSync(join(root, 'c', 'cgroup.procs'), '0\n4711\n');
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => true);
    killCgroup({ version: 1, mounts: { pids: root, devices: root }, roots: [root] }, '/c');
    expect(kill.mock.calls).toEqual([[4711, 'SIGKILL']]);
    rmSync(root, { recursive: true });
  });
});
