import { closeSync, constants, fstatSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { EngineError, errnoCode } from '../../../base/index.ts';
import { fsPath, textOf, type BytePath } from '../../host/byte-path.ts';
import { fdPath, openInRoot } from '../../host/rooted.ts';
import { hashOpenFile, nodeOf } from './directory-tree.ts';
import { NO_XATTRS, type SourceTree, type TreeNode } from './source-tree.ts';

/** Remembers digests of files by what stat says, over builds. */
export interface DigestCache {
  get(path: BytePath, stats: Stats): string | undefined;
  set(path: BytePath, stats: Stats, digest: string): void;
}

/**
 * A build context that is read in place, while others may write to it. Contents come only through the descriptor of the directory that
 * the client named, and the kernel keeps the walk below it: whoever swaps a directory for a symlink during a build gains nothing.
 * Whose the files are on this machine means nothing, and extended attributes do not travel: as with BuildKit's contexts.
 */
export class LiveDirectory implements SourceTree {
  readonly #rootFd: number;
  readonly #root: string;
  readonly #cache: DigestCache;
  /** The walk asks for a file's digest right after its stat. */
  #last: { readonly path: BytePath; readonly stats: Stats } | undefined;

  /** @param rootFd  open directory; it stays the caller's to close, after the last use of the tree */
  constructor(rootFd: number, cache: DigestCache) {
    this.#rootFd = rootFd;
    this.#root = fdPath(rootFd);
    this.#cache = cache;
  }

  stat(path: BytePath): TreeNode | undefined {
    const full = this.#full(path);
    try {
      const stats = lstatSync(fsPath(full), { throwIfNoEntry: false });
      this.#last = stats && { path, stats };
      const node = stats && nodeOf(full, stats);
      return node && { ...node, uid: 0, gid: 0 };
    } catch (error) {
      const code = errnoCode(error);
      // EINVAL and ENOENT: it was a symlink a moment ago.
      if (code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'EINVAL' || code === 'ENOENT') return undefined;
      throw error;
    }
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
    const last = this.#last?.path === path ? this.#last.stats : undefined;
    const known = last && this.#cache.get(path, last);
    if (known !== undefined) return known;
    const fd = this.openContent(path);
    try {
      const stats = fstatSync(fd);
      const digest = await hashOpenFile(fd);
      this.#cache.set(path, stats, digest);
      return digest;
    } finally {
      closeSync(fd);
    }
  }

  openContent(path: BytePath): number {
    const fd = this.#open(path);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    throw changed(path);
  }

  #open(path: BytePath): number {
    try {
      // O_NONBLOCK: a pipe that took a file's place must not hold the engine.
      return openInRoot(this.#rootFd, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW, { bytes: true });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoCode(error) ?? '')) throw changed(path, error);
      throw error;
    }
  }

  xattrs(): ReadonlyMap<string, Buffer> {
    return NO_XATTRS;
  }

  #full(path: BytePath): BytePath {
    return path === '' ? `${this.#root}/.` : `${this.#root}/${path}`;
  }
}

function changed(path: BytePath, cause?: unknown): EngineError {
  return new EngineError('invalid', `${textOf(path)} changed while the build read it`, { cause });
}
