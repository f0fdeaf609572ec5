import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCgroupHost } from '../../../src/runtime/host/cgroup.ts';
import { CgroupMoves, ownProcsFile } from '../../../src/runtime/host/cgroup-moves.ts';
import { until } from './support.ts';

const groups = (): string => readFileSync('/proc/self/cgroup', 'utf8');

describe('announced moves into control groups', () => {
  it('leave the engine where it is, and no file open when none comes', async () => {
    const file = ownProcsFile(readCgroupHost(), groups()) ?? '';
    const isOpen = (): boolean => readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === file;
      } catch {
        return false; // the listing itself
      }
    });
    const before = groups();
    const moves = new CgroupMoves(readCgroupHost());
    moves.expect();
    await until('the first move', () => (isOpen() ? true : undefined));
    moves.expect();
    await until('the end', () => (isOpen() ? undefined : true));
    expect(groups()).toBe(before);
    expect(readFileSync(file, 'utf8').split('\n')).toContain(String(process.pid));
  });
});
