import {
  chmodSync, closeSync, fchmodSync, fchownSync, ftruncateSync, futimesSync, lchownSync, linkSync, lutimesSync, mkdirSync, openSync,
  symlinkSync, constants,
} from 'node:fs';
import { EngineError, errnoCode, writeFully } from '../../../base/index.ts';
import { type BytePath, bytePathOf, fsPath, textOf } from '../../host/byte-path.ts';
import { makeNode, S_IFBLK, S_IFCHR, S_IFIFO, setXattr } from '../../host/file-calls.ts';
import { openInRoot } from '../../host/rooted.ts';
import { type TarEntry, TarError, type TarSink } from '../../images/index.ts';
import { member, removeMember, statMember } from './members.ts';

export interface ExtractOptions {
  /** A directory of the container, as its processes would name it. */
  readonly into: string;
  /** Refuse to put something else in the place of a directory, and a directory in the place of something else. */
  readonly noOverwriteDirNonDir: boolean;
  /** Everything belongs to this user instead of the archive's. */
  readonly owner?: { uid: number; gid: number };
}

/**
 * Unpacks an archive in a container's file system. Names are taken inside its root, whatever symlinks it has and whoever changes them
 * meanwhile: parents are resolved by the kernel below the root, and the last component is never followed.
 */
export class Extractor implements TarSink {
  readonly #root: number;
  readonly #options: ExtractOptions;
  readonly #into: BytePath;
  /** The parent of the last member: archives list directories one after the other. */
  #parentPath = '';
  #parent = -1;
  #file = -1;
  #filePath: BytePath = '';
  readonly #directories: { path: BytePath; entry: TarEntry }[] = [];

  constructor(root: number, options: ExtractOptions) {
    this.#root = root;
    this.#options = options;
    this.#into = bytePathOf(options.into).replace(/\/+$/, '');
  }

  entry(entry: TarEntry): void {
    const { parents, name } = split(entry.path);
    if (name === undefined) return; // the directory itself keeps what it has
    const directory = this.#openParent(parents);
    this.#makeWay(directory, name, entry);
    if (entry.type === 'file') {
      this.#filePath = member(directory, name);
      this.#file = openSync(fsPath(this.#filePath), FILE_FLAGS, 0o600);
    } else this.#make(directory, name, entry);
  }

