/**
 * The loader's own tree. Every node knows where it was written, and keeps that through interpolation, merge, extends and include:
 * a pass that replaces a value gives the new node the old one's place.
 *
 * After the first pass (interpolate.ts) no node is shared, so later passes change the tree in place.
 */
import type { Place, Source } from './source.ts';

/** `time` and `binary` are YAML 1.1 types that Compose has no use for; they keep their text. */
export type ScalarType = 'str' | 'int' | 'float' | 'bool' | 'null' | 'time';
export type ScalarValue = string | number | bigint | boolean | null;

/** How a scalar was written; `plain` is the only style that can be anything but a string. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** One step of the way that led to a value: "overridden here", "extended from", "variable set in". Newest first. */
export interface Trail {
  readonly message: string;
  readonly place: Place;
  readonly next: Trail | undefined;
}

export class ScalarNode implements Place {
  declare readonly kind: 'scalar'; // on the prototype: one word less in every node
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly type: ScalarType;
  /** A number for `float` and for an `int` that is exact as one, else a bigint; the text for `time`. */
  readonly value: ScalarValue;
  /** The decoded text, before any type was read into it. */
  readonly text: string;
  readonly style: ScalarStyle;
  trail: Trail | undefined;

  constructor(source: Source, start: number, end: number, type: ScalarType, value: ScalarValue, text: string, style: ScalarStyle) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.type = type;
    this.value = value;
    this.text = text;
    this.style = style;
    this.trail = undefined;
  }
}

Object.defineProperty(ScalarNode.prototype, 'kind', { value: 'scalar' });

/** One pair of a mapping; as a Place it is the key. */
export class Entry implements Place {
  readonly key: string;
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  value: Node;

  constructor(key: string, source: Source, start: number, end: number, value: Node) {
    this.key = key;
    this.source = source;
    this.start = start;
    this.end = end;
    this.value = value;
  }
}

/** Above this many entries a mapping gets an index; below it a search through the list is cheaper, and most mappings are small. */
const INDEX_FROM = 12;

/** A mapping whose entries keep the order in which they were written. */
export class MapNode implements Place {
  declare readonly kind: 'map'; // on the prototype: one word less in every node
  readonly source: Source;
  readonly start: number;
  end: number;
  /** Change it through the methods only. */
  entries: Entry[];
  #index: Map<string, Entry> | undefined;
  trail: Trail | undefined;
  /** Nodes below and including this one, with every alias expanded. */
  weight: number;
  /** An alias or a merge key refers to it as well, so it must not be changed in place. */
  shared: boolean;

  constructor(source: Source, start: number, end: number, entries: Entry[], weight = 1) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.entries = entries;
    this.#index = undefined;
    this.trail = undefined;
    this.weight = weight;
    this.shared = false;
  }

  entry(key: string): Entry | undefined {
    const entries = this.entries;
    if (entries.length <= INDEX_FROM) {
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i];
        if (entry !== undefined && entry.key === key) return entry;
      }
      return undefined;
    }
    this.#index ??= new Map(entries.map((entry) => [entry.key, entry]));
    return this.#index.get(key);
  }

  get(key: string): Node | undefined {
    return this.entry(key)?.value;
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  /** Adds a pair whose key is known to be new. */
  push(entry: Entry): void {
    this.entries.push(entry);
    this.#index?.set(entry.key, entry);
  }

  /** Sets a value; a new key takes its place from `keyPlace`, or from the value. */
  set(key: string, value: Node, keyPlace: Place = value): void {
    const entry = this.entry(key);
    if (entry) entry.value = value;
    else this.push(new Entry(key, keyPlace.source, keyPlace.start, keyPlace.end, value));
  }

  delete(key: string): void {
    const at = this.entries.findIndex((entry) => entry.key === key);
    if (at < 0) return;
    this.entries.splice(at, 1);
    this.#index?.delete(key);
  }
}

Object.defineProperty(MapNode.prototype, 'kind', { value: 'map' });

