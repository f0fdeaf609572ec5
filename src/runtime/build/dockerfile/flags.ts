import { DockerfileMistake } from './errors.ts';

/**
 * Takes the builder flags (`--from=x --link`) off the front of an instruction's arguments. Quotes and backslashes in them are resolved.
 * `--` ends them.
 */
export function takeFlags(text: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at)) && at < text.length) at++;
    if (!text.startsWith('--', at)) break;
    const { word, end } = readFlag(text, at);
    at = end;
    if (word === '--') break;
    flags.push(word);
  }
  return { flags, rest: text.slice(at).trim() };
}

function readFlag(text: string, start: number): { word: string; end: number } {
  let word = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    let glyph = text.charAt(at);
    if (quote === '' && /\s/.test(glyph)) break;
    if (glyph === '\\') {
      glyph = text.charAt(++at);
    } else if (quote === glyph) {
      quote = '';
      continue;
    } else if (quote === '' && (glyph === '"' || glyph === "'")) {
      quote = glyph;
      continue;
    }
    word += glyph;
  }
  return { word, end: at };
}

export type FlagKind = 'string' | 'boolean' | 'list';

/** Flag values by name; a flag that was not given is absent. */
export class FlagValues {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  string(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  boolean(name: string): boolean | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : value === 'true';
  }
}

/**
 * Checks flags against what the instruction takes.
 * @throws DockerfileMistake for unknown, repeated, empty or wrong flags
 */
export function readFlags(flags: readonly string[], known: Readonly<Record<string, FlagKind>>): FlagValues {
  const values = new FlagValues();
  for (const flag of flags) {
    const equals = flag.indexOf('=');
    const name = (equals < 0 ? flag : flag.slice(0, equals)).slice(2);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) throw new DockerfileMistake(`unknown flag: --${name}${suggest(name, Object.keys(known).map((k) => k), '--')}`);
    if (kind !== 'list' && values.has(name)) throw new DockerfileMistake(`duplicate flag specified: --${name}`);
    values.add(name, flagValue(name, kind, equals < 0 ? undefined : flag.slice(equals + 1)));
  }
  return values;
}

function flagValue(name: string, kind: FlagKind, value: string | undefined): string {
  if (kind !== 'boolean') {
    if (value === undefined) throw new DockerfileMistake(`missing a value on flag: --${name}`);
    return value;
  }
  if (value === undefined || /^(true|1|t)$/i.test(value)) return 'true';
  if (/^(false|0|f)$/i.test(value)) return 'false';
  throw new DockerfileMistake(`expecting boolean value for flag --${name}, not: ${value}`);
}

/** ` (did you mean X?)` for the nearest candidate, or nothing. */
export function suggest(word: string, candidates: readonly string[], prefix = ''): string {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? ` (did you mean ${prefix}${best.candidate}?)` : '';
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  let before: number[] = [];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
