/**
 * Writes a copy into a root file system, with the rules of BuildKit's COPY for directories, owners and modes:
 * - a directory means its contents; the destination directory, when it has to be made, gets mode 0755 and the owner asked for;
 * - directories inside take mode, owner and time of their source, also where they existed;
 * - a file replaces a file or a symlink, never a directory; a directory never replaces anything;
 * - what comes out of an archive replaces whatever stands in its way, and only directories are merged, as tar does it.
 *
 * Symlinks of the destination path are followed inside the root. Nothing else runs in the root meanwhile, so walking it by steps is safe.
 */
import {
  chmodSync, closeSync, constants, copyFileSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../../../base/index.ts';
import { bytePathOf, fsPath, type BytePath } from '../../host/byte-path.ts';
import { makeNode, setXattr, S_IFBLK, S_IFCHR, S_IFIFO } from '../../host/file-calls.ts';
import { childPath, DirectoryTree, pathText, resolveTreePath, type SourceTree, type TreeNode } from '../tree/index.ts';
import { fdPath } from '../../host/rooted.ts';
import type { ModeChange } from './mode.ts';
import type { Owner } from './owner.ts';
import type { CopySource, Exclude } from './sources.ts';

const SLICE_MS = 10;
const LARGE = 4 << 20;

export interface CopyTarget {
  /** The root file system on this machine. */
  readonly root: string;
  /** Absolute in the root; a trailing slash says that it is a directory. */
  readonly destination: string;
  /** Undefined: as the source. */
  readonly owner: Owner | undefined;
  readonly mode: ModeChange | undefined;
  readonly exclude: Exclude;
  /** What is copied comes out of an archive. */
  readonly replaces?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A file given in the Dockerfile itself. */
export interface InlineFile {
  readonly name: string;
  readonly content: string;
}

/** Copies into one root; times are the source's. */
export class Copier {
  readonly #target: CopyTarget;
  readonly #root: BytePath;
  readonly #view: DirectoryTree;
  /** Where files with several names have been written by the copy that goes on. */
  #links = new Map<string, BytePath>();
  #sliceEnd = performance.now() + SLICE_MS;

  constructor(target: CopyTarget) {
    this.#target = target;
    this.#root = bytePathOf(target.root);
    this.#view = new DirectoryTree(target.root);
  }

  /** @throws EngineError invalid when source and destination do not go together */
  async copy(source: CopySource): Promise<void> {
    this.#links = new Map();
    const base = this.#makeParents(source);
    if (source.node.type === 'dir') {
      const directory = this.directory(base);
      await this.#contents(source.tree, source.path, directory, '');
      this.#setTime(directory, source.node);
      return;
    }
    if (!this.#target.exclude(source.name)) await this.#node(source.tree, source.path, this.#fileTarget(base, source.name), '', source.node);
  }

  /** Writes a heredoc: mode 0644. */
  inline(file: InlineFile): void {
    const path = this.#fileTarget(bytePathOf(this.#target.destination), bytePathOf(file.name));
    this.#clear(path);
    const full = this.#full(path);
    writeFileSync(fsPath(full), file.content, { flag: 'wx', mode: 0o644 });
    const { owner, mode } = this.#target;
    lchownSync(fsPath(full), owner?.uid ?? 0, owner?.gid ?? 0);
    chmodSync(fsPath(full), mode ? mode(0o644, false) : 0o644);
  }

  /** With `--parents` the source's directories are made below the destination. */
  #makeParents(source: CopySource): BytePath {
    let base = bytePathOf(this.#target.destination);
    for (const { name, node } of source.parents) {
      base = `${base.replace(/\/*$/, '')}/${name}`;
      const existed = this.#resolve(base).node !== undefined;
      const path = this.directory(base);
      if (!existed && node?.type === 'dir') this.#attributes(path, node, true);
    }
    return source.parents.length > 0 ? `${base}/` : base;
  }

  /** Makes a directory and its parents; returns the real path. */
  directory(path: BytePath): BytePath {
    const resolved = this.#resolve(path);
    if (resolved.node && resolved.node.type !== 'dir') throw this.#refuse(`cannot copy to non-directory: ${pathText(resolved.path)}`);
    if (!resolved.node) {
      if (resolved.path !== '') this.directory(posix.dirname(`/${resolved.path}`));
      mkdirSync(fsPath(this.#full(resolved.path)), { mode: 0o755 });
      const { owner } = this.#target;
      if (owner) lchownSync(fsPath(this.#full(resolved.path)), owner.uid, owner.gid);
    }
    return resolved.path;
  }

  #fileTarget(destination: BytePath, name: BytePath): BytePath {
    const resolved = this.#resolve(destination);
    if (destination.endsWith('/') || resolved.node?.type === 'dir') return childPath(this.directory(destination), name);
    this.directory(posix.dirname(`/${resolved.path}`));
    return resolved.path;
  }

  #resolve(path: BytePath): { path: BytePath; node: TreeNode | undefined } {
    return resolveTreePath((at) => this.#view.stat(at), path);
  }

  #refuse(message: string): EngineError {
    return new EngineError('invalid', message);
  }

  #full(path: BytePath): BytePath {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }

  async #contents(tree: SourceTree, from: BytePath, to: BytePath, inner: BytePath): Promise<void> {
    for (const name of tree.list(from)) {
      const below = childPath(inner, name);
      const node = tree.stat(childPath(from, name));
      if (node && !this.#target.exclude(below)) await this.#node(tree, childPath(from, name), childPath(to, name), below, node);
    }
  }

  /** `inner`: path below the copied directory. */
  async #node(tree: SourceTree, from: BytePath, to: BytePath, inner: BytePath, node: TreeNode): Promise<void> {
    if (performance.now() > this.#sliceEnd) await this.#pause();
    if (node.type === 'dir') {
      const existing = this.#view.stat(to);
      const isInTheWay = existing !== undefined && existing.type !== 'dir';
      if (isInTheWay && this.#target.replaces !== true) throw this.#refuse(`cannot copy to non-directory: ${pathText(to)}`);
      if (isInTheWay) this.#clear(to);
      if (!existing || isInTheWay) mkdirSync(fsPath(this.#full(to)), { mode: 0o700 });
      await this.#contents(tree, from, to, inner);
      this.#attributes(to, node);
    } else {
      this.#clear(to);
      await this.#make(tree, from, to, node);
    }
    for (const [name, value] of tree.xattrs(from)) setXattr(this.#full(to), name, value);
  }

  async #make(tree: SourceTree, from: BytePath, to: BytePath, node: TreeNode): Promise<void> {
    const full = this.#full(to);
    const permissions = this.#mode(node);
    const first = node.hardlink === undefined ? undefined : this.#links.get(node.hardlink);
    if (first !== undefined) return linkSync(fsPath(this.#full(first)), fsPath(full));
    if (node.hardlink !== undefined) this.#links.set(node.hardlink, to);
    switch (node.type) {
      case 'file': {
        const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
        const fd = tree.openContent(from);
        try {
          if (node.size > LARGE) await copyFile(fdPath(fd), fsPath(full), flags);
          else copyFileSync(fdPath(fd), fsPath(full), flags);
        } finally {
          closeSync(fd);
        }
        break;
      }
      case 'symlink':
        symlinkSync(fsPath(node.link), fsPath(full));
        break;
      case 'fifo':
        makeNode(full, S_IFIFO | permissions);
        break;
      case 'char':
      case 'block':
        makeNode(full, (node.type === 'char' ? S_IFCHR : S_IFBLK) | permissions, node.major, node.minor);
        break;
      case 'dir':
        throw new Error('directories are made by their caller');
    }
    this.#attributes(to, node);
  }

  #mode(node: TreeNode): number {
    const { mode } = this.#target;
    return mode ? mode(node.mode, node.type === 'dir') : node.mode;
  }

  #attributes(path: BytePath, node: TreeNode, keepMode = false): void {
    const full = fsPath(this.#full(path));
    const owner = this.#target.owner ?? node;
    lchownSync(full, owner.uid, owner.gid);
    if (node.type !== 'symlink') chmodSync(full, keepMode ? node.mode : this.#mode(node)); // after chown, which drops set-id bits
    this.#setTime(path, node);
  }

  #setTime(path: BytePath, node: TreeNode): void {
    lutimesSync(fsPath(this.#full(path)), node.mtimeMs / 1000, node.mtimeMs / 1000);
  }

  /** Makes room for something that is no directory. */
  #clear(path: BytePath): void {
    const stats = lstatSync(fsPath(this.#full(path)), { throwIfNoEntry: false });
    if (!stats) return;
    if (stats.isDirectory() && this.#target.replaces !== true) throw this.#refuse(`cannot replace directory ${pathText(path)} with a file`);
    rmSync(fsPath(this.#full(path)), { recursive: stats.isDirectory() });
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#target.signal?.throwIfAborted();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
}
