/** What COPY copies from: a build context, a stage, an image, a git checkout. Paths are relative to the root, without leading slash; '' is the root. */
import type { BytePath } from '../../host/byte-path.ts';

export interface TreeNode {
  readonly type: 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo';
  /** Permission bits with set-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Equal for files of one tree that are the same file under several names; absent for a file with one name. */
  readonly hardlink?: string;
  /** Bytes of a file's content. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Target of a symlink, else empty. */
  readonly link: BytePath;
  readonly major: number;
  readonly minor: number;
}

export interface SourceTree {
  /** Does not follow symlinks. */
  stat(path: BytePath): TreeNode | undefined;
  /** Names in a directory, in byte order; none for anything else. */
  list(path: BytePath): readonly BytePath[];
  /** SHA-256 of a file's content, hexadecimal. */
  digest(path: BytePath): Promise<string>;
  /** A file's content as an open descriptor, which the caller closes. @throws EngineError invalid when it is no file any more */
  openContent(path: BytePath): number;
  /** Extended attributes that a copy keeps. */
  xattrs(path: BytePath): ReadonlyMap<string, Buffer>;
}

export const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

/** `a`, `b` to `a/b`; an empty parent is the root. */
export function childPath(parent: BytePath, name: BytePath): BytePath {
  return parent === '' ? name : `${parent}/${name}`;
}
