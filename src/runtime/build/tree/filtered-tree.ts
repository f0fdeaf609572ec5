import type { IgnoreMatcher } from '../../../base/index.ts';
import { textOf, type BytePath } from '../../host/byte-path.ts';
import { childPath, type SourceTree, type TreeNode } from './source-tree.ts';

/** A tree without what an ignore file leaves out. A directory that is left out stays when something below it is kept. */
export class FilteredTree implements SourceTree {
  readonly #tree: SourceTree;
  readonly #ignore: IgnoreMatcher;
  readonly #verdicts = new Map<BytePath, boolean>();

  constructor(tree: SourceTree, ignore: IgnoreMatcher) {
    this.#tree = tree;
    this.#ignore = ignore;
  }

  stat(path: BytePath): TreeNode | undefined {
    return path === '' || this.#keeps(path) ? this.#tree.stat(path) : undefined;
  }

  list(path: BytePath): readonly BytePath[] {
    return this.#tree.list(path).filter((name) => this.#keeps(childPath(path, name)));
  }

  #keeps(path: BytePath): boolean {
    let keeps = this.#verdicts.get(path);
    if (keeps === undefined) this.#verdicts.set(path, (keeps = this.#judge(path)));
    return keeps;
  }

  #judge(path: BytePath): boolean {
    const text = textOf(path);
    if (!this.#ignore.isIgnored(text)) return true;
    if (this.#ignore.canSkipDirectory(text)) return false;
    return this.#tree.list(path).some((name) => this.#keeps(childPath(path, name)));
  }

  digest(path: BytePath): Promise<string> {
    return this.#tree.digest(path);
  }

  openContent(path: BytePath): number {
    return this.#tree.openContent(path);
  }

  xattrs(path: BytePath): ReadonlyMap<string, Buffer> {
    return this.#tree.xattrs(path);
  }
}
