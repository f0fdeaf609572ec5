/** Plain data as JSON and YAML text, written as Go's encoders write it. */
import type { Plain } from './codec/index.ts';

/** JSON with two spaces of indentation; `<`, `>` and `&` are escaped. */
export function printJson(value: Plain): string {
  const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? Number(v) : v), 2);
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** YAML. */
export function printYaml(value: Plain): string {
  return JSON.stringify(value, null, 2);
}
