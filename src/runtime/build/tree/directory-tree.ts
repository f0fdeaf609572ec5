import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync, type BigIntStats, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoCode } from '../../../base/index.ts';
import { bytePathOf, fsPath, type BytePath } from '../../host/byte-path.ts';
import { deviceNumbers, getXattr, listXattrs } from '../../host/file-calls.ts';
import { NO_XATTRS, type SourceTree, type TreeNode } from './source-tree.ts';

const SMALL = 256 * 1024;

/** Remembers digests of files by what stat says, over builds. */
export interface DigestCache {
  get(path: BytePath, stats: BigIntStats): string | undefined;
  set(path: BytePath, stats: BigIntStats, digest: string): void;
}

/** A directory of this machine as a tree. Its owner is trusted not to swap paths while a build reads them. */
export class DirectoryTree implements SourceTree {
  readonly #root: BytePath;
  readonly #cache: DigestCache | undefined;
  readonly #ownedByRoot: boolean;

  /** @param options.ownedByRoot  a build context: whose the files are on this machine means nothing */
  constructor(root: string, cache?: DigestCache, options: { ownedByRoot?: boolean } = {}) {
    this.#root = bytePathOf(root);
    this.#cache = cache;
    this.#ownedByRoot = options.ownedByRoot ?? false;
  }

  stat(path: BytePath): TreeNode | undefined {
    const full = this.#full(path);
    let stats: Stats | undefined;
    try {
      stats = lstatSync(fsPath(full), { throwIfNoEntry: false });
    } catch (error) {
      if (errnoCode(error) === 'ENOTDIR' || errnoCode(error) === 'ENAMETOOLONG') return undefined;
      throw error;
    }
    const node = stats && nodeOf(full, stats);
    return node && this.#ownedByRoot ? { ...node, uid: 0, gid: 0 } : node;
  }

  list(path: BytePath): readonly BytePath[] {
    try {
      return readdirSync(fsPath(this.#full(path)), { encoding: 'latin1' }).sort();
    } catch (error) {
      if (errnoCode(error) === 'ENOTDIR' || errnoCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async digest(path: BytePath): Promise<string> {
    const full = this.#full(path);
    if (!this.#cache) return hashFile(full);
    const stats = lstatSync(fsPath(full), { bigint: true });
    const known = this.#cache.get(path, stats);
    if (known !== undefined) return known;
    const digest = await hashFile(full);
    this.#cache.set(path, stats, digest);
    return digest;
  }

  contentFile(path: BytePath): BytePath {
    return this.#full(path);
  }

  xattrs(path: BytePath): ReadonlyMap<string, Buffer> {
    const full = this.#full(path);
    const names = listXattrs(full).filter((name) => name === 'security.capability' || name.startsWith('user.'));
    if (names.length === 0) return NO_XATTRS;
    return new Map(names.flatMap((name) => {
      const value = getXattr(full, name);
      return value ? [[name, value] as const] : [];
    }));
  }

  #full(path: BytePath): BytePath {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }
}

function nodeOf(full: BytePath, stats: Stats): TreeNode | undefined {
  const type = typeOf(stats);
  if (!type) return undefined; // sockets cannot be copied
  return {
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: type === 'file' ? stats.size : 0,
    mtimeMs: stats.mtimeMs,
    link: type === 'symlink' ? readlinkSync(fsPath(full), { encoding: 'latin1' }) : '',
    ...(type === 'char' || type === 'block' ? deviceNumbers(stats.rdev) : { major: 0, minor: 0 }),
  };
}

function typeOf(stats: Stats): TreeNode['type'] | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isBlockDevice()) return 'block';
  return stats.isCharacterDevice() ? 'char' : undefined;
}

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/** SHA-256 of a file, hexadecimal. Small files at once, large ones in pieces that let other work run. */
export async function hashFile(path: BytePath): Promise<string> {
  const hash = createHash('sha256');
  const fd = openSync(fsPath(path), FLAGS);
  try {
    const buffer = Buffer.allocUnsafe(SMALL);
    const length = readSync(fd, buffer);
    hash.update(buffer.subarray(0, length));
    if (length < SMALL) return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
  const handle = await open(fsPath(path), FLAGS);
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let at = SMALL; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
