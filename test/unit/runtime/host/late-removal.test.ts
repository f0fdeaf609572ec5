import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LateRemoval } from '../../../../src/runtime/host/late-removal.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsc-late-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function tree(name: string): string {
  const path = join(base, name);
  mkdirSync(join(path, 'deep/er'), { recursive: true });
  writeFileSync(join(path, 'deep/er/file'), '');
  return path;
}

it('removes trees, round after round, and does not mind missing ones', async () => {
  const complaints: unknown[] = [];
  const removal = new LateRemoval({ debug() {}, info() {}, error() {}, warn: (...words: unknown[]) => void complaints.push(words) });
  for (const round of [1, 2, 3]) {
    const paths = [tree(`-rf ${round}`), tree(`b${round}`), join(base, 'missing')];
    for (const path of paths) removal.add(path);
    await removal.settled();
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
  }
  expect(complaints).toEqual([]);
});

it('needs nobody who waits', async () => {
  const removal = new LateRemoval({ debug() {}, info() {}, warn() {}, error() {} });
  const path = tree('left');
  removal.add(path);
  expect(existsSync(path)).toBe(true);
  await expect.poll(() => existsSync(path), { timeout: 10_000 }).toBe(false);
});
