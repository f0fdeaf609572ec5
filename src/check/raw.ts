/** Walks over the files as written. */
import { type Entry, type Inspection, type MapNode, type Node, type PathKey, type Place, type ScalarNode, type Source, isNull, stringOf } from '../compose/inspect/index.ts';
import type { TextEdit } from './finding.ts';

export interface RawService {
  readonly name: string;
  readonly entry: Entry;
  readonly node: MapNode;
  readonly source: Source;
}

/** Every service of every document; nothing of `extends` or merges applied. A service that an alias repeats comes up once for each name. */
export function rawServices(inspection: Inspection): RawService[] {
  const found: RawService[] = [];
  for (const { source, documents } of inspection.files) {
    for (const document of documents) {
      const services = document.get('services');
      for (const entry of services?.kind === 'map' ? services.entries : []) {
        if (entry.value.kind === 'map') found.push({ name: entry.key, entry, node: entry.value, source });
      }
    }
  }
  return found;
}

/** One `KEY=value` of a list or one pair of a mapping. */
export interface Pair {
  readonly key: string;
  /** As written, without interpolation; undefined when only the key is given. */
  readonly value: string | undefined;
  /** The scalar that holds the value, and in a list also the key. */
  readonly node: ScalarNode | undefined;
  readonly place: Place;
  readonly inList: boolean;
}

export function pairsOf(node: Node | undefined): Pair[] {
  if (node?.kind === 'map') {
    return node.entries.flatMap((entry): Pair[] => {
      if (entry.value.kind !== 'scalar') return [];
      const value = isNull(entry.value) ? undefined : entry.value.text;
      return [{ key: entry.key, value, node: entry.value, place: value ? entry.value : entry, inList: false }];
    });
  }
  if (node?.kind !== 'seq') return [];
  return node.items.flatMap((item): Pair[] => {
    if (item.kind !== 'scalar') return [];
    const equals = item.text.indexOf('=');
    const key = equals < 0 ? item.text : item.text.slice(0, equals);
    return [{ key, value: equals < 0 ? undefined : item.text.slice(equals + 1), node: item, place: item, inList: true }];
  });
}

/** The string items of a list. */
export function stringsOf(node: Node | undefined): ScalarNode[] {
  return node?.kind === 'seq' ? node.items.filter((item): item is ScalarNode => item.kind === 'scalar' && stringOf(item) !== undefined) : [];
}

/** Calls `visit` for every scalar below a node, each place once. */
export function eachScalar(node: Node, visit: (scalar: ScalarNode, path: readonly PathKey[], parent: Node | undefined) => void): void {
  const seen = new Set<Node>();
  const path: PathKey[] = [];
  const walk = (at: Node, parent: Node | undefined): void => {
    if (seen.has(at)) return;
    seen.add(at);
    if (at.kind === 'scalar') return visit(at, path, parent);
    if (at.kind === 'seq') {
      at.items.forEach((item, index) => {
        path.push(index);
        walk(item, at);
        path.pop();
      });
      return;
    }
    for (const entry of at.entries) {
      path.push(entry.key);
      walk(entry.value, at);
      path.pop();
    }
  };
  walk(node, undefined);
}

/** Puts a plain scalar in double quotes. Nothing when it is not plain as it stands in the file, or is on standard input. */
export function quoteFix(node: ScalarNode): TextEdit[] | undefined {
  const written = node.source.text.slice(node.start, node.end);
  if (node.style !== 'plain' || written !== node.text || /["\\\n]/.test(written) || node.source.path === '-') return undefined;
  return [{ path: node.source.path, start: node.start, end: node.end, text: `"${written}"` }];
}
