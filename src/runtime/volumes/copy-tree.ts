/** Copies a directory tree with ownership, modes, times, extended attributes, hard links, symlinks and special files. */
import { chmodSync, constants, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { errnoCode } from '../../base/index.ts';
import { bytePathOf, fsPath } from '../host/byte-path.ts';
import type { BytePath } from '../host/byte-path.ts';
import { deviceNumbers, getXattr, listXattrs, makeNode, setXattr } from '../host/file-calls.ts';

/**
 * Copies what is in `from` into the existing directory `to`, and gives `to` the owner, mode and attributes of `from`. Files that are
 * there are replaced, so that an interrupted copy can be done again. Nothing is followed: symlinks are copied as such.
 * @returns the number of entries copied
 */
export async function copyTree(from: string, to: string): Promise<number> {
  const copier = new Copier();
  await copier.directory(bytePathOf(from), bytePathOf(to));
  copyOwner(from, to);
  return copier.count;
}

/** Gives a directory the owner, mode, times and attributes of another. */
export function copyOwner(from: string, to: string): void {
  copyMetadata(bytePathOf(from), bytePathOf(to), lstatSync(from));
}

class Copier {
  count = 0;
  /** `dev:ino` of files with several names, to the first copy. */
  readonly #linked = new Map<string, BytePath>();

  async directory(from: BytePath, to: BytePath): Promise<void> {
    for (const name of readdirSync(fsPath(from), 'latin1')) {
      await this.#entry(`${from}/${name}`, `${to}/${name}`);
      this.count++;
    }
  }

  async #entry(from: BytePath, to: BytePath): Promise<void> {
    const stat = lstatSync(fsPath(from));
    if (stat.isSocket()) return; // meaningless without its listener
    if (stat.isDirectory()) {
      makeDirectory(to);
      await this.directory(from, to);
      copyMetadata(from, to, stat);
      return;
    }
    removeEntry(to);
    const first = stat.nlink > 1 ? this.#linked.get(`${stat.dev}:${stat.ino}`) : undefined;
    if (first !== undefined) return linkSync(fsPath(first), fsPath(to));
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(fsPath(from), 'buffer'), fsPath(to));
    else if (stat.isFile()) await copyFile(fsPath(from), fsPath(to), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else {
      const { major, minor } = deviceNumbers(stat.rdev);
      makeNode(to, stat.mode, major, minor);
    }
    copyMetadata(from, to, stat);
    if (stat.nlink > 1) this.#linked.set(`${stat.dev}:${stat.ino}`, to);
  }
}

function makeDirectory(path: BytePath): void {
  try {
    mkdirSync(fsPath(path), 0o700);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST' || !lstatSync(fsPath(path)).isDirectory()) throw error;
  }
}

function removeEntry(path: BytePath): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** Owner first: changing it clears set-id bits and file capabilities. */
function copyMetadata(from: BytePath, to: BytePath, stat: Stats): void {
  lchownSync(fsPath(to), stat.uid, stat.gid);
  if (!stat.isSymbolicLink()) chmodSync(fsPath(to), stat.mode & 0o7777);
  for (const name of listXattrs(from)) {
    if (name.startsWith('trusted.overlay.')) continue; // the layer store's own
    const value = getXattr(from, name);
    try {
      if (value) setXattr(to, name, value);
    } catch (error) {
      if (!['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(errnoCode(error) ?? '')) throw error;
    }
  }
  lutimesSync(fsPath(to), stat.atime, stat.mtime);
}
