import { describe, isNull } from '../tree.ts';
import type { Entry, MapNode } from '../tree.ts';
import { type Codec, type Decoding, type Plain, invalid } from './codec.ts';
import { extensionsOf, sortedRecord } from './collections.ts';

/** Codecs for every attribute of T, in the order in which they are printed. */
export type Fields<T> = { readonly [K in Exclude<keyof T, 'extensions'>]-?: Codec<NonNullable<T[K]>> | Codec<T[K]> };

export interface ObjectOptions {
  /** Keys that JSON spells otherwise. */
  readonly jsonKeys?: Readonly<Record<string, string>>;
  /** Leave an object without attributes out when printing. Default false: `{}` is printed. */
  readonly omitEmpty?: boolean;
}

/** A mapping with fixed keys. Unknown keys are the schema's business; `x-` ones become `extensions`. */
export function object<T extends object>(fields: Fields<T>, options: ObjectOptions = {}): Codec<T> {
  const table = Object.entries(fields) as unknown as readonly (readonly [string, Codec<unknown>])[];
  const byKey: ReadonlyMap<string, Codec<unknown>> = new Map(table);
  return {
    decode(node, context) {
      if (isNull(node)) return undefined;
      if (node.kind !== 'map') return invalid(context, node, 'schema.type', `${describe(node)} is given where a mapping is expected`);
      return decodeFields(node, byKey, context) as T;
    },
    print(value, printing) {
      const out: Record<string, Plain | undefined> = {};
      let isEmpty = true;
      for (const [key, codec] of table) {
        const given = (value as Readonly<Record<string, unknown>>)[key];
        if (given === undefined) continue;
        const printed = codec.print(given, printing);
        if (printed === undefined) continue;
        isEmpty = false;
        out[printing.format === 'json' ? (options.jsonKeys?.[key] ?? key) : key] = printed;
      }
      const extensions = (value as { readonly extensions?: Readonly<Record<string, unknown>> }).extensions;
      if (extensions && printing.format === 'yaml') {
        isEmpty = false;
        Object.assign(out, sortedRecord(extensions, (v) => v as Plain));
      }
      return isEmpty && options.omitEmpty ? undefined : out;
    },
  };
}

function decodeFields(node: MapNode, codecs: ReadonlyMap<string, Codec<unknown>>, context: Decoding): object {
  const out: Record<string, unknown> = {};
  const outer = context.trail;
  let hasOthers = false;
  for (let i = 0; i < node.entries.length; i++) {
    const entry = node.entries[i] as Entry; // i is below length
    const codec = codecs.get(entry.key);
    if (!codec) {
      hasOthers = true;
      continue;
    }
    context.path.push(entry.key);
    context.trail = entry.value.trail ?? outer;
    const value = codec.decode(entry.value, context);
    if (value !== undefined) out[entry.key] = value;
    context.path.pop();
  }
  context.trail = outer;
  const extensions = hasOthers ? extensionsOf(node) : undefined;
  if (extensions) out['extensions'] = extensions;
  return out;
}
