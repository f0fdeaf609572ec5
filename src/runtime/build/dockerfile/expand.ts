/**
 * Variable expansion and quote removal in Dockerfile words.
 * @see the Dockerfile reference, "Environment replacement"; the rules for quotes are those of POSIX shells, without command substitution
 */
import { DockerfileMistake } from './errors.ts';
import { patternToRegExp, trimPrefix, trimSuffix } from './pattern.ts';

export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  readonly escape: '\\' | '`';
  /** Quotes are ordinary characters: heredoc bodies. */
  readonly keepQuotes?: boolean;
  /** Called for `$x` and `${x}` of a variable that is not set. */
  readonly onUnset?: (name: string) => void;
}

/**
 * Expands one word: `$v`, `${v}` with modifiers; quotes and escapes are removed.
 * @throws DockerfileMistake
 */
export function expandWord(text: string, lookup: Lookup, options: ExpandOptions): string {
  return new Expander(text, lookup, options).whole().text;
}

/** Like `expandWord`, but cuts at blanks that are neither quoted nor escaped, also those that come from a variable. @throws DockerfileMistake */
export function expandWords(text: string, lookup: Lookup, options: ExpandOptions): string[] {
  return new Expander(text, lookup, options).whole().words;
}

class Words {
  readonly words: string[] = [];
  #word = '';
  #open = false;

  add(text: string): void {
    for (const glyph of text) {
      if (!/\s/.test(glyph)) this.addRaw(glyph);
      else this.close();
    }
  }

  addRaw(text: string): void {
    this.#word += text;
    this.#open = true;
  }

  close(): void {
    if (this.#open) this.words.push(this.#word);
    this.#word = '';
    this.#open = false;
  }
}

class Expander {
  readonly #glyphs: readonly string[];
  readonly #source: string;
  readonly #lookup: Lookup;
  readonly #options: ExpandOptions;
  #at = 0;

  constructor(source: string, lookup: Lookup, options: ExpandOptions) {
    this.#source = source;
    this.#glyphs = Array.from(source);
    this.#lookup = lookup;
    this.#options = options;
  }

  whole(): { text: string; words: string[] } {
    try {
      return this.#upTo(undefined, false);
    } catch (error) {
      if (!(error instanceof DockerfileMistake)) throw error;
      throw new DockerfileMistake(`failed to process ${JSON.stringify(this.#source)}: ${error.message}`);
    }
  }

  #peek(): string | undefined {
    return this.#glyphs[this.#at];
  }

  #next(): string | undefined {
    return this.#glyphs[this.#at++];
  }

  /** Reads to the stop character, which is consumed, or to the end. `keepEscapes`: patterns see their own backslashes. */
  #upTo(stop: string | undefined, keepEscapes: boolean): { text: string; words: string[] } {
    const words = new Words();
    let text = '';
    for (let glyph = this.#peek(); glyph !== undefined; glyph = this.#peek()) {
      if (glyph === stop) {
        this.#at++;
        words.close();
        return { text, words: words.words };
      }
      const quote = !this.#options.keepQuotes && (glyph === '"' || glyph === "'");
      if (quote || glyph === '$') {
        const part = glyph === '$' ? this.#dollar() : glyph === "'" ? this.#singleQuoted() : this.#doubleQuoted();
        text += part;
        if (quote) words.addRaw(part);
        else words.add(part);
        continue;
      }
      this.#at++;
      if (glyph !== this.#options.escape) {
        text += glyph;
        words.add(glyph);
        continue;
      }
      const escaped = (keepEscapes ? glyph : '') + (this.#next() ?? '');
      text += escaped;
      words.addRaw(escaped);
    }
    if (stop !== undefined) throw new DockerfileMistake(`unexpected end of statement while looking for matching ${stop}`);
    words.close();
    return { text, words: words.words };
  }

  #singleQuoted(): string {
    this.#at++;
    const end = this.#glyphs.indexOf("'", this.#at);
    if (end < 0) throw new DockerfileMistake('unexpected end of statement while looking for matching single-quote');
    const text = this.#glyphs.slice(this.#at, end).join('');
    this.#at = end + 1;
    return text;
  }

  #doubleQuoted(): string {
    this.#at++;
    let text = '';
    for (let glyph = this.#peek(); glyph !== undefined; glyph = this.#peek()) {
      if (glyph === '$') {
        text += this.#dollar();
        continue;
      }
      this.#at++;
      if (glyph === '"') return text;
      const next = this.#peek();
      if (glyph === this.#options.escape) {
        if (next === undefined) continue;
        if (next === '"' || next === '$' || next === glyph) {
          text += this.#next();
          continue;
        }
      }
      text += glyph;
    }
    throw new DockerfileMistake('unexpected end of statement while looking for matching double-quote');
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() !== '{') {
      const name = this.#name();
      return name === '' ? '$' : this.#value(name);
    }
    this.#at++;
    const first = this.#peek();
    if (first === undefined) throw new DockerfileMistake("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':') throw new DockerfileMistake('syntax error: bad substitution');
    return this.#braced(this.#name());
  }

  #braced(name: string): string {
    let modifier = this.#next();
    if (modifier === '}') return this.#value(name);
    if (modifier === undefined) throw new DockerfileMistake("syntax error: missing '}'");
    if (modifier === '/') return this.#replace(name);
    const colon = modifier === ':';
    if (colon) modifier = this.#next();
    if (modifier === undefined || !'-+?#%'.includes(modifier)) {
      throw new DockerfileMistake(`unsupported modifier (${colon ? ':' : ''}${modifier ?? ''}) in substitution`);
    }
    const word = this.#modifierWord(modifier === '#' || modifier === '%');
    const value = this.#lookup(name);
    const missing = value === undefined || (colon && value === '');
    switch (modifier) {
      case '-':
        return missing ? word : value;
      case '+':
        return missing ? '' : word;
      case '?':
        if (missing) throw new DockerfileMistake(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
        return value;
      default: {
        const longest = word.startsWith(modifier);
        const trim = modifier === '%' ? trimSuffix : trimPrefix;
        return trim(value ?? '', longest ? word.slice(1) : word, longest);
      }
    }
  }

  #modifierWord(keepEscapes: boolean): string {
    try {
      return this.#upTo('}', keepEscapes).text;
    } catch (error) {
      if (error instanceof DockerfileMistake && this.#peek() === undefined) throw new DockerfileMistake("syntax error: missing '}'");
      throw error;
    }
  }

  #replace(name: string): string {
    const all = this.#peek() === '/';
    if (all) this.#at++;
    const pattern = this.#upTo('/', true).text;
    const replacement = this.#modifierWord(true);
    const value = this.#lookup(name) ?? '';
    return value.replace(patternToRegExp(pattern, { flags: all ? 'sug' : 'su', greedy: true }), () => replacement);
  }

  #value(name: string): string {
    const value = this.#lookup(name);
    if (value === undefined) this.#options.onUnset?.(name);
    return value ?? '';
  }

  #name(): string {
    const rest = this.#glyphs.slice(this.#at).join('');
    const name = /^(?:\d+|[@*#?\-!$]|[\p{L}_][\p{L}\p{Nd}_]*)/u.exec(rest)?.[0] ?? '';
    this.#at += Array.from(name).length;
    return name;
  }
}
