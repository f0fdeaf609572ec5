/**
 * The directories and files that mounts of a RUN step stand on. The OCI runtime would make them in the root, and they would end up in
 * the layer; so they are made here, remembered, and taken away after the step unless the step put something into them.
 */
import { lchownSync, lstatSync, lutimesSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { bytePathOf, fsPath, type BytePath } from '../../host/byte-path.ts';
import { getXattr } from '../../host/file-calls.ts';
import { DirectoryTree, resolveTreePath } from '../tree/index.ts';

export class MountPoints {
  readonly #root: BytePath;
  readonly #tree: DirectoryTree;
  readonly #made: { path: BytePath; isFile: boolean }[] = [];
  /** Times of directories that got a child. */
  readonly #touched = new Map<BytePath, Stats>();

  constructor(root: string) {
    this.#root = bytePathOf(root);
    this.#tree = new DirectoryTree(root);
  }

  /**
   * Makes what is missing for a mount.
   * @returns the destination inside the root without symlinks, absolute
   */
  add(destination: string, isFile: boolean): string {
    const { path, node } = resolveTreePath((at) => this.#tree.stat(at), bytePathOf(destination));
    if (!node) this.#make(path, isFile);
    return `/${path}`;
  }

  #make(path: BytePath, isFile: boolean): void {
    const parent = posix.dirname(`/${path}`).slice(1);
    if (!this.#tree.stat(parent)) this.#make(parent, false);
    else if (!this.#touched.has(parent)) this.#touched.set(parent, lstatSync(fsPath(this.#full(parent))));
    const full = fsPath(this.#full(path));
    if (isFile) writeFileSync(full, '', { flag: 'wx', mode: 0o644 });
    else mkdirSync(full, { mode: 0o755 });
    lchownSync(full, 0, 0);
    this.#made.push({ path, isFile });
  }

  #full(path: BytePath): BytePath {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }

  /** Whether something had to be made. */
  get isUsed(): boolean {
    return this.#touched.size > 0;
  }

  /** Takes away what was made and is still empty. The root must be mounted, the mounts of the step gone. */
  remove(): void {
    for (const { path, isFile } of this.#made.reverse()) {
      const full = fsPath(this.#full(path));
      const stats = lstatSync(full, { throwIfNoEntry: false });
      if (stats && isFile && stats.isFile() && stats.size === 0) rmSync(full);
      if (stats && !isFile && stats.isDirectory() && readdirSync(full).length === 0) rmdirSync(full);
    }
    this.#made.length = 0;
    for (const [path, before] of this.#touched) this.#restoreTime(path, before);
  }

  #restoreTime(path: BytePath, before: Stats): void {
    const full = fsPath(this.#full(path));
    if (lstatSync(full, { throwIfNoEntry: false })?.isDirectory() === true) lutimesSync(full, before.atimeMs / 1000, before.mtimeMs / 1000);
  }

  /**
   * Removes directories from the upper directory that were copied up only because something was made in them for a while.
   * The root must not be mounted.
   */
  prune(upper: string): void {
    const parents = new Set<BytePath>();
    for (const path of this.#touched.keys()) for (let at = path; at !== ''; at = posix.dirname(`/${at}`).slice(1)) parents.add(at);
    for (const path of [...parents].sort((a, b) => b.length - a.length)) {
      const before = this.#touched.get(path);
      const full = bytePathOf(`${upper}/`) + path;
      const stats = lstatSync(fsPath(full), { throwIfNoEntry: false });
      if (stats?.isDirectory() !== true || readdirSync(fsPath(full)).length > 0 || getXattr(full, 'trusted.overlay.opaque')) continue;
      const unchanged = !before || (stats.mode === before.mode && stats.uid === before.uid && stats.gid === before.gid);
      if (unchanged) rmdirSync(fsPath(full));
    }
  }
}
