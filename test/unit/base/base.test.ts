import { describe, expect, it } from 'vitest';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { KeyedMutex, Limiter, Scope, formatBytes, formatDuration, humanDuration, parseBytes, parseDurationNs, writeFileAtomic } from '../../../src/base/index.ts';

describe('byte sizes', () => {
  it.each([
    ['512', 512],
    ['64k', 65536],
    ['64KB', 65536],
    ['1.5g', 1610612736],
    ['10MiB', 10485760],
    ['0', 0],
    ['2b', 2],
  ])('reads %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
  it.each(['', 'k', '-1', '1x', '1 2', '0x10', '1e3'])('refuses %j', (text) => expect(parseBytes(text)).toBeUndefined());
  it('prints decimal units with three digits, as docker tables do', () => {
    expect([0, 999, 1000, 1234567, 5e9].map(formatBytes)).toEqual(['0B', '999B', '1kB', '1.23MB', '5GB']);
  });
});

describe('durations', () => {
  it.each([
    ['1h30m', 5400e9],
    ['1.5s', 1.5e9],
    ['500ms', 0.5e9],
    ['10us', 10e3],
    ['0', 0],
    ['1m0s', 60e9],
    ['-1s', -1e9],
  ])('reads %s', (text, ns) => expect(parseDurationNs(text)).toBe(ns));
  it.each(['', '1', '1d', '1w', 's', '1 s', '5x'])('refuses %j', (text) => expect(parseDurationNs(text)).toBeUndefined());
  it('reads back what it prints, and prints like Go', () => {
    expect([0, 1, 1500, 100e6, 1.5e9, 90e9, 3600e9].map(formatDuration)).toEqual(['0s', '1ns', '1.5µs', '100ms', '1.5s', '1m30s', '1h0m0s']);
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (ns) => parseDurationNs(formatDuration(ns)) === ns));
  });
});

describe('KeyedMutex', () => {
  it('runs one body per key at a time, in order of arrival, whatever throws', async () => {
    const mutex = new KeyedMutex();
    const seen: string[] = [];
    const body = (name: string, fail = false) =>
      mutex
        .run('key', async () => {
          seen.push(`${name} in`);
          await new Promise(setImmediate);
          seen.push(`${name} out`);
          if (fail) throw new Error(name);
        })
        .catch(() => seen.push(`${name} failed`));
    await Promise.all([body('a'), body('b', true), body('c')]);
    expect(seen.filter((entry) => !entry.includes('failed'))).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(seen).toContain('b failed');
    expect(mutex.isHeld('key')).toBe(false);
  });

  it('does not make different keys wait for each other', async () => {
    const mutex = new KeyedMutex();
    const release = await mutex.acquire('a');
    expect(await mutex.run('b', () => 'free')).toBe('free');
    release();
  });
});

it('Limiter never runs more bodies than its width, and runs all of them', async () => {
  const limiter = new Limiter(3);
  let running = 0;
  let most = 0;
  const done = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limiter.run(async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        return index;
      }),
    ),
  );
  expect(most).toBe(3);
  expect(done).toHaveLength(20);
});

describe('Scope', () => {
  it('undoes in reverse order, goes on after errors and reports all of them, the cause first', async () => {
    const scope = new Scope();
    const seen: number[] = [];
    scope.defer(() => seen.push(1));
    scope.defer(() => {
      throw new Error('undo failed');
    });
    scope.defer(() => seen.push(3));
    const error = await scope.unwind(new Error('cause'));
    expect(seen).toEqual([3, 1]);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(['Error: cause', 'Error: undo failed']);
  });

  it('forgets everything when kept', async () => {
    const scope = new Scope();
    let undone = false;
    scope.defer(() => (undone = true));
    scope.keep();
    await scope.unwind();
    expect(undone).toBe(false);
  });
});

it('writeFileAtomic leaves the old content when the write fails, and no temporary file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsc-files-'));
  try {
    const path = join(directory, 'record.json');
    writeFileAtomic(path, 'old');
    expect(() => writeFileAtomic(join(directory, 'missing', 'x'), 'new')).toThrow(/ENOENT/);
    expect(() => writeFileAtomic(path, { length: 1 } as unknown as Uint8Array)).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['record.json']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('an age as people say it', () => {
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
  it.each([
    [400, 'Less than a second'], [1900, '1 second'], [59_900, '59 seconds'], [61_000, 'About a minute'], [150_000, '2 minutes'],
    [46 * minute, '46 minutes'], [hour, 'About an hour'], [47 * hour, '47 hours'], [49 * hour, '2 days'], [20 * day, '2 weeks'],
    [100 * day, '3 months'], [1000 * day, '2 years'],
  ])('%d ms are "%s"', (ms, text) => expect(humanDuration(ms)).toBe(text));
});
