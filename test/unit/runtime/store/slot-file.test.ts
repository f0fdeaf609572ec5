import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSlot, writeSlot } from '../../../../src/runtime/store/slot-file.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tscslot-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a slot file', () => {
  it('gives the last content back, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 5000, unit: 'binary' }), { minLength: 1, maxLength: 6 }), (texts) => {
        const file = join(directory, 'last');
        rmSync(file, { force: true });
        texts.forEach((text, i) => writeSlot(file, i + 1, text));
        expect(readSlot(file)).toEqual({ sequence: texts.length, text: texts.at(-1) });
      }),
      { numRuns: 50 },
    );
  });

  it('gives the content before when the last write was cut short at any byte', () => {
    const file = join(directory, 'torn');
    for (const [last, before] of [[3, 2], [4, 3]] as const) {
      rmSync(file, { force: true });
      for (let i = 1; i < last; i++) writeSlot(file, i, `content ${i}`);
      const whole = readFileSync(file);
      writeSlot(file, last, 'the new content');
      const after = readFileSync(file);
      const start = (last % 2) * 256 * 1024;
      const end = start + 64 + 'the new content'.length;
      for (let cut = start; cut < end; cut++) {
        const torn = Buffer.alloc(Math.max(whole.length, cut));
        whole.copy(torn);
        after.copy(torn, start, start, cut);
        writeFileSync(file, torn);
        expect(readSlot(file)).toEqual({ sequence: before, text: `content ${before}` });
      }
      writeFileSync(file, after);
      expect(readSlot(file)).toEqual({ sequence: last, text: 'the new content' });
    }
  });

  it('is nothing when it is missing, empty or garbage', () => {
    const file = join(directory, 'none');
    expect(readSlot(file)).toBeUndefined();
    writeFileSync(file, '');
    expect(readSlot(file)).toBeUndefined();
    writeFileSync(file, 'slot 1 99999 0123456789abcdef'.padEnd(63) + '\n{}');
    expect(readSlot(file)).toBeUndefined();
    writeSlot(file, 1, 'x');
    truncateSync(file, 256 * 1024 + 10);
    expect(readSlot(file)).toBeUndefined();
  });
});
