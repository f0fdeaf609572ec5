import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packTree } from '../../../src/cli/copy/pack.ts';
import type { Header, TarPacker } from '../../../src/cli/copy/tar-types.ts';
import { unpack } from '../../../src/cli/copy/unpack.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsc-copy-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const warnings: string[] = [];
const onWarning = (message: string): void => void warnings.push(message);

async function archiveOf(entries: readonly (Partial<Header> & { name: string; content?: string })[]): Promise<Readable> {
  const archive = pack() as unknown as TarPacker;
  for (const { content = '', ...header } of entries) archive.entry(header, content, () => {});
  archive.finalize();
  return Readable.from(archive);
}

function unpackTo(folder: string, archive: Readable, rootName: string | undefined = 'x'): Promise<void> {
  return unpack(archive, { folder, rootName, archive: false, onWarning });
}

describe('copying a folder out and in', () => {
  it('keeps contents, modes, links and times, under a new name', async () => {
    const source = join(base, 'from');
    mkdirSync(join(source, 'sub'), { recursive: true });
    writeFileSync(join(source, 'big'), Buffer.alloc(300_000, 'ab'));
    writeFileSync(join(source, 'empty'), '');
    chmodSync(join(source, 'empty'), 0o755);
    symlinkSync('../big', join(source, 'sub', 'link'));
    linkSync(join(source, 'big'), join(source, 'hard'));
    const target = join(base, 'target');
    mkdirSync(target);
    await unpackTo(target, packTree(source, { rootName: 'tree', followLink: false, archive: false, onWarning }), 'renamed');
    expect(readdirSync(join(target, 'renamed')).sort()).toEqual(['big', 'empty', 'hard', 'sub']);
    expect(readFileSync(join(target, 'renamed/big')).equals(readFileSync(join(source, 'big')))).toBe(true);
    expect(statSync(join(target, 'renamed/empty')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(target, 'renamed/sub/link'))).toBe('../big');
    expect(Math.abs(statSync(join(target, 'renamed/big')).mtimeMs - statSync(join(source, 'big')).mtimeMs)).toBeLessThan(1000);
  });

  it('leaves the top folder out when only its content is wanted', async () => {
    mkdirSync(join(base, 'from'));
    writeFileSync(join(base, 'from', 'a'), '1');
    const target = join(base, 'target');
    mkdirSync(target);
    await unpack(packTree(join(base, 'from'), { rootName: 'from', followLink: false, archive: false, onWarning }), { folder: target, rootName: undefined, archive: false, onWarning });
    expect(readdirSync(target)).toEqual(['a']);
  });

  it('drops set-uid bits unless the archive mode is asked for', async () => {
    await unpackTo(base, await archiveOf([{ name: 'f', mode: 0o4755 }]), 'f');
    expect(statSync(join(base, 'f')).mode & 0o7777).toBe(0o755);
  });
});

describe('a hostile archive', () => {
  const outside = () => join(base, 'outside');
  const inside = () => join(base, 'inside');
  beforeEach(() => {
    mkdirSync(outside());
    mkdirSync(inside());
    writeFileSync(join(outside(), 'victim'), 'safe');
  });

  it.each([
    ['climbs out by its name', [{ name: 'x/../../outside/victim', content: 'evil' }]],
    ['goes through a link that it made', [{ name: 'x' , type: 'directory' as const }, { name: 'x/l', type: 'symlink' as const, linkname: '../../outside' }, { name: 'x/l/victim', content: 'evil' }]],
    ['makes a hard link to something outside', [{ name: 'x', type: 'directory' as const }, { name: 'x/h', type: 'link' as const, linkname: '../../outside/victim' }, { name: 'x/h', content: 'evil' }]],
  ])('that %s is refused', async (_how, entries) => {
    await expect(unpackTo(inside(), await archiveOf(entries))).rejects.toThrow(/would leave the target/);
    expect(readFileSync(join(outside(), 'victim'), 'utf8')).toBe('safe');
  });

  it('cannot write through a link that lies at the place of a file', async () => {
    symlinkSync(join(outside(), 'victim'), join(inside(), 'x'));
    await unpackTo(inside(), await archiveOf([{ name: 'x', content: 'new' }]));
    expect(lstatSync(join(inside(), 'x')).isFile()).toBe(true);
    expect(readFileSync(join(outside(), 'victim'), 'utf8')).toBe('safe');
  });

  it('cannot turn a folder into a file', async () => {
    mkdirSync(join(inside(), 'x', 'keep'), { recursive: true });
    await expect(unpackTo(inside(), await archiveOf([{ name: 'x', content: 'new' }]))).rejects.toThrow(/is a directory/);
    expect(existsSync(join(inside(), 'x', 'keep'))).toBe(true);
  });

  it('has its devices left out, with a warning', async () => {
    warnings.length = 0;
    await unpackTo(inside(), await archiveOf([{ name: 'x', type: 'directory' }, { name: 'x/null', type: 'character-device',  }]));
    expect(existsSync(join(inside(), 'x', 'null'))).toBe(false);
    expect(warnings).toEqual(['x/null: a character-device is not copied']);
  });

  it('that ends early fails', async () => {
    const whole = await archiveOf([{ name: 'x', content: 'a'.repeat(5000) }]);
    const pieces: Buffer[] = [];
    for await (const piece of whole as AsyncIterable<Buffer>) pieces.push(piece);
    const cut = Buffer.concat(pieces).subarray(0, 2000);
    await expect(unpackTo(inside(), Readable.from([cut]))).rejects.toThrow();
  });
});
