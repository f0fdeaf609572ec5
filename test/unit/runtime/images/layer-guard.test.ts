import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../../../src/runtime/images/layer-ingest.ts';

const GIB = 1024 ** 3;

describe('the guard of an unpacking layer', () => {
  it('lets honest layers expand and refuses what no honest layer does', () => {
    const guard = createGuard(tmpdir());
    guard.source(100 * 1024 ** 2);
    guard.plain(20 * GIB); // an image of a mostly empty disk
    expect(() => guard.plain(2 * GIB)).toThrow('expands to more than 200 times its size');
  });

  it('counts small layers by a fixed allowance', () => {
    const guard = createGuard(tmpdir());
    guard.source(1000);
    guard.plain(GIB);
    expect(() => guard.plain(GIB + 1_000_000)).toThrow('layer refused');
  });
});
