import { textOf, type BytePath } from '../../host/byte-path.ts';
import type { TreeNode } from './source-tree.ts';

const MAX_LINKS = 40;

/** A path of a tree that cannot be walked: a loop of links, a file where a directory is needed. */
export class TreePathError extends Error {}

export interface ResolvedPath {
  /** Without symlinks, except the last component when it was not to be followed. */
  readonly path: BytePath;
  /** Undefined when there is nothing. */
  readonly node: TreeNode | undefined;
}

/**
 * Follows symlinks as if the tree were a file system of its own: absolute targets start at its root, `..` stops there.
 * What does not exist is taken literally, so that a destination can be resolved before it is made.
 * @param options.followLast  whether a symlink at the very end is followed; default true
 * @throws TreePathError
 */
export function resolveTreePath(stat: (path: BytePath) => TreeNode | undefined, path: BytePath, options: { followLast?: boolean } = {}): ResolvedPath {
  const todo = path.split('/').reverse();
  const done: BytePath[] = [];
  let node = stat('');
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      node = stat(done.join('/'));
      continue;
    }
    if (node && node.type !== 'dir') throw new TreePathError(`not a directory: /${textOf(done.join('/'))}`);
    const next = node && stat([...done, part].join('/'));
    const last = todo.every((rest) => rest === '' || rest === '.');
    if (next?.type !== 'symlink' || (last && options.followLast === false)) {
      done.push(part);
      node = next;
      continue;
    }
    if (++links > MAX_LINKS) throw new TreePathError(`too many levels of symbolic links: ${textOf(path)}`);
    if (next.link.startsWith('/')) {
      done.length = 0;
      node = stat('');
    }
    todo.push(...next.link.split('/').reverse());
  }
  return { path: done.join('/'), node };
}

/** For messages. */
export function pathText(path: BytePath): string {
  return `/${textOf(path)}`;
}

