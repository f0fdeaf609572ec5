import { posix } from 'node:path';
import { createIgnoreMatcher, globToRegExpSource, hasWildcard } from '../../../base/index.ts';
import { bytePathOf, textOf, type BytePath } from '../../host/byte-path.ts';
import { DockerfileMistake } from '../dockerfile/index.ts';
import { childPath, resolveTreePath, type SourceTree, type TreeNode } from '../tree/index.ts';

/** One thing to copy: a file, or a directory whose contents are meant. */
export interface CopySource {
  readonly tree: SourceTree;
  /** Without symlinks. */
  readonly path: BytePath;
  readonly node: TreeNode;
  /** Last component as written: the file's name at its destination. */
  readonly name: BytePath;
  /** With `--parents`: directories to make below the destination, outermost first. */
  readonly parents: readonly { readonly name: BytePath; readonly node: TreeNode | undefined }[];
}

/** Whether a path below a copied directory (or a copied file's own name) is left out by `--exclude`. */
export type Exclude = (path: BytePath) => boolean;

/** @throws DockerfileMistake */
export function createExclude(patterns: readonly string[]): Exclude {
  if (patterns.length === 0) return () => false;
  let matcher: ReturnType<typeof createIgnoreMatcher>;
  try {
    matcher = createIgnoreMatcher(patterns);
  } catch (error) {
    throw new DockerfileMistake(error instanceof Error ? error.message.replace('ignore pattern', '--exclude pattern') : String(error));
  }
  return (path) => matcher.isIgnored(textOf(path));
}

/**
 * Finds what one source argument of COPY means.
 * @param parents  `--parents`
 * @returns nothing for a pattern that matches nothing; undefined for a plain path that does not exist
 * @throws DockerfileMistake, TreePathError
 */
export function findSources(tree: SourceTree, argument: string, parents: boolean): CopySource[] | undefined {
  const pivot = parents ? pivotOf(argument) : 0;
  const pattern = normalize(argument);
  if (!hasWildcard(pattern)) {
    const source = sourceAt(tree, bytePathOf(pattern), pivot, parents);
    return source && [source];
  }
  if (globToRegExpSource(pattern, { doubleStar: true }) === undefined) throw new DockerfileMistake(`invalid pattern ${JSON.stringify(argument)}`);
  return matches(tree, '', pattern.split('/')).flatMap((path) => sourceAt(tree, path, pivot, parents) ?? []);
}

function normalize(argument: string): string {
  return posix.normalize(`/${argument}`).replace(/^\/+|\/+$/g, '');
}

/** Number of leading components that `/./` cuts off. */
function pivotOf(argument: string): number {
  const at = `/${argument}`.lastIndexOf('/./');
  return at < 0 ? 0 : normalize(argument.slice(0, at)).split('/').filter(Boolean).length;
}

function sourceAt(tree: SourceTree, path: BytePath, pivot: number, parents: boolean): CopySource | undefined {
  const resolved = resolveTreePath((at) => tree.stat(at), path);
  if (!resolved.node) return undefined;
  const components = path === '' ? [] : path.split('/');
  const name = components.at(-1) ?? '';
  const made = parents ? components.slice(pivot, resolved.node.type === 'dir' ? undefined : -1) : [];
  return {
    tree,
    path: resolved.path,
    node: resolved.node,
    name,
    parents: made.map((part, i) => ({ name: part, node: tree.stat(components.slice(0, pivot + i + 1).join('/')) })),
  };
}

/** @param inPattern  there was a wildcard before: from there on links to directories are not entered, as BuildKit has it */
function matches(tree: SourceTree, directory: BytePath, pattern: readonly string[], inPattern = false): BytePath[] {
  const [head, ...rest] = pattern;
  if (head === undefined) return [directory];
  const at = resolveTreePath((path) => tree.stat(path), directory, { followLast: !inPattern });
  if (at.node?.type !== 'dir') return [];
  if (!hasWildcard(head)) {
    const path = childPath(directory, bytePathOf(head));
    return resolveTreePath((p) => tree.stat(p), path, { followLast: false }).node ? matches(tree, path, rest, inPattern) : [];
  }
  const names = tree.list(at.path);
  if (head === '**') {
    const below = names
      .filter((name) => tree.stat(childPath(at.path, name))?.type === 'dir')
      .flatMap((name) => matches(tree, childPath(directory, name), pattern, true));
    const here = rest.length === 0 ? names.map((name) => childPath(directory, name)) : matches(tree, directory, rest, inPattern);
    return rest.length === 0 ? here : [...here, ...below];
  }
  const expression = new RegExp(`^${globToRegExpSource(head) ?? ''}$`, 'su');
  return names.filter((name) => expression.test(textOf(name))).flatMap((name) => matches(tree, childPath(directory, name), rest, true));
}
