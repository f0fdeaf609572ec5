/** Every place where the files say something about a path of the model, weakest first. */
import { resolve } from 'node:path';
import { type Inspection, type MapNode, type Node, type PathKey, type Place, type RawFile, expanded, stringOf } from '../../compose/inspect/index.ts';

export interface Written {
  readonly place: Place;
  readonly node: Node;
  /** As it stands in the file, the key before it when there is one. */
  readonly text: string;
  /** The part of the text that may have variables: without the key. */
  readonly value: string | undefined;
  /** `KEY` without a value: the variable of that name fills it. */
  readonly inherits: string | undefined;
  /** How the file or service came in. */
  readonly via: 'file' | 'extends' | 'include';
  /** For `extends`: where it is extended. */
  readonly from: Place | undefined;
}

export function writtenAt(inspection: Inspection, keys: readonly PathKey[]): Written[] {
  const included = inspection.files.filter((file) => file.role === 'included');
  const main = inspection.files.filter((file) => file.role === 'main');
  return [
    ...included.flatMap((file) => inFile(file, keys, 'include', inspection)),
    ...main.flatMap((file) => inFile(file, keys, 'file', inspection)),
  ];
}

function inFile(file: RawFile, keys: readonly PathKey[], via: Written['via'], inspection: Inspection): Written[] {
  return file.documents.flatMap((document) => {
    const service = keys[0] === 'services' && typeof keys[1] === 'string' ? mapAt(document, keys[1]) : undefined;
    const bases = service ? basesOf(service, file, document, keys, inspection, []) : [];
    const own = withoutInherited(descend(document, keys, via, undefined), keys);
    return own ? [...bases, own] : bases;
  });
}

function mapAt(document: MapNode, service: string): MapNode | undefined {
  const services = document.get('services');
  const found = services?.kind === 'map' ? services.get(service) : undefined;
  return found?.kind === 'map' ? found : undefined;
}

/** What the services that this one extends say, the most distant first. */
function basesOf(service: MapNode, file: RawFile, document: MapNode, keys: readonly PathKey[], inspection: Inspection, seen: readonly MapNode[]): Written[] {
  const reference = service.get('extends');
  const text = (node: Node | undefined) => expanded(stringOf(node), inspection.variables);
  const name = reference?.kind === 'map' ? text(reference.get('service')) : text(reference);
  if (!reference || name === undefined || seen.includes(service)) return [];
  const path = reference.kind === 'map' ? text(reference.get('file')) : undefined;
  const target = path === undefined ? file : inspection.files.find((one) => one.source.path === resolve(file.directory, path));
  const documents = path === undefined ? [document] : (target?.documents ?? []);
  const rest = keys.slice(2);
  return documents.flatMap((one): Written[] => {
    const base = mapAt(one, name);
    if (!base || !target) return [];
    const own = rest.length === 0 ? undefined : withoutInherited(descend(base, rest, 'extends', reference), keys);
    return [...basesOf(base, target, one, keys, inspection, [...seen, service]), ...(own ? [own] : [])];
  });
}

/** Only variables and build arguments take a value from outside when they have none. */
function withoutInherited(one: Written | undefined, keys: readonly PathKey[]): Written | undefined {
  const section = keys[2] === 'build' ? keys[3] : keys[2];
  return !one || section === 'environment' || section === 'args' ? one : { ...one, inherits: undefined };
}

function descend(root: Node, keys: readonly PathKey[], via: Written['via'], from: Place | undefined): Written | undefined {
  let node: Node = root;
  let key: Place | undefined;
  for (const [depth, step] of keys.entries()) {
    if (node.kind === 'map') {
      const entry = node.entry(String(step));
      if (!entry) return undefined;
      node = entry.value;
      key = entry;
    } else if (node.kind === 'seq') {
      const item: Node | undefined = typeof step === 'number' ? undefined : itemNamed(node.items, step);
      if (typeof step === 'number') break; // items of several files are one list in the end: the whole list has a say
      if (!item) return undefined;
      return depth === keys.length - 1 || item.kind === 'scalar' ? written(item, undefined, via, from, step) : undefined;
    } else break; // a short form says all of it
  }
  return written(node, key, via, from, undefined);
}

/** The item `KEY=value`, `KEY` or `name` of a list. */
function itemNamed(items: readonly Node[], name: string): Node | undefined {
  const fits = (item: Node) => item.kind === 'scalar' && (item.text === name || item.text.startsWith(`${name}=`));
  return items.findLast(fits);
}

function written(node: Node, key: Place | undefined, via: Written['via'], from: Place | undefined, item: string | undefined): Written {
  const place = node.kind === 'scalar' && node.end > node.start ? node : (key ?? node);
  const start = key && key.source === node.source && key.start < node.start ? key.start : node.start;
  const text = node.source.text.slice(node.end > node.start ? start : (key?.start ?? start), Math.max(node.end, key?.end ?? 0));
  const value = node.kind !== 'scalar' ? undefined : item === undefined ? node.text : node.text.slice(item.length + 1);
  const inherits = node.kind === 'scalar' && (item !== undefined ? node.text === item : node.type === 'null') ? (item ?? (key as { key?: string } | undefined)?.key) : undefined;
  return { place, node, text, value, inherits, via, from };
}
