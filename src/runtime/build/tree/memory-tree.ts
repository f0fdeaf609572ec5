import { constants, openSync } from 'node:fs';
import { posix } from 'node:path';
import { fsPath, textOf, type BytePath } from '../../host/byte-path.ts';
import { TreePathError } from './resolve.ts';
import { childPath, NO_XATTRS, type SourceTree, type TreeNode } from './source-tree.ts';

const ROOT: TreeNode = { type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0, mtimeMs: 0, link: '', major: 0, minor: 0 };

/** A tree held in memory, whose file contents lie in a content-addressed store. */
export class MemoryTree implements SourceTree {
  readonly #nodes = new Map<BytePath, TreeNode>([['', ROOT]]);
  readonly #children = new Map<BytePath, Set<BytePath>>([['', new Set()]]);
  readonly #digests = new Map<BytePath, string>();
  readonly #xattrs = new Map<BytePath, ReadonlyMap<string, Buffer>>();
  readonly #contentPath: (digest: string) => string;

  /** @param contentPath  from hexadecimal digest to file */
  constructor(contentPath: (digest: string) => string) {
    this.#contentPath = contentPath;
  }

  /**
   * Adds or replaces a node; missing parents appear as plain directories.
   * @param path  clean and relative; '' sets the root's attributes
   * @throws TreePathError when a parent is no directory
   */
  set(path: BytePath, node: TreeNode, extra: { digest?: string; xattrs?: ReadonlyMap<string, Buffer> } = {}): void {
    if (path !== '') this.#link(path);
    const before = this.#nodes.get(path);
    if (before?.type === 'dir' && node.type !== 'dir') this.remove(path, true);
    this.#nodes.set(path, node);
    if (node.type === 'dir' && !this.#children.has(path)) this.#children.set(path, new Set());
    if (extra.digest === undefined) this.#digests.delete(path);
    else this.#digests.set(path, extra.digest);
    if (extra.xattrs && extra.xattrs.size > 0) this.#xattrs.set(path, extra.xattrs);
    else this.#xattrs.delete(path);
  }

  /** Gives a node another name; both are one file then. */
  link(path: BytePath, target: BytePath): void {
    const found = this.#nodes.get(target);
    if (!found) throw new TreePathError(`${textOf(target)} does not exist`);
    const node = found.type === 'file' ? { ...found, hardlink: found.hardlink ?? target } : found;
    this.#nodes.set(target, node);
    const xattrs = this.#xattrs.get(target);
    this.set(path, node, { ...(node.type === 'file' && { digest: this.digestOf(target) }), ...(xattrs && { xattrs }) });
  }

  #link(path: BytePath): void {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? '' : path.slice(0, slash);
    const node = this.#nodes.get(parent);
    if (!node) this.set(parent, { ...ROOT });
    else if (node.type !== 'dir') throw new TreePathError(`${textOf(path)} lies below something that is no directory`);
    this.#children.get(parent)?.add(path.slice(slash + 1));
  }

  /** Removes a node with all that is below. `keepEntry`: only what is below. */
  remove(path: BytePath, keepEntry = false): void {
    for (const name of this.#children.get(path) ?? []) this.remove(childPath(path, name), true);
    this.#children.delete(path);
    this.#nodes.delete(path);
    this.#digests.delete(path);
    this.#xattrs.delete(path);
    if (!keepEntry) this.#children.get(posix.dirname(path) === '.' ? '' : posix.dirname(path))?.delete(posix.basename(path));
  }

  stat(path: BytePath): TreeNode | undefined {
    return this.#nodes.get(path);
  }

  list(path: BytePath): readonly BytePath[] {
    return [...(this.#children.get(path) ?? [])].sort();
  }

  /** Synchronous form: the digest is known from the start. */
  digestOf(path: BytePath): string {
    return this.#digests.get(path) ?? '';
  }

  digest(path: BytePath): Promise<string> {
    return Promise.resolve(this.digestOf(path));
  }

  openContent(path: BytePath): number {
    return openSync(fsPath(this.#contentPath(this.digestOf(path))), constants.O_RDONLY);
  }

  xattrs(path: BytePath): ReadonlyMap<string, Buffer> {
    return this.#xattrs.get(path) ?? NO_XATTRS;
  }
}
