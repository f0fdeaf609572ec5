/**
 * Writes a layer's tar members below one directory in overlayfs's form: whiteouts become character devices 0:0, opaque markers the
 * xattr `trusted.overlay.opaque`. The result does not depend on the layers below, so one unpacked layer serves every image that has it.
 *
 * Hostile input: names may not be absolute or contain `..`; symlinks in a parent path are followed inside the root only, as a chroot
 * would; nothing is ever opened through a symlink. Everything is synchronous: nobody can swap a path between check and use, and the
 * root belongs to the engine.
 * @see OCI image specification, "Image Layer Filesystem Changeset"
 */
import {
  chmodSync, closeSync, fchmodSync, fchownSync, ftruncateSync, futimesSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync,
  openSync, rmSync, symlinkSync, constants, type Stats,
} from 'node:fs';
import { errnoCode, writeFully } from '../../base/index.ts';
import { bytePathOf, fsPath, textOf, type BytePath } from '../host/byte-path.ts';
import { makeNode, setXattr, S_IFBLK, S_IFCHR, S_IFIFO } from '../host/file-calls.ts';
import { resolveInRoot } from './layer-paths.ts';
import { TarError, type TarEntry, type TarSink } from './tar/index.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const MAX_ENTRIES = 5_000_000;
const HOLE_UNIT = 16 * 1024;
const ZEROS = Buffer.alloc(HOLE_UNIT);

export interface UnpackOptions {
  /** Called with the number of content bytes before they are written; throws to refuse (decompression bombs, full disks). */
  account?(bytes: number): void;
}

export class LayerUnpacker implements TarSink {
  readonly #root: BytePath;
  readonly #options: UnpackOptions;
  /** Cleaned parent path in the archive -> real directory. Emptied whenever a directory or symlink is replaced. */
  readonly #parents = new Map<string, BytePath>();
  readonly #directories = new Map<BytePath, TarEntry>();
  #fd: number | undefined;
  #file: BytePath = '';
  #entries = 0;
  #bytes = 0;
  #rootEntry: TarEntry | undefined;
  #opaqueRoot = false;

  /** @param root  an empty directory */
  constructor(root: string, options: UnpackOptions = {}) {
    this.#root = bytePathOf(root);
    this.#options = options;
  }

  /** Sum of the sizes of all regular files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The archive had a member for the root directory itself. */
  get hasRoot(): boolean {
    return this.#rootEntry !== undefined;
  }

  /** The layer hides everything below it. Overlayfs ignores the mark on a root, so whoever mounts must leave the lower layers out. */
  get hasOpaqueRoot(): boolean {
    return this.#opaqueRoot;
  }

