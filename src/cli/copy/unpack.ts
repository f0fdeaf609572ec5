/**
 * Writing an archive that a container made to our own disk. The container may be hostile: no entry may land outside the target, neither
 * by its name nor through a symbolic link that an earlier entry made.
 */
import { chmodSync, chownSync, closeSync, lstatSync, linkSync, lutimesSync, mkdirSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Header, TarParser as Parser, TarEntry as Entry } from './tar-types.ts';
import { UserError } from '../../base/index.ts';

export interface UnpackOptions {
  /** Existing folder that everything lands in. */
  readonly folder: string;
  /** The archive's first name component becomes this one; undefined drops it: only what is in it is unpacked. */
  readonly rootName: string | undefined;
  /** Keep owner, group and all mode bits. */
  readonly archive: boolean;
  readonly onWarning: (message: string) => void;
}

/** @throws UserError for an archive that tries to leave the folder */
export async function unpack(source: Readable, options: UnpackOptions): Promise<void> {
  const parser = extract() as unknown as Parser;
  const feeding = feed(source, parser);
  feeding.catch((error: Error) => parser.destroy(error)); // the loop below then fails with it
  const folders: { path: string; entry: Header }[] = [];
  for await (const entry of parser) {
    const parts = partsOf(entry.header.name, options.rootName);
    if (parts === undefined) {
      entry.resume();
      continue;
    }
    const path = safePath(options.folder, parts, entry.header.name);
    await write(entry, path, options);
    if (entry.header.type === 'directory') folders.push({ path, entry: entry.header });
  }
  await feeding;
  for (const { path, entry } of folders.reverse()) finish(path, entry, options); // writing into a folder changes its time
}

async function feed(source: AsyncIterable<Uint8Array>, parser: Parser): Promise<void> {
  for await (const piece of source) {
    if (parser.write(piece)) continue;
    await new Promise<void>((resolve) => {
      parser.once('drain', resolve);
      parser.once('close', resolve); // the reader has given up
    });
  }
  parser.end();
}

/** @returns undefined for the archive's root itself when it is dropped */
function partsOf(name: string, rootName: string | undefined): string[] | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) throw hostile(name);
  const [, ...below] = parts;
  if (rootName !== undefined) return [rootName, ...below];
  return below.length === 0 ? undefined : below;
}

/** Every folder on the way must be a real one. */
function safePath(folder: string, parts: readonly string[], name: string): string {
  let at = folder;
  for (const part of parts.slice(0, -1)) {
    at = join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) mkdirSync(at);
    else if (!stat.isDirectory()) throw hostile(name);
  }
  return join(at, parts.at(-1) ?? '');
}

async function write(entry: Entry, path: string, options: UnpackOptions): Promise<void> {
  const { header } = entry;
  switch (header.type) {
    case 'directory':
      entry.resume();
      return makeFolder(path);
    case 'symlink':
      entry.resume();
      replace(path);
      symlinkSync(header.linkname, path);
      return finish(path, header, options);
    case 'link':
      entry.resume();
      return makeLink(path, header, options);
    case 'file':
    case 'contiguous-file':
      replace(path);
      await writeFile(entry, path);
      return finish(path, header, options);
    default:
      entry.resume();
      options.onWarning(`${header.name}: a ${header.type} is not copied`);
  }
}

async function writeFile(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    for await (const piece of content) for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
  } finally {
    closeSync(fd);
  }
}

function makeFolder(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return;
  if (stat) throw new UserError(`${path} exists and is not a directory`, { code: 'copy.target' });
  mkdirSync(path);
}

/** The name of a hard link starts at the archive's root, as those of entries do. */
function makeLink(path: string, header: Header, options: UnpackOptions): void {
  const target = partsOf(header.linkname, options.rootName);
  if (target === undefined) throw hostile(header.name);
  replace(path);
  linkSync(safePath(options.folder, target, header.name), path);
}

function replace(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new UserError(`${path} is a directory`, { code: 'copy.target' });
  if (stat) rmSync(path);
}

function finish(path: string, { type, mode, uid, gid, mtime }: Header, { archive }: UnpackOptions): void {
  const isLink = type === 'symlink';
  if (archive && !isLink) chownSync(path, uid, gid);
  if (!isLink) chmodSync(path, archive ? mode & 0o7777 : mode & 0o777);
  lutimesSync(path, mtime, mtime);
}

function hostile(name: string): UserError {
  return new UserError(`the archive has an entry that would leave the target: ${JSON.stringify(name)}`, { code: 'copy.hostile' });
}
