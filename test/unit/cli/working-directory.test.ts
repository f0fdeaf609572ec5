import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workingDirectory } from '../../../src/cli/working-directory.ts';

let base: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tsc-cwd-')));
  mkdirSync(join(base, 'real'));
  symlinkSync('real', join(base, 'link'));
  mkdirSync(join(base, 'other'));
});
afterAll(() => rmSync(base, { recursive: true }));

describe('the working directory', () => {
  it('has the name of the link through which one went there', () => {
    expect(workingDirectory(join(base, 'real'), join(base, 'link'))).toBe(join(base, 'link'));
    expect(workingDirectory(join(base, 'real'), `${base}/other/../link/`)).toBe(join(base, 'link'));
  });

  it('is the actual one when PWD is missing, relative, stale or another directory', () => {
    for (const pwd of [undefined, '', 'real', join(base, 'gone'), join(base, 'other')]) expect(workingDirectory(join(base, 'real'), pwd)).toBe(join(base, 'real'));
  });
});