  entry(entry: TarEntry): void {
    if (++this.#entries > MAX_ENTRIES) throw new TarError(`more than ${MAX_ENTRIES} entries`);
    const parts = cleanPath(entry.path);
    const name = parts.pop();
    if (name === undefined) {
      if (entry.type === 'dir') this.#rootEntry = entry;
      return;
    }
    const parent = this.#parent(parts);
    if (name.startsWith(WHITEOUT)) return this.#whiteout(parent, name);
    const path = `${parent}/${name}`;
    if (entry.type === 'file') return this.#openFile(path, entry);
    this.#make(path, entry);
    this.#attributes(path, entry);
  }

  data(chunk: Buffer, offset: number): void {
    if (this.#fd === undefined) return;
    this.#options.account?.(chunk.length);
    for (let done = 0; done < chunk.length; ) {
      const end = Math.min(chunk.length, done + HOLE_UNIT - ((offset + done) % HOLE_UNIT));
      if (end - done === HOLE_UNIT && chunk.compare(ZEROS, 0, HOLE_UNIT, done, end) === 0) done = end;
      else done = this.#writeUntilZeros(chunk, offset, done, end);
    }
  }

  /** Writes at least `[start, end)`, and on up to the next aligned run of zeros. */
  #writeUntilZeros(chunk: Buffer, offset: number, start: number, end: number): number {
    let to = end;
    while (to < chunk.length) {
      const next = Math.min(chunk.length, to + HOLE_UNIT);
      if (next - to === HOLE_UNIT && chunk.compare(ZEROS, 0, HOLE_UNIT, to, next) === 0) break;
      to = next;
    }
    writeFully(this.#fd ?? -1, chunk.subarray(start, to), offset + start);
    return to;
  }

  endEntry(entry: TarEntry): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    try {
      if (entry.size > 0) ftruncateSync(fd, entry.size); // a file may end in a hole
      fchownSync(fd, entry.uid, entry.gid);
      fchmodSync(fd, entry.mode);
      if (entry.xattrs) this.#xattrs(this.#file, entry); // after chown, which drops capabilities
      futimesSync(fd, entry.mtime, entry.mtime);
    } finally {
      this.#fd = undefined;
      closeSync(fd);
    }
    this.#bytes += entry.size;
  }

  /** Sets what must come last: modes and times of directories. */
  finish(): void {
    for (const [path, entry] of [...this.#directories].reverse()) {
      if (!statIfExists(path)?.isDirectory()) continue;
      chmodSync(fsPath(path), entry.mode);
      lutimesSync(fsPath(path), entry.mtime, entry.mtime);
    }
    const root = this.#rootEntry;
    if (!root) return;
    lchownSync(fsPath(this.#root), root.uid, root.gid);
    chmodSync(fsPath(this.#root), root.mode);
    this.#xattrs(this.#root, root);
    lutimesSync(fsPath(this.#root), root.mtime, root.mtime);
  }

  /** Closes what is open after an error. The caller deletes the root. */
  abort(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #parent(parts: readonly string[]): BytePath {
    const key = parts.join('/');
    const known = this.#parents.get(key);
    if (known !== undefined) return known;
    const path = resolveInRoot(this.#root, parts, (missing) => mkdirSync(fsPath(missing), { mode: 0o755 }));
    this.#parents.set(key, path);
    return path;
  }

  #whiteout(parent: BytePath, name: string): void {
    if (name === OPAQUE) {
      if (parent === this.#root) this.#opaqueRoot = true;
      return setXattr(parent, 'trusted.overlay.opaque', Buffer.from('y'));
    }
    if (name.startsWith(WHITEOUT + WHITEOUT)) return; // other aufs metadata
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === '' || hidden === '.' || hidden === '..') throw new TarError(`invalid whiteout: ${textOf(name)}`);
    const path = `${parent}/${hidden}`;
    const existing = statIfExists(path); // a whiteout is about the layers below, not about what this layer brings itself
    if (!existing) makeNode(path, S_IFCHR, 0, 0);
    else if (existing.isDirectory()) setXattr(path, 'trusted.overlay.opaque', Buffer.from('y'));
  }

  #openFile(path: BytePath, entry: TarEntry): void {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    try {
      this.#fd = openSync(fsPath(path), flags, 0o600);
    } catch (error) {
      if (errnoCode(error) !== 'EEXIST') throw error;
      this.#replace(path, entry);
      this.#fd = openSync(fsPath(path), flags, 0o600);
    }
    this.#file = path;
  }

  /** Removes what an earlier member of this archive left at `path`. @returns whether that was a whiteout */
  #replace(path: BytePath, entry: TarEntry): boolean {
    const existing = statIfExists(path);
    if (!existing) return false;
    if (existing.isDirectory() || existing.isSymbolicLink()) this.#parents.clear();
    if (existing.isFile() && existing.nlink === 1) this.#bytes -= existing.size;
    if (existing.isDirectory() && entry.type !== 'dir') for (const key of this.#directories.keys()) if (key === path || key.startsWith(`${path}/`)) this.#directories.delete(key);
    rmSync(fsPath(path), { recursive: true, force: true });
    return isWhiteout(existing);
  }

  #make(path: BytePath, entry: TarEntry): void {
    const existing = entry.type === 'dir' ? statIfExists(path) : undefined;
    if (existing?.isDirectory()) return;
    const target = entry.type === 'hardlink' ? this.#hardlinkTarget(entry) : '';
    if (target === path) return;
    const hidLower = this.#replace(path, entry);
    switch (entry.type) {
      case 'dir':
        mkdirSync(fsPath(path), { mode: 0o700 });
        if (hidLower) setXattr(path, 'trusted.overlay.opaque', Buffer.from('y'));
        return;
      case 'symlink':
        return symlinkSync(fsPath(entry.linkPath), fsPath(path));
      case 'hardlink':
        return linkSync(fsPath(target), fsPath(path));
      case 'char':
        return makeNode(path, S_IFCHR | entry.mode, entry.major, entry.minor);
      case 'block':
        return makeNode(path, S_IFBLK | entry.mode, entry.major, entry.minor);
      case 'fifo':
        return makeNode(path, S_IFIFO | entry.mode);
      case 'file':
        throw new Error('files are opened, not made');
    }
  }

  #hardlinkTarget(entry: TarEntry): BytePath {
    const parts = cleanPath(entry.linkPath);
    const name = parts.pop();
    if (name === undefined) throw new TarError(`invalid hard link target: ${textOf(entry.linkPath)}`);
    const target = `${this.#parent(parts)}/${name}`;
    const stats = statIfExists(target);
    if (!stats) throw new TarError(`hard link target ${textOf(entry.linkPath)} does not exist`);
    if (stats.isDirectory()) throw new TarError(`hard link to a directory: ${textOf(entry.linkPath)}`);
    return target;
  }

  #attributes(path: BytePath, entry: TarEntry): void {
    if (entry.type === 'hardlink') return; // the inode has them from its first name
    lchownSync(fsPath(path), entry.uid, entry.gid);
    if (entry.type !== 'symlink' && entry.type !== 'dir') chmodSync(fsPath(path), entry.mode);
    if (entry.type === 'symlink' || entry.type === 'dir') this.#xattrs(path, entry);
    if (entry.type === 'dir') this.#directories.set(path, entry);
    else lutimesSync(fsPath(path), entry.mtime, entry.mtime);
  }

  #xattrs(path: BytePath, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs ?? []) {
      if (/^(?:trusted|user)\.overlay\./.test(name)) continue; // would let an archive redirect lookups
      try {
        setXattr(path, name, value);
      } catch (error) {
        if (!['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(errnoCode(error) ?? '')) throw error; // as dockerd: not every file system has all
      }
    }
  }
}

/** A character device 0:0, overlayfs's mark for "deleted". */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

/** lstat, undefined when nothing is there. */
export function statIfExists(path: BytePath): Stats | undefined {
  return lstatSync(fsPath(path), { throwIfNoEntry: false });
}

/** Splits a member's name. @throws TarError for names that leave the root */
function cleanPath(path: BytePath): string[] {
  if (path.startsWith('/')) throw new TarError(`absolute path in archive: ${textOf(path)}`);
  if (path.length > 4096 || path.includes('\0')) throw new TarError('invalid path in archive');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new TarError(`path in archive leaves its root: ${textOf(path)}`);
  return parts;
}
