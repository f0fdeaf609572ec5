import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errnoCode } from '../../../base/index.ts';
import { type BytePath, fsPath } from '../../host/byte-path.ts';
import { deviceNumbers, getXattr, listXattrs } from '../../host/file-calls.ts';
import { encodeHeader, END_OF_ARCHIVE, padding, type TarEntry } from '../../images/index.ts';
import { member, namesIn, openDirectory, statMember } from './members.ts';

const READ = 256 * 1024;
const BATCH = 128 * 1024;
const SLICE_MS = 5;

/**
 * Writes one name of an open directory, with all below it, as a tar archive.
 * @param as  the name it gets in the archive; empty: the members below it only, relative to it
 */
export async function* packMember(directory: number, name: BytePath, as: BytePath, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [];
  let batched = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const part of memberParts(directory, name, as, new Map())) {
    batch.push(part);
    batched += part.length;
    if (batched < BATCH && performance.now() < sliceEnd) continue;
    yield Buffer.concat(batch);
    batch = [];
    batched = 0;
    await setImmediate(); // others want to be served too
    signal?.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  yield Buffer.concat([...batch, END_OF_ARCHIVE]);
}

type Seen = Map<string, BytePath>;

function* memberParts(directory: number, name: BytePath, as: BytePath, seen: Seen): Generator<Buffer> {
  const stats = statMember(directory, name);
  if (!stats || stats.isSocket()) return; // vanished, or not for archives
  if (stats.isDirectory()) return yield* directoryParts(directory, name, as, stats, seen);
  const path = member(directory, name);
  const entry = entryOf(as, stats);
  const inode = `${stats.dev}:${stats.ino}`;
  const first = stats.nlink > 1 ? seen.get(inode) : undefined;
  if (first !== undefined) return yield encodeHeader({ ...entry, type: 'hardlink', linkPath: first });
  if (stats.nlink > 1) seen.set(inode, as);
  if (stats.isFile()) return yield* fileParts(path, entry);
  const special = specialEntry(path, entry, stats);
  if (special) yield encodeHeader(special);
}

function* directoryParts(directory: number, name: BytePath, as: BytePath, stats: Stats, seen: Seen): Generator<Buffer> {
  let inner: number;
  try {
    inner = openDirectory(directory, name);
  } catch {
    return; // replaced meanwhile
  }
  try {
    const prefix = as === '' ? '' : `${as}/`;
    yield encodeHeader({ ...entryOf(prefix === '' ? './' : prefix, stats), type: 'dir', ...xattrsOf(member(directory, name)) });
    for (const child of namesIn(inner)) yield* memberParts(inner, child, prefix + child, seen);
  } finally {
    closeSync(inner);
  }
}

function entryOf(path: BytePath, stats: Stats): TarEntry {
  return {
    path, type: 'file', mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, size: 0,
    mtime: Math.floor(stats.mtimeMs / 1000), linkPath: '', major: 0, minor: 0,
  };
}

function specialEntry(path: BytePath, entry: TarEntry, stats: Stats): TarEntry | undefined {
  try {
    if (stats.isSymbolicLink()) return { ...entry, type: 'symlink', linkPath: readlinkSync(fsPath(path), { encoding: 'latin1' }) };
  } catch {
    return undefined; // replaced meanwhile
  }
  if (stats.isFIFO()) return { ...entry, type: 'fifo' };
  return { ...entry, type: stats.isBlockDevice() ? 'block' : 'char', ...deviceNumbers(stats.rdev) };
}

/** Header and exactly as many bytes as it announces, also when the file changes meanwhile. */
function* fileParts(path: BytePath, entry: TarEntry): Generator<Buffer> {
  let fd: number;
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes(errnoCode(error) ?? '')) return; // replaced meanwhile
    throw error;
  }
  try {
    const { size } = fstatSync(fd); // files of /proc claim to be empty, and stay so in the archive
    yield encodeHeader({ ...entry, size, ...xattrsOf(path) });
    for (let at = 0; at < size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ, size - at));
      const length = readSync(fd, chunk, 0, chunk.length, at);
      if (length === 0) chunk.fill(0);
      yield length === 0 ? chunk : chunk.subarray(0, length);
      at += length === 0 ? chunk.length : length;
    }
    const rest = padding(size);
    if (rest.length > 0) yield rest;
  } finally {
    closeSync(fd);
  }
}

function xattrsOf(path: BytePath): { xattrs?: Map<string, Buffer> } {
  const xattrs = new Map<string, Buffer>();
  try {
    for (const name of listXattrs(path)) {
      const value = name === 'security.capability' || name.startsWith('user.') ? getXattr(path, name) : undefined;
      if (value) xattrs.set(name, value);
    }
  } catch {
    // some file systems refuse to list
  }
  return xattrs.size > 0 ? { xattrs } : {};
}
