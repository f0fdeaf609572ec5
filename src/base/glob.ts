/**
 * Translates a glob into the source of a regular expression (no anchors; use the flags `su`).
 *
 * The language is that of Go's filepath.Match: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are classes, `\` quotes.
 * With `doubleStar`, `**` matches any number of directories, also none: `**` + `/x` matches `x` and `a/b/x`; `a/**` matches
 * what lies below `a`, not `a` itself.
 * @returns undefined when the pattern is malformed
 */
export function globToRegExpSource(pattern: string, options: { doubleStar?: boolean } = {}): string | undefined {
  const glyphs = Array.from(pattern);
  let source = '';
  for (let i = 0; i < glyphs.length; i++) {
    const glyph = glyphs[i] ?? '';
    if (glyph === '*' && options.doubleStar && glyphs[i + 1] === '*') {
      i++;
      if (glyphs[i + 1] === '/') i++;
      source += i + 1 >= glyphs.length ? '.*' : '(?:.*/)?';
    } else if (glyph === '*') source += '[^/]*';
    else if (glyph === '?') source += '[^/]';
    else if (glyph === '[') {
      const group = readClass(glyphs, i);
      if (!group) return undefined;
      source += group.source;
      i = group.end;
    } else if (glyph === '\\') {
      const next = glyphs[++i];
      if (next === undefined) return undefined;
      source += quote(next);
    } else source += quote(glyph);
  }
  return source;
}

/** True when the text has a character that a glob gives a meaning to. */
export function hasWildcard(text: string): boolean {
  return /[*?[\\]/.test(text);
}

function quote(glyph: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(glyph) ? `\\${glyph}` : glyph;
}

function quoteInClass(glyph: string): string {
  return glyph === '-' ? '\\-' : quote(glyph);
}

function readClass(glyphs: readonly string[], start: number): { source: string; end: number } | undefined {
  let i = start + 1;
  const negated = glyphs[i] === '^';
  if (negated) i++;
  let body = '';
  const member = (): string | undefined => {
    const glyph = glyphs[i++];
    if (glyph === '\\') return glyphs[i++];
    return glyph === '-' || glyph === ']' ? undefined : glyph;
  };
  for (let first = true; ; first = false) {
    if (glyphs[i] === undefined) return undefined;
    if (glyphs[i] === ']' && !first) break;
    const low = member();
    if (low === undefined) return undefined;
    if (glyphs[i] !== '-') {
      body += quoteInClass(low);
      continue;
    }
    i++;
    const high = member();
    if (high === undefined) return undefined;
    // Go lets a reversed range match nothing; a regular expression refuses it.
    if (low <= high) body += `${quoteInClass(low)}-${quoteInClass(high)}`;
  }
  // Neither form may match a separator.
  return { source: negated ? `[^/${body}]` : body === '' ? '(?!)' : `(?!/)[${body}]`, end: i };
}
