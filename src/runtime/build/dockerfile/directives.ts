import type { Directives } from './ast.ts';
import { DockerfileMistake } from './errors.ts';

/**
 * Reads the parser directives (`# escape=`, `# syntax=`, `# check=`) at the head of a file. The first line that is no known directive ends them,
 * be it a comment, a blank line or an instruction.
 * @param lines  without byte order mark
 * @returns the directives and the number of lines that they take
 * @throws DockerfileMistake with the text of the mistake; `line` is on the error's `cause`
 */
export function readDirectives(lines: readonly string[]): { directives: Directives; lineCount: number } {
  const found = new Map<string, string>();
  let lineCount = 0;
  for (const line of lines) {
    const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line);
    const key = match?.[1]?.toLowerCase() ?? '';
    if (!['escape', 'syntax', 'check'].includes(key)) break;
    lineCount++;
    if (found.has(key)) throw new DockerfileMistake(`only one ${key} parser directive can be used`, { cause: lineCount });
    found.set(key, match?.[2] ?? '');
  }
  const escape = found.get('escape') ?? '\\';
  if (escape !== '\\' && escape !== '`') throw new DockerfileMistake(`invalid escape token '${escape}' does not match \` or \\`, { cause: 1 });
  return { directives: { escape, syntax: found.get('syntax'), check: found.get('check') }, lineCount };
}

/** `# check=skip=A,B;error=true` taken apart. Unknown keys are ignored. */
export function parseCheckDirective(text: string | undefined): { skip: ReadonlySet<string>; skipAll: boolean; error: boolean } {
  const skip = new Set<string>();
  let error = false;
  for (const part of (text ?? '').split(';')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip') for (const rule of value.split(',')) skip.add(rule.trim().toLowerCase());
    if (key === 'error') error = /^(1|t|true)$/i.test(value);
  }
  return { skip, skipAll: skip.has('all'), error };
}
