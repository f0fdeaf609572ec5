/** Env files, in the dialect of Docker Compose (compose-go's dotenv). */
import type { Source } from './source.ts';
import { SubstitutionError, substitute } from './substitute.ts';
import type { Variable } from './variables.ts';

/** An env file is malformed. `start` and `end` are offsets. */
export class DotenvError extends Error {
  readonly start: number;
  readonly end: number;
  readonly hint: string | undefined;

  constructor(message: string, start: number, end: number, hint?: string) {
    super(message);
    this.start = start;
    this.end = end;
    this.hint = hint;
  }
}

/** Values that win over those of the file when a value refers to a variable, and that fill keys without a value. */
export type EnvLookup = (name: string) => string | undefined;

/**
 * Reads an env file: comments, `export`, `KEY=value` and `KEY: value`, quotes, escapes, variables.
 * A key alone takes its value from `lookup`, or is left out.
 * @throws DotenvError
 */
export function parseDotenv(source: Source, lookup: EnvLookup): Map<string, Variable> {
  return new DotenvParser(source, lookup).parse();
}

/**
 * Reads `format: raw`: every line is `KEY=value` to its end, nothing is quoted, escaped or substituted.
 * @see Compose specification, "env_file", "format"
 */
export function parseRawEnv(source: Source, lookup: EnvLookup): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  const text = source.text;
  for (const match of text.matchAll(/[^\n]+/g)) {
    const line = match[0].replace(/\r$/, '').replace(/^\ufeff/, '').trimStart();
    const start = match.index;
    const place = { source, start, end: start + match[0].length };
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const key = equals < 0 ? line : line.slice(0, equals);
    if (/\s/.test(key) || key === '') throw new DotenvError(`"${key}" is not a variable name`, start, place.end, 'write KEY=value without spaces around "="');
    const value = equals < 0 ? lookup(key) : line.slice(equals + 1);
    if (value !== undefined) variables.set(key, { value, place });
  }
  return variables;
}

const SPACES = /[\t\v\f\r \u0085\u00a0]*/y;
const ANY_SPACE = /[\s\u0085]*/y;

class DotenvParser {
  readonly #source: Source;
  readonly #text: string;
  readonly #lookup: EnvLookup;
  readonly #variables = new Map<string, Variable>();
  #pos = 0;

  constructor(source: Source, lookup: EnvLookup) {
    this.#source = source;
    this.#text = source.text;
    this.#lookup = lookup;
    if (this.#text.charCodeAt(0) === 0xfeff) this.#pos = 1;
  }

  parse(): Map<string, Variable> {
    for (;;) {
      this.#skip(ANY_SPACE);
      if (this.#pos >= this.#text.length) return this.#variables;
      if (this.#text[this.#pos] === '#') this.#pos = this.#lineEnd(this.#pos);
      else this.#statement();
    }
  }

  #statement(): void {
    const start = this.#pos;
    const { key, inherited } = this.#key();
    if (inherited) {
      const value = this.#lookup(key);
      if (value !== undefined) this.#set(key, value, start, start + key.length);
      return;
    }
    const value = this.#value();
    this.#set(key, value, start, this.#pos);
  }

  #set(key: string, value: string, start: number, end: number): void {
    this.#variables.delete(key);
    this.#variables.set(key, { value, place: { source: this.#source, start, end } });
  }

  /** Reads a name and what ends it. A line with a name only inherits. */
  #key(): { key: string; inherited: boolean } {
    const text = this.#text;
    const exported = /export[^\S\n]+/y;
    exported.lastIndex = this.#pos;
    const prefix = exported.exec(text);
    if (prefix) this.#pos += prefix[0].length;
    const start = this.#pos;
    for (let i = start; i < text.length; ) {
      const char = String.fromCodePoint(text.codePointAt(i) ?? 0);
      if (char === '=' || char === ':' || char === '\n') return this.#endKey(start, i, char === '\n');
      if (!/[\t\v\f\r \u0085\u00a0\p{L}\p{N}_.[\]-]/u.test(char)) throw this.#badCharacter(start, i, char);
      i += char.length;
    }
    // compose-go takes a name that ends the file without a line break for an empty key; we take it for what it says
    return this.#endKey(start, text.length, true);
  }

