import type { BytePath } from '../../host/byte-path.ts';
import { childPath, type SourceTree, type TreeNode } from './source-tree.ts';

/** One directory of a tree as a tree of its own. */
export class Subtree implements SourceTree {
  readonly #tree: SourceTree;
  readonly #prefix: BytePath;

  constructor(tree: SourceTree, prefix: BytePath) {
    this.#tree = tree;
    this.#prefix = prefix;
  }

  #inner(path: BytePath): BytePath {
    return path === '' ? this.#prefix : childPath(this.#prefix, path);
  }

  stat(path: BytePath): TreeNode | undefined {
    return this.#tree.stat(this.#inner(path));
  }

  list(path: BytePath): readonly BytePath[] {
    return this.#tree.list(this.#inner(path));
  }

  digest(path: BytePath): Promise<string> {
    return this.#tree.digest(this.#inner(path));
  }

  openContent(path: BytePath): number {
    return this.#tree.openContent(this.#inner(path));
  }

  xattrs(path: BytePath): ReadonlyMap<string, Buffer> {
    return this.#tree.xattrs(this.#inner(path));
  }
}
