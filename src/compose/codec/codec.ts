/**
 * A codec knows one kind of value both ways: from a node of the canonical tree to the typed model, and from the model to what
 * `config` prints. One table of codecs for each object of the model keeps reading and printing in step.
 */
import { type PathKey, joinPath } from '../path.ts';
import type { Problems } from '../problems.ts';
import type { Node, Trail } from '../tree.ts';

/** What printing produces; `undefined` is left out. */
export type Plain = null | boolean | number | bigint | string | readonly Plain[] | { readonly [key: string]: Plain | undefined };

export interface Decoding {
  readonly problems: Problems;
  readonly path: PathKey[];
  /** Trails of the nodes above, for diagnostics of values that have none themselves. */
  trail: Trail | undefined;
}

export interface Printing {
  /** JSON leaves extensions out of everything but the top level, and spells a few keys otherwise: as Docker Compose does. */
  readonly format: 'yaml' | 'json';
}

export interface Codec<T> {
  /** Undefined when the value means "not given", or when it is wrong, which is then reported. */
  decode(node: Node, context: Decoding): T | undefined;
  /** Undefined leaves the attribute out. */
  print(value: T, printing: Printing): Plain | undefined;
}

/** Reports a value that its attribute cannot take. */
export function invalid(context: Decoding, node: Node, code: string, message: string, hint?: string): undefined {
  const path = joinPath(context.path);
  context.problems.error(code, `${path}: ${message}`, { place: node, path, hint, trail: node.trail ?? context.trail });
  return undefined;
}