export class SeqNode implements Place {
  declare readonly kind: 'seq'; // on the prototype: one word less in every node
  readonly source: Source;
  readonly start: number;
  end: number;
  items: Node[];
  trail: Trail | undefined;
  /** See MapNode. */
  weight: number;
  shared: boolean;

  constructor(source: Source, start: number, end: number, items: Node[], weight = 1) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.items = items;
    this.trail = undefined;
    this.weight = weight;
    this.shared = false;
  }
}

Object.defineProperty(SeqNode.prototype, 'kind', { value: 'seq' });

export type Node = ScalarNode | MapNode | SeqNode;

/** A scalar that stands for what is written at `place`. */
export function scalarAt(place: Place, type: ScalarType, value: ScalarValue, text: string, style: ScalarStyle = 'plain'): ScalarNode {
  return new ScalarNode(place.source, place.start, place.end, type, value, text, style);
}
/** A string value at a place that holds (or implies) it. */
export function stringNode(text: string, place: Place): ScalarNode {
  return scalarAt(place, 'str', text, text, 'double');
}
export function boolNode(value: boolean, place: Place): ScalarNode {
  return scalarAt(place, 'bool', value, String(value));
}
export function intNode(value: number, place: Place): ScalarNode {
  return scalarAt(place, 'int', value, String(value));
}
export function nullNode(place: Place): ScalarNode {
  return scalarAt(place, 'null', null, '');
}
export function emptyMap(place: Place): MapNode {
  return new MapNode(place.source, place.start, place.end, []);
}
export function seqNode(items: Node[], place: Place): SeqNode {
  return new SeqNode(place.source, place.start, place.end, items);
}
/** A mapping that is implied at a place. */
export function mapNode(pairs: readonly (readonly [string, Node])[], place: Place): MapNode {
  const entries = pairs.map(([key, value]) => new Entry(key, place.source, place.start, place.end, value));
  return new MapNode(place.source, place.start, place.end, entries);
}

export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.type === 'null';
}

/** The text of a string scalar; undefined for any other node. */
export function stringOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && node.type === 'str' ? node.text : undefined;
}

/** A copy that shares nothing with the original, trails apart. */
export function clone(node: Node): Node {
  if (node.kind === 'scalar') {
    const copy = new ScalarNode(node.source, node.start, node.end, node.type, node.value, node.text, node.style);
    copy.trail = node.trail;
    return copy;
  }
  if (node.kind === 'seq') {
    const copy = new SeqNode(node.source, node.start, node.end, node.items.map(clone));
    copy.trail = node.trail;
    return copy;
  }
  const entries = node.entries.map((e) => new Entry(e.key, e.source, e.start, e.end, clone(e.value)));
  const copy = new MapNode(node.source, node.start, node.end, entries);
  copy.trail = node.trail;
  return copy;
}

/** Do two trees say the same? Places do not matter, nor the order of keys. */
export function equals(a: Node, b: Node): boolean {
  if (a.kind === 'scalar') return b.kind === 'scalar' && a.type === b.type && Object.is(a.value, b.value);
  if (a.kind === 'seq') {
    return b.kind === 'seq' && a.items.length === b.items.length && a.items.every((item, i) => equals(item, b.items[i] as Node));
  }
  if (b.kind !== 'map' || a.entries.length !== b.entries.length) return false;
  return a.entries.every((entry) => {
    const other = b.get(entry.key);
    return other !== undefined && equals(entry.value, other);
  });
}

/** The node with one more step in front of its trail. Scalars may be shared by aliases, so of a scalar this is a copy. */
export function withTrail<N extends Node>(node: N, message: string, place: Place): N {
  const target = node.kind === 'scalar' ? (clone(node) as N) : node;
  target.trail = { message, place, next: node.trail };
  return target;
}

/** What to call a node in a sentence. */
export function describe(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'seq') return 'a list';
  switch (node.type) {
    case 'null':
      return 'null';
    case 'bool':
      return `the boolean ${node.text}`;
    case 'int':
    case 'float':
      return `the number ${node.text}`;
    case 'time':
      return `the date ${node.text}`;
    case 'str':
      return 'a string';
  }
}
