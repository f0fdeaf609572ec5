/** Codecs of lists and mappings. User-chosen keys make objects without a prototype, so that `constructor` is a name like any other. */
import { formatTimeRfc3339, scalarText } from '../go-values.ts';
import { splitCommand } from '../short-forms/index.ts';
import { type Entry, type MapNode, type Node, describe, isNull } from '../tree.ts';
import { type Codec, type Decoding, type Plain, invalid } from './codec.ts';

function expected(context: Decoding, node: Node, what: string): undefined {
  return invalid(context, node, 'schema.type', `${describe(node)} is given where ${what} is expected`);
}

export function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** A record with its keys in order; what Go does with every mapping it prints. */
export function sortedRecord<T>(value: Readonly<Record<string, T>>, print: (item: T) => Plain | undefined): Record<string, Plain | undefined> {
  const out = record<Plain | undefined>();
  for (const key of Object.keys(value).sort(byBytes)) out[key] = print(value[key] as T); // key comes from value
  return out;
}

/** Go sorts strings by their bytes; code points order the same way. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function decodeItem<T>(codec: Codec<T>, node: Node, index: number | string, context: Decoding): T | undefined {
  context.path.push(index);
  const before = context.trail;
  if (node.trail) context.trail = node.trail;
  const value = codec.decode(node, context);
  context.trail = before;
  context.path.pop();
  return value;
}

/** A list of one kind; an empty one is left out when printing. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    decode(node, context) {
      if (isNull(node)) return undefined;
      if (node.kind !== 'seq') return expected(context, node, 'a list');
      const values: T[] = [];
      for (let i = 0; i < node.items.length; i++) {
        const value = decodeItem(codec, node.items[i] as Node, i, context); // i is below length
        if (value !== undefined) values.push(value);
      }
      return values;
    },
    print: (value, printing) => (value.length === 0 ? undefined : value.flatMap((item) => codec.print(item, printing) ?? [])),
  };
}

const listText: Codec<string> = {
  decode(node, context) {
    if (node.kind !== 'scalar') return expected(context, node, 'a string');
    return scalarText(node);
  },
  print: (value) => value,
};

/** Strings; numbers are taken as they would be printed. */
export const strings: Codec<readonly string[]> = list(listText);

/** One string, or a list of them. */
export const stringOrList: Codec<readonly string[]> = {
  decode: (node, context) => (node.kind === 'scalar' && node.type === 'str' ? [node.text] : strings.decode(node, context)),
  print: strings.print,
};

/** A mapping from names to one kind; an empty one is left out when printing. */
export function mapOf<T>(codec: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    decode(node, context) {
      if (isNull(node)) return undefined;
      if (node.kind !== 'map') return expected(context, node, 'a mapping');
      const out = record<T>();
      for (const entry of node.entries) {
        const value = decodeItem(codec, entry.value, entry.key, context);
        if (value !== undefined) out[entry.key] = value;
      }
      return out;
    },
    print: (value, printing) => (Object.keys(value).length === 0 ? undefined : sortedRecord(value, (item) => codec.print(item, printing))),
  };
}

/** As `mapOf`, where null is a value: a network without options. */
export function nullableMapOf<T>(codec: Codec<T>): Codec<Readonly<Record<string, T | null>>> {
  return mapOf<T | null>({
    decode: (node, context) => (isNull(node) ? null : codec.decode(node, context)),
    print: (value, printing) => (value === null ? null : (codec.print(value, printing) ?? {})),
  });
}

function pairs<T>(node: Node, context: Decoding, value: (given: string | undefined) => T | undefined): Record<string, T> | undefined {
  if (isNull(node)) return undefined;
  const out = record<T>();
  const put = (key: string, given: string | undefined) => {
    const v = value(given);
    if (v !== undefined) out[key] = v;
  };
  if (node.kind === 'map') for (const entry of node.entries) put(entry.key, pairValue(entry, context));
  else if (node.kind === 'seq') {
    for (const item of node.items) {
      const text = item.kind === 'scalar' ? scalarText(item) : '';
      const equals = text.indexOf('=');
      put(equals < 0 ? text : text.slice(0, equals), equals < 0 ? undefined : text.slice(equals + 1));
    }
  } else return expected(context, node, 'a list or a mapping');
  return out;
}

function pairValue(entry: Entry, context: Decoding): string | undefined {
  if (entry.value.kind === 'scalar') return entry.value.type === 'null' ? undefined : scalarText(entry.value);
  return expected(context, entry.value, 'a string');
}

const printStrings = (value: Readonly<Record<string, string | null>>) =>
  Object.keys(value).length === 0 ? undefined : sortedRecord(value, (item) => item);

/** `KEY=value` pairs in either form; a key without a value has the empty string. */
export const labels: Codec<Readonly<Record<string, string>>> = {
  decode: (node, context) => pairs(node, context, (given) => given ?? ''),
  print: printStrings,
};

/** A mapping of strings, where integers are taken as their digits. */
export const stringMap: Codec<Readonly<Record<string, string>>> = mapOf({
  decode(node, context) {
    if (node.kind === 'scalar' && node.type !== 'float' && node.type !== 'bool' && node.type !== 'time') return scalarText(node);
    return expected(context, node, 'a string');
  },
  print: (value) => value,
});

/** As `labels`; a key without a value is null. */
export const environment: Codec<Readonly<Record<string, string | null>>> = {
  decode: (node, context) => pairs<string | null>(node, context, (given) => given ?? null),
  print: printStrings,
};

/** A command: a string is split as a shell would, null is null. */
export const command: Codec<readonly string[] | null> = {
  decode(node, context) {
    if (isNull(node)) return null;
    if (node.kind !== 'scalar' || node.type !== 'str') return strings.decode(node, context);
    const words = splitCommand(node.text);
    const hint = 'close every quote, or use the list form: ["sh", "-c", "..."]';
    return words ?? invalid(context, node, 'command.invalid', 'the command cannot be split into words', hint);
  },
  // JSON always has it, because null (the image's own) differs from an empty list
  print: (value, { format }) => (value === null ? (format === 'json' ? null : undefined) : [...value]),
};

/** The extensions of a mapping as plain values. */
export function extensionsOf(map: MapNode): Readonly<Record<string, unknown>> | undefined {
  let out: Record<string, unknown> | undefined;
  for (const entry of map.entries) {
    if (!entry.key.startsWith('x-') || entry.key === 'x-#value') continue;
    out ??= record();
    out[entry.key] = plainValue(entry.value);
  }
  return out;
}

/** A node as plain data. */
export function plainValue(node: Node): Plain {
  if (node.kind === 'seq') return node.items.map(plainValue);
  if (node.kind === 'map') {
    const out = record<Plain>();
    for (const entry of node.entries) out[entry.key] = plainValue(entry.value);
    return out;
  }
  return node.type === 'time' ? formatTimeRfc3339(node.text) : node.value;
}
