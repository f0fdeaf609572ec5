import type { Plain } from './codec/index.ts';

/** Plain data as JSON with two spaces of indentation; `<`, `>` and `&` are escaped, as Go's encoder does. */
export function printJson(value: Plain): string {
  const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? Number(v) : v), 2);
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