  #endKey(start: number, end: number, inherited: boolean): { key: string; inherited: boolean } {
    const key = this.#text.slice(start, end).trimEnd();
    this.#pos = Math.min(end + 1, this.#text.length);
    if (/ /.test(key)) {
      throw new DotenvError(`the variable name "${key}" contains a space`, start, start + key.length, 'write KEY=value; a value with spaces may be quoted');
    }
    this.#skip(SPACES);
    return { key, inherited };
  }

  #badCharacter(start: number, at: number, char: string): DotenvError {
    const line = this.#text.slice(start, this.#lineEnd(start));
    const hint = char === '#' ? 'a comment needs a line of its own, or a value before it' : 'names have letters, digits, "_", ".", "-", "[" and "]"';
    return new DotenvError(`unexpected character ${JSON.stringify(char)} in the variable name of "${line}"`, at, at + char.length, hint);
  }

  #value(): string {
    const quote = this.#text[this.#pos];
    if (quote === '"' || quote === "'") return this.#quoted(quote);
    const start = this.#pos;
    const end = this.#lineEnd(start);
    this.#pos = end;
    let raw = this.#text.slice(start, end);
    const comment = raw.indexOf(' #');
    if (comment >= 0) raw = raw.slice(0, comment);
    return this.#expand(raw.replace(/[\s\u0085]+$/, ''), start);
  }

  #quoted(quote: string): string {
    const text = this.#text;
    const start = this.#pos;
    let out = '';
    for (let i = start + 1; i < text.length; i++) {
      const char = text.charAt(i);
      if (char === '\\' && i + 1 < text.length) {
        const next = text.charAt(++i);
        out += next === quote ? next : `\\${next}`; // other escapes are for expandEscapes
        continue;
      }
      if (char !== quote) {
        out += char;
        continue;
      }
      this.#pos = i + 1;
      return quote === '"' ? this.#expand(expandEscapes(out), start) : out;
    }
    throw new DotenvError(`unterminated quoted value ${text.slice(start, this.#lineEnd(start))}`, start, this.#lineEnd(start), `add the closing ${quote}`);
  }

  #expand(value: string, start: number): string {
    try {
      return substitute(value, { get: (name) => this.#lookup(name) ?? this.#variables.get(name)?.value });
    } catch (error) {
      if (!(error instanceof SubstitutionError)) throw error;
      const hint = error.variable === undefined ? 'a literal "$" is written "$$", or put the value in single quotes' : `set ${error.variable} in the environment, or in a line above`;
      throw new DotenvError(error.message, start, this.#lineEnd(start), hint);
    }
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#pos;
    pattern.exec(this.#text);
    this.#pos = Math.max(this.#pos, pattern.lastIndex);
  }

  #lineEnd(from: number): number {
    const at = this.#text.indexOf('\n', from);
    return at < 0 ? this.#text.length : at;
  }
}

/** Escapes of a double-quoted value. `\$` becomes `$$`, which the substitution then makes a literal dollar. */
function expandEscapes(text: string): string {
  return text.replace(/\\([abcfnrtv$"\\]|0\d{0,3})/g, (whole, escape: string) => {
    const simple = ESCAPES.get(escape);
    if (simple !== undefined) return simple;
    const octal = /^0([0-7]{3})/.exec(escape);
    if (octal && Number.parseInt(octal[1] ?? '', 8) < 256) return String.fromCharCode(Number.parseInt(octal[1] ?? '', 8)) + escape.slice(4);
    return whole;
  });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['$', '$$'],
  ['"', '"'],
  ['\\', '\\'],
]);
