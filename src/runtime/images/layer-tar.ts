/**
 * Reads an overlay upper directory (or an unpacked layer, which has the same form) as a layer's tar: character devices 0:0 become
 * whiteouts, opaque directories get their marker. Names in byte order, parents first, whole seconds, no user names: the same tree
 * gives the same bytes, always. Layers made here are stored as directories only and written out again through this file when they are
 * saved or pushed, so a change of the format needs a version in the layer record.
 */
import { closeSync, lutimesSync, openSync, readdirSync, readlinkSync, readSync, constants, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errnoCode } from '../../base/index.ts';
import { bytePathOf, fsPath, type BytePath } from '../host/byte-path.ts';
import { deviceNumbers, getXattr, listXattrs } from '../host/file-calls.ts';
import { isWhiteout, statIfExists } from './layer-unpack.ts';
import { encodeHeader, END_OF_ARCHIVE, padding, type TarEntry } from './tar/index.ts';

export interface LayerTarOptions {
  /** Modification times after this (seconds) become this. */
  epochS?: number;
  /** Also sets clamped times on the files themselves, so that reading again without `epochS` gives the same bytes. */
  rewriteTimes?: boolean;
  /** Writes a member for the root directory. */
  includeRoot?: boolean;
  /** Paths (relative, bytes) that are left out with all that is below them. */
  exclude?: ReadonlySet<BytePath>;
  signal?: AbortSignal;
  /** Called with the size of every regular file. */
  onFile?(bytes: number): void;
}

const READ = 256 * 1024;
const BATCH = 128 * 1024;
const SLICE_MS = 5;

/** Yields the archive in large chunks; each chunk is the caller's. Lets other work run every few milliseconds. */
export async function* layerTar(root: string, options: LayerTarOptions = {}): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [];
  let batched = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const part of treeParts(bytePathOf(root), options)) {
    batch.push(part);
    batched += part.length;
    const sliceOver = performance.now() > sliceEnd;
    if (batched < BATCH && !sliceOver) continue;
    yield batch.length === 1 ? part : Buffer.concat(batch);
    batch = [];
    batched = 0;
    if (!sliceOver) continue;
    await setImmediate();
    options.signal?.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  yield Buffer.concat([...batch, END_OF_ARCHIVE]);
}

function* treeParts(root: BytePath, options: LayerTarOptions): Generator<Buffer> {
  const seen = new Map<number, BytePath>(); // inode of a file with several names -> its first name
  if (options.includeRoot === true) {
    const stats = statIfExists(root);
    if (stats) yield encodeHeader({ ...entryOf(root, './', stats, options), type: 'dir' });
  }
  yield* directoryParts(root, '', options, seen);
}

function* directoryParts(directory: BytePath, prefix: BytePath, options: LayerTarOptions, seen: Map<number, BytePath>): Generator<Buffer> {
  for (const name of namesIn(directory).sort(compareBytes)) {
    const path = `${directory}/${name}`;
    const stats = statIfExists(path);
    if (!stats || stats.isSocket() || options.exclude?.has(prefix + name) === true) continue; // vanished, or not for archives
    if (isWhiteout(stats)) {
      yield encodeHeader({ ...entryOf(path, `${prefix}.wh.${name}`, stats, options), type: 'file', mode: 0, uid: 0, gid: 0, major: 0, minor: 0 });
    } else if (stats.isDirectory()) {
      yield encodeHeader({ ...entryOf(path, `${prefix}${name}/`, stats, options), type: 'dir' });
      if (isOpaque(path)) yield encodeHeader({ ...entryOf(path, `${prefix}${name}/.wh..wh..opq`, stats, options), type: 'file', mode: 0, uid: 0, gid: 0 });
      yield* directoryParts(path, `${prefix}${name}/`, options, seen);
    } else {
      yield* memberParts(path, prefix + name, stats, options, seen);
    }
  }
}

/** What is in a directory; nothing when it has gone, as directories of a running container do. */
export function namesIn(directory: BytePath): BytePath[] {
  try {
    return readdirSync(fsPath(directory), { encoding: 'latin1' });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* memberParts(path: BytePath, name: BytePath, stats: Stats, options: LayerTarOptions, seen: Map<number, BytePath>): Generator<Buffer> {
  const entry = entryOf(path, name, stats, options);
  const first = stats.nlink > 1 ? seen.get(stats.ino) : undefined;
  if (first !== undefined) {
    yield encodeHeader({ ...entry, type: 'hardlink', linkPath: first, size: 0 });
    return;
  }
  if (stats.nlink > 1) seen.set(stats.ino, name);
  if (!stats.isFile()) {
    yield encodeHeader(specialEntry(path, entry, stats));
    return;
  }
  entry.size = stats.size;
  addXattrs(path, entry);
  yield encodeHeader(entry);
  yield* contentParts(path, stats.size);
  options.onFile?.(stats.size);
}

function specialEntry(path: BytePath, entry: TarEntry, stats: Stats): TarEntry {
  if (stats.isSymbolicLink()) return { ...entry, type: 'symlink', linkPath: readlinkSync(fsPath(path), { encoding: 'latin1' }) };
  if (stats.isFIFO()) return { ...entry, type: 'fifo' };
  return { ...entry, type: stats.isBlockDevice() ? 'block' : 'char', ...deviceNumbers(stats.rdev) };
}

/** Exactly `size` bytes plus padding, also when the file changes meanwhile. */
function* contentParts(path: BytePath, size: number): Generator<Buffer> {
  if (size === 0) return;
  const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let at = 0; at < size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ, size - at));
      const length = readSync(fd, chunk, 0, chunk.length, at);
      if (length === 0) chunk.fill(0);
      const part = length === 0 ? chunk : chunk.subarray(0, length);
      at += part.length;
      yield part;
    }
  } finally {
    closeSync(fd);
  }
  const rest = padding(size);
  if (rest.length > 0) yield rest;
}

function entryOf(path: BytePath, name: BytePath, stats: Stats, options: LayerTarOptions): TarEntry {
  const { epochS } = options;
  const clamp = epochS !== undefined && stats.mtimeMs > epochS * 1000;
  if (clamp && options.rewriteTimes === true) lutimesSync(fsPath(path), epochS, epochS);
  const entry: TarEntry = {
    path: name,
    type: 'file',
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: 0,
    mtime: clamp ? epochS : Math.floor(stats.mtimeMs / 1000),
    linkPath: '',
    major: 0,
    minor: 0,
  };
  if (stats.isDirectory() && name.endsWith('/')) addXattrs(path, entry);
  return entry;
}

function addXattrs(path: BytePath, entry: TarEntry): void {
  for (const name of listXattrs(path)) {
    const kept = name === 'security.capability' || name.startsWith('user.') || (name.startsWith('trusted.') && !name.startsWith('trusted.overlay.'));
    const value = kept && !name.startsWith('user.overlay.') ? getXattr(path, name) : undefined;
    if (value) (entry.xattrs ??= new Map()).set(name, value);
  }
}

/** The directory hides what lower layers have at its place. */
export function isOpaque(path: BytePath): boolean {
  return getXattr(path, 'trusted.overlay.opaque')?.toString('latin1') === 'y';
}
