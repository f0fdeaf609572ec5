/** Paths as users type them. */
import type { Plain } from '../../compose/index.ts';
import { type PathKey, parsePath } from '../../compose/inspect/index.ts';

const SECTIONS = new Set(['name', 'services', 'networks', 'volumes', 'configs', 'secrets', 'models']);

/** `web.image` → `services web image`; the text of a path as keys, each of which may still be part of a key with dots. */
export function keysOf(text: string, services: readonly string[]): PathKey[] {
  const keys = parsePath(text) ?? text.split('.').flatMap(indexed);
  const [first] = keys;
  if (typeof first !== 'string' || SECTIONS.has(first) || first.startsWith('x-')) return keys;
  return services.includes(first) || services.some((name) => name.startsWith(`${first}.`)) ? ['services', ...keys] : keys;
}

/** `ports[0]` in a text that is no proper path. */
function indexed(part: string): PathKey[] {
  const match = /^([^[\]]*)((?:\[\d+\])+)$/.exec(part);
  if (!match) return [part];
  const indices = [...(match[2] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return match[1] === '' ? indices : [match[1] ?? '', ...indices];
}

export type Found =
  | { readonly value: Plain; readonly keys: readonly PathKey[] }
  /** How far the path goes, and what is there. */
  | { readonly value: undefined; readonly keys: readonly PathKey[]; readonly missing: string; readonly known: readonly string[] };

/** Follows keys into plain data. Keys that name nothing are joined with the ones after them: `labels.com.example.a`. */
export function follow(root: Plain, keys: readonly PathKey[]): Found {
  let value: Plain | undefined = root;
  const done: PathKey[] = [];
  for (let i = 0; i < keys.length; i++) {
    const next = stepInto(value, keys, i);
    if (!next) return { value: undefined, keys: done, missing: String(keys[i]), known: namesIn(value) };
    value = next.value;
    done.push(next.key);
    i = next.last;
  }
  return { value, keys: done };
}

function stepInto(value: Plain, keys: readonly PathKey[], at: number): { value: Plain; key: PathKey; last: number } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const index = Number(keys[at]);
    const item: Plain | undefined = (value as readonly Plain[])[index];
    return Number.isInteger(index) && item !== undefined ? { value: item, key: index, last: at } : undefined;
  }
  const map = value as Readonly<Record<string, Plain | undefined>>;
  for (let last = at; last < keys.length; last++) {
    const key = keys.slice(at, last + 1).join('.');
    const found = Object.hasOwn(map, key) ? map[key] : undefined;
    if (found !== undefined) return { value: found, key, last };
  }
  return undefined;
}

function namesIn(value: Plain): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value) ? value.map((_, index) => `[${index}]`) : Object.keys(value);
}
