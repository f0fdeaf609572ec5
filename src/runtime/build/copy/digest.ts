import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { BytePath } from '../../host/byte-path.ts';
import { childPath, type SourceTree, type TreeNode } from '../tree/index.ts';
import type { CopySource, Exclude } from './sources.ts';

const SLICE_MS = 10;

/**
 * One digest over everything that a copy reads: names, types, modes, owners, link targets, contents; not times.
 * @returns hexadecimal
 */
export async function digestSources(sources: readonly CopySource[], exclude: Exclude, signal?: AbortSignal): Promise<string> {
  const walker = new DigestWalker(exclude, signal);
  for (const { tree, path, node, name, parents } of sources) {
    walker.add('source', name, ...parents.map((parent) => `${parent.name} ${parent.node?.mode ?? 0}`));
    await walker.walk(tree, path, '', node);
  }
  return walker.finish();
}

class DigestWalker {
  readonly #hash: Hash = createHash('sha256');
  readonly #exclude: Exclude;
  readonly #signal: AbortSignal | undefined;
  #sliceEnd = performance.now() + SLICE_MS;

  constructor(exclude: Exclude, signal: AbortSignal | undefined) {
    this.#exclude = exclude;
    this.#signal = signal;
  }

  /** Fields are length-prefixed, so that no two lists of fields look alike. */
  add(...fields: readonly (string | number)[]): void {
    for (const field of fields) {
      const text = String(field);
      this.#hash.update(`${text.length}:${text};`, 'latin1');
    }
  }

  /** @param inner  path relative to the copied directory, which `--exclude` is matched against */
  async walk(tree: SourceTree, path: BytePath, inner: BytePath, node: TreeNode): Promise<void> {
    if (performance.now() > this.#sliceEnd) await this.#pause();
    // The copied directory itself gives nothing but its time to the destination.
    if (inner !== '' || node.type !== 'dir') {
      this.add(inner, node.type, node.mode, node.uid, node.gid, node.link, node.major, node.minor);
      for (const [name, value] of tree.xattrs(path)) this.add(name, value.toString('latin1'));
    }
    if (node.type === 'file') this.add(node.size, await tree.digest(path));
    if (node.type !== 'dir') return;
    for (const name of tree.list(path)) {
      const below = childPath(inner, name);
      const child = tree.stat(childPath(path, name));
      if (child && !this.#exclude(below)) await this.walk(tree, childPath(path, name), below, child);
    }
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }

  finish(): string {
    return this.#hash.digest('hex');
  }
}
