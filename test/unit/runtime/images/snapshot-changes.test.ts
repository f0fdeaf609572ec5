import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotChanges } from '../../../../src/runtime/images/snapshot-changes.ts';

describe('the changes of a writable layer', () => {
  let upper: string;
  beforeEach(() => {
    upper = mkdtempSync(join(tmpdir(), 'ts-changes-'));
  });
  afterEach(() => rmSync(upper, { recursive: true }));

  it('are told although a program removes directories meanwhile', async () => {
    mkdirSync(join(upper, 'going'));
    writeFileSync(join(upper, 'stays'), '');
    const changes = snapshotChanges(upper, []);
    await setImmediate(); // the names have been read, what is in the directory has not
    rmSync(join(upper, 'going'), { recursive: true });
    expect(await changes).toEqual([{ Path: '/going', Kind: 1 }, { Path: '/stays', Kind: 1 }]);
  });
});
