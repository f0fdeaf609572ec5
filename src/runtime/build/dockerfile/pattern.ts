import { DockerfileMistake } from './errors.ts';

/**
 * A shell pattern of a parameter expansion: `*` and `?` also match `/`; `\` quotes; brackets have no meaning.
 * @throws DockerfileMistake for a trailing backslash
 */
export function patternToRegExp(pattern: string, options: { flags: string; greedy: boolean; anchor?: 'start' | 'end' }): RegExp {
  let source = '';
  const glyphs = Array.from(pattern);
  for (let i = 0; i < glyphs.length; i++) {
    let glyph = glyphs[i] ?? '';
    if (glyph === '*') source += options.greedy ? '.*' : '.*?';
    else if (glyph === '?') source += '.';
    else {
      if (glyph === '\\') glyph = glyphs[++i] ?? '';
      if (glyph === '') throw new DockerfileMistake(`invalid pattern ${JSON.stringify(pattern)}: it ends in a backslash`);
      source += glyph.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    }
  }
  if (options.anchor === 'start') source = `^${source}`;
  if (options.anchor === 'end') source = `${source}$`;
  return new RegExp(source, options.flags);
}

/** `${v#pattern}` and, with `longest`, `${v##pattern}`. */
export function trimPrefix(value: string, pattern: string, longest: boolean): string {
  return value.replace(patternToRegExp(pattern, { flags: 'su', greedy: longest, anchor: 'start' }), '');
}

/** `${v%pattern}` and, with `longest`, `${v%%pattern}`. */
export function trimSuffix(value: string, pattern: string, longest: boolean): string {
  const expression = patternToRegExp(pattern, { flags: 'su', greedy: true, anchor: 'start' });
  const whole = new RegExp(`${expression.source}$`, 'su');
  // The shortest suffix starts as far right as possible, which a regular expression read from the left cannot find.
  const glyphs = Array.from(value);
  const starts = glyphs.map((_, i) => i).concat(glyphs.length);
  for (const start of longest ? starts : starts.reverse()) {
    if (whole.test(glyphs.slice(start).join(''))) return glyphs.slice(0, start).join('');
  }
  return value;
}
