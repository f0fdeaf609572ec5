import type { SourceRange } from '../base/index.ts';
import { parsePath } from './path.ts';
import type { SourceMap } from './project.ts';
import { type Place, rangeOf } from './source.ts';
import type { MapNode, Node } from './tree.ts';

/** Finds ranges in the canonical tree, which it keeps alive. */
export class TreeSourceMap implements SourceMap {
  readonly #root: MapNode;

  constructor(root: MapNode) {
    this.#root = root;
  }

  /** The tree itself, for who walks it; not to be changed. */
  get root(): MapNode {
    return this.#root;
  }

  rangeOf(path: string): SourceRange | undefined {
    const place = this.placeOf(path);
    return place && rangeOf(place);
  }

  placeOf(path: string): Place | undefined {
    const keys = parsePath(path);
    return keys && placeAt(this.#root, keys);
  }
}

/** The place of a path, or of the nearest part of it that was written: a value, or the key of a mapping or of what has no text. */
export function placeAt(root: MapNode, keys: readonly (string | number)[]): Place | undefined {
  let node: Node | undefined = root;
  let place: Place | undefined;
  for (const key of keys) {
    if (node?.kind === 'map' && typeof key === 'string') {
      const entry = node.entry(key);
      if (!entry) break;
      place = entry.value.kind === 'scalar' && entry.value.end > entry.value.start ? entry.value : entry;
      node = entry.value;
    } else if (node?.kind === 'seq' && typeof key === 'number') {
      node = node.items[key];
      if (!node) break;
      place = node;
    } else break;
  }
  return place;
}
