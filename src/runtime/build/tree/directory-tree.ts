import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, read as readFile, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { errnoCode } from '../../../base/index.ts';
import { bytePathOf, fsPath, type BytePath } from '../../host/byte-path.ts';
import { deviceNumbers, getXattr, listXattrs } from '../../host/file-calls.ts';
import { NO_XATTRS, type SourceTree, type TreeNode } from './source-tree.ts';

const SMALL = 256 * 1024;

/** A directory that belongs to the engine as a tree: nobody else writes to it meanwhile. */
export class DirectoryTree implements SourceTree {
  readonly #root: BytePath;
  readonly #ownedByRoot: boolean;

  /** @param options.ownedByRoot  a build context: whose the files are on this machine means nothing */
  constructor(root: string, options: { ownedByRoot?: boolean } = {}) {
    this.#root = bytePathOf(root);
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
    const fd = this.openContent(path);
    try {
      return await hashOpenFile(fd);
    } finally {
      closeSync(fd);
    }
  }

  openContent(path: BytePath): number {
    return openSync(fsPath(this.#full(path)), constants.O_RDONLY | constants.O_NOFOLLOW);
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

/** @param full  absolute, for a symlink's target @returns undefined for sockets, which cannot be copied */
export function nodeOf(full: BytePath, stats: Stats): TreeNode | undefined {
  const type = typeOf(stats);
  if (!type) return undefined;
  return {
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    ...(type === 'file' && stats.nlink > 1 && { hardlink: `${stats.dev}:${stats.ino}` }),
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

const readAsync = promisify(readFile);

/** SHA-256 of an open file, hexadecimal. Small files at once, large ones in pieces that let other work run. */
export async function hashOpenFile(fd: number): Promise<string> {
  const hash = createHash('sha256');
  const small = Buffer.allocUnsafe(SMALL);
  const length = readSync(fd, small, 0, SMALL, 0);
  hash.update(small.subarray(0, length));
  if (length < SMALL) return hash.digest('hex');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let at = SMALL; ; ) {
    const { bytesRead } = await readAsync(fd, buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
