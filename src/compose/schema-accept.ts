/**
 * Does a tree satisfy the schema? Yes or no only, in one walk over the nodes themselves; what is wrong the full validator finds out.
 * The table comes from the schema (scripts/compile-schema.mjs). Erring towards no costs time, erring towards yes would be a bug.
 */
import { type Shape, type ShapeTable, definitions, root as rootShape } from './generated/schema-shapes.js';
import type { MapNode, Node, ScalarNode, SeqNode } from './tree.ts';

/** A shape made ready: properties in a map, patterns compiled. */
interface Ready {
  readonly shape: ShapeTable;
  readonly properties: ReadonlyMap<string, Shape>;
  readonly patterns: readonly { readonly pattern: RegExp; readonly shape: Shape }[];
}

/** Checks a whole tree. */
export function acceptsSchema(root: MapNode): boolean {
  return new Acceptor().accepts(root, rootShape);
}

class Acceptor {
  readonly #ready = new Map<ShapeTable, Ready>();

  accepts(node: Node, given: Shape): boolean {
    const shape = typeof given === 'string' ? definitions[given] : given;
    if (shape === undefined) return false;
    if (node.kind === 'scalar') return acceptsScalar(node, shape);
    return node.kind === 'map' ? this.#map(node, shape) : this.#seq(node, shape);
  }

  #map(node: MapNode, shape: ShapeTable): boolean {
    if ((shape.types & 64) === 0) return false;
    const { properties, patterns } = this.#prepare(shape);
    for (const entry of node.entries) {
      const property = properties.get(entry.key);
      if (property !== undefined) {
        if (!this.accepts(entry.value, property)) return false;
      } else if (!(shape.extensions === true && entry.key.startsWith('x-'))) {
        const rule = patterns.find(({ pattern }) => pattern.test(entry.key));
        if (rule ? !this.accepts(entry.value, rule.shape) : shape.closed === true) return false;
      }
    }
    return shape.required === undefined || shape.required.every((key) => node.has(key));
  }

  #seq(node: SeqNode, shape: ShapeTable): boolean {
    if ((shape.types & 32) === 0) return false;
    if (shape.items !== undefined) for (const item of node.items) if (!this.accepts(item, shape.items)) return false;
    return shape.unique !== true || node.items.length < 2 || areDistinct(node.items);
  }

  #prepare(shape: ShapeTable): Ready {
    let ready = this.#ready.get(shape);
    if (ready === undefined) {
      ready = {
        shape,
        properties: new Map(Object.entries(shape.properties ?? {})),
        patterns: Object.entries(shape.patterns ?? {}).map(([pattern, value]) => ({ pattern: new RegExp(pattern, 'u'), shape: value })),
      };
      this.#ready.set(shape, ready);
    }
    return ready;
  }
}

function acceptsScalar(node: ScalarNode, shape: ShapeTable): boolean {
  switch (node.type) {
    case 'str':
    case 'time':
      if ((shape.types & 4) === 0 || (shape.values !== undefined && !shape.values.includes(node.text))) return false;
      return shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(node.text);
    case 'int':
    case 'float': {
      const value = Number(node.value);
      if ((shape.types & (Number.isInteger(value) ? 8 : 16)) === 0 || shape.values !== undefined) return false;
      return (shape.minimum === undefined || value >= shape.minimum) && (shape.maximum === undefined || value <= shape.maximum);
    }
    case 'bool':
      return (shape.types & 2) !== 0;
    case 'null':
      return (shape.types & 1) !== 0;
  }
}

/** Are all items scalars, and no two alike? A list with mappings is left to the full validator. */
function areDistinct(items: readonly Node[]): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'scalar') return false;
    seen.add(item.type === 'str' ? `s${item.text}` : `${typeof item.value}${item.value}`);
  }
  return seen.size === items.length;
}
