/** How Go's fmt prints what Docker puts into an image's history. */

/** `%q` of a string. */
export function quote(text: string): string {
  let out = '"';
  for (const glyph of text) out += NAMED[glyph] ?? (glyph === '"' ? '\\"' : printable(glyph));
  return `${out}"`;
}

const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };

function printable(glyph: string): string {
  const code = glyph.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code >= 0x80 && code < 0xa0) return `\\u${code.toString(16).padStart(4, '0')}`;
  return glyph;
}

/** `%q` of a list of strings: `["a" "b c"]`. */
export function quoteList(list: readonly string[]): string {
  return `[${list.map(quote).join(' ')}]`;
}

/** `%q` of an integer: the character with that code. */
export function quoteRune(code: number): string {
  const glyph = String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
  return `'${glyph === "'" ? "\\'" : (NAMED[glyph] ?? printable(glyph))}'`;
}
