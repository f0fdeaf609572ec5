import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync, writeSync, openSync, closeSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeader, END_OF_ARCHIVE, padding, TarReader, type TarEntry } from '../../../src/runtime/images/tar/index.ts';

interface Read extends TarEntry {
  content: Buffer;
}

function readAll(archive: Buffer, cut: readonly number[]): Read[] {
  const entries: Read[] = [];
  const reader = new TarReader({
    entry: (entry) => void entries.push({ ...entry, content: Buffer.alloc(entry.size) }),
    data: (chunk, offset) => void chunk.copy(entries.at(-1)?.content ?? Buffer.alloc(0), offset),
    endEntry: () => {},
  });
  let at = 0;
  for (const length of cut) {
    reader.write(archive.subarray(at, at + length));
    at += length;
  }
  reader.write(archive.subarray(at));
  reader.end();
  return entries;
}

const bytes = (max: number) => fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: max });
const entry = fc.record({
  path: bytes(300).map((name) => name.replace(/\/+$/, '') || 'x'),
  linkPath: bytes(300),
  type: fc.constantFrom('file', 'symlink', 'hardlink', 'dir', 'char', 'fifo'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  gid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  mtime: fc.integer({ min: -(2 ** 33), max: 2 ** 40 }),
  content: fc.uint8Array({ maxLength: 2000 }),
  xattrs: fc.dictionary(fc.stringMatching(/^user\.[a-z=é]{1,20}$/).filter((name) => !name.includes('=')), fc.uint8Array({ maxLength: 300 })),
});

describe('tar', () => {
  it('reads back what it wrote, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 30 }), (members, cut) => {
        const expected = members.map(({ content, xattrs, type, ...rest }): Read => {
          const file = type === 'file' ? Buffer.from(content) : Buffer.alloc(0);
          const attributes = new Map(Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value)]));
          const link = type === 'symlink' || type === 'hardlink' ? rest.linkPath : '';
          return { ...rest, type: type as TarEntry['type'], linkPath: link, size: file.length, major: 0, minor: 0, content: file, ...(attributes.size > 0 && { xattrs: attributes }) };
        });
        const parts = expected.flatMap(({ content, ...header }) => [encodeHeader(header), content, padding(content.length)]);
        expect(readAll(Buffer.concat([...parts, END_OF_ARCHIVE]), cut)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('never does worse than throw on any bytes', () => {
    const valid = Buffer.concat([encodeHeader({ path: 'é'.repeat(80), type: 'file', mode: 0o644, uid: 0, gid: 0, size: 3, mtime: 0, linkPath: '', major: 0, minor: 0 }), Buffer.from('abc'), padding(3)]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: valid.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = Buffer.from(valid);
        damaged[at] = value;
        try {
          readAll(damaged, []);
        } catch (error) {
          expect((error as Error).name).toMatch(/TarError|RangeError/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(['--format=gnu', '--format=pax', '--format=pax --sparse', '--format=pax --sparse --sparse-version=0.1', '--format=gnu --sparse', '--format=v7'])('reads what GNU tar writes with %s', (options) => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-tar-'));
    try {
      const file = join(directory, 'holes');
      writeFileSync(file, 'start');
      truncateSync(file, 300_000);
      const fd = openSync(file, 'r+');
      writeSync(fd, 'middle', 150_000);
      closeSync(fd);
      writeFileSync(join(directory, options.includes('v7') ? 'short' : `${'long-name-'.repeat(15)}.txt`), 'text');
      const archive = execFileSync('tar', [...options.split(' '), '--sort=name', '-C', directory, '-cf', '-', '.'], { maxBuffer: 1 << 24 });
      const members = readAll(archive, [100, 1000, 513]).filter((member) => member.type === 'file');
      expect(members.map((member) => member.path.length)).toHaveLength(2);
      expect(members.find((member) => member.path.endsWith('holes'))?.content.equals(readFileSync(file))).toBe(true);
      expect(members.find((member) => !member.path.endsWith('holes'))?.content.toString()).toBe('text');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