  data(chunk: Buffer, offset: number): void {
    writeFully(this.#file, chunk, offset);
  }

  endEntry(entry: TarEntry): void {
    if (this.#file < 0) return;
    const fd = this.#file;
    this.#file = -1;
    try {
      if (entry.size > 0) ftruncateSync(fd, entry.size); // it may end in a hole
      const { uid, gid } = this.#options.owner ?? entry;
      fchownSync(fd, uid, gid);
      fchmodSync(fd, entry.mode);
      setXattrs(this.#filePath, entry); // after chown, which drops capabilities
      futimesSync(fd, entry.mtime, entry.mtime);
    } finally {
      closeSync(fd);
    }
  }

  /** Sets what must come last: times of directories. */
  finish(): void {
    for (const { path, entry } of this.#directories.reverse()) {
      const { parents, name } = split(path);
      if (name === undefined) continue;
      try {
        lutimesSync(fsPath(member(this.#openParent(parents), name)), entry.mtime, entry.mtime);
      } catch (error) {
        if (errnoCode(error) !== 'ENOENT' && errnoCode(error) !== 'ENOTDIR') throw error;
      }
    }
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    if (this.#parent >= 0) closeSync(this.#parent);
    this.#file = this.#parent = -1;
  }

  /** An open descriptor of a directory below the target, made when it is missing. Valid until the next member. */
  #openParent(parents: readonly BytePath[]): number {
    const path = [this.#into, ...parents].join('/');
    if (this.#parent >= 0 && path === this.#parentPath) return this.#parent;
    if (this.#parent >= 0) closeSync(this.#parent);
    this.#parent = -1;
    this.#parent = this.#openOrMake(path);
    this.#parentPath = path;
    return this.#parent;
  }

  #openOrMake(path: BytePath): number {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    try {
      return openInRoot(this.#root, path, flags, { bytes: true });
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
    const at = path.lastIndexOf('/');
    const above = this.#openOrMake(path.slice(0, at));
    try {
      mkdirSync(fsPath(member(above, path.slice(at + 1))), { mode: 0o755 });
    } catch (error) {
      if (errnoCode(error) !== 'EEXIST') throw error;
    } finally {
      closeSync(above);
    }
    return openInRoot(this.#root, path, flags, { bytes: true });
  }

  /** Removes what is in the way of a member. A directory stays where a directory comes. */
  #makeWay(directory: number, name: BytePath, entry: TarEntry): void {
    const existing = statMember(directory, name);
    if (!existing) return;
    const isDirectory = existing.isDirectory();
    if (isDirectory && entry.type === 'dir') return;
    if (this.#options.noOverwriteDirNonDir && isDirectory !== (entry.type === 'dir')) {
      const [what, by] = isDirectory ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
      throw new EngineError('invalid', `cannot overwrite ${what} "${textOf(entry.path)}" with ${by} "${this.#options.into}"`);
    }
    this.#dropParent();
    removeMember(directory, name);
  }

  /** The cached parent may lie below what is being replaced: look it up anew next time. */
  #dropParent(): void {
    this.#parentPath = '\0';
  }

  #make(directory: number, name: BytePath, entry: TarEntry): void {
    const path = member(directory, name);
    const { uid, gid } = this.#options.owner ?? entry;
    switch (entry.type) {
      case 'dir':
        if (!statMember(directory, name)) mkdirSync(fsPath(path), { mode: 0o700 });
        this.#directories.push({ path: entry.path, entry });
        break;
      case 'symlink':
        symlinkSync(fsPath(entry.linkPath), fsPath(path));
        break;
      case 'hardlink':
        return this.#link(path, entry);
      case 'char':
        makeNode(path, S_IFCHR | entry.mode, entry.major, entry.minor);
        break;
      case 'block':
        makeNode(path, S_IFBLK | entry.mode, entry.major, entry.minor);
        break;
      case 'fifo':
        makeNode(path, S_IFIFO | entry.mode);
        break;
      case 'file':
        throw new Error('files are opened, not made');
    }
    lchownSync(fsPath(path), uid, gid);
    if (entry.type !== 'symlink') chmodSync(fsPath(path), entry.mode);
    setXattrs(path, entry);
    if (entry.type !== 'dir') lutimesSync(fsPath(path), entry.mtime, entry.mtime);
  }

  #link(path: BytePath, entry: TarEntry): void {
    const { parents, name } = split(entry.linkPath);
    if (name === undefined) throw new TarError(`invalid hard link target: ${textOf(entry.linkPath)}`);
    const directory = this.#openOrMake([this.#into, ...parents].join('/'));
    try {
      linkSync(fsPath(member(directory, name)), fsPath(path));
    } finally {
      closeSync(directory);
    }
  }
}

const FILE_FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

/** Leading slashes and `.` mean nothing; `..` is refused. @throws TarError */
function split(path: BytePath): { parents: BytePath[]; name: BytePath | undefined } {
  if (path.length > 4096 || path.includes('\0')) throw new TarError('invalid path in archive');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new TarError(`path in archive leaves its root: ${textOf(path)}`);
  const name = parts.pop();
  return { parents: parts, name };
}

/** @param path  not followed */
function setXattrs(path: BytePath, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs ?? []) setOne(path, name, value);
}

function setOne(path: BytePath, name: string, value: Buffer): void {
  if (/^(?:trusted|user)\.overlay\./.test(name)) return;
  try {
    setXattr(path, name, value);
  } catch (error) {
    if (!['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(errnoCode(error) ?? '')) throw error;
  }
}
