/** Comments that switch rules off: `# tscompose-check: disable=rule.id` on a line or the one before, `disable-file=` anywhere. */
import type { Source } from '../compose/inspect/index.ts';
import type { Finding } from './finding.ts';
import { hintFor, isKnown, matches } from './settings.ts';

const COMMENT = /(?:^|[ \t])#[ \t]*tscompose-check:[ \t]*(disable|disable-file)(?:=|[ \t]+)([\w.*-]+(?:[ \t]*,[ \t]*[\w.*-]+)*)/g;

export class Suppressions {
  readonly #lines = new Map<number, string[]>();
  readonly #file: string[] = [];
  /** Comments that name no rule. */
  readonly unknown: Finding[] = [];

  constructor(source: Source) {
    if (!source.text.includes('tscompose-check:')) return;
    const lines = source.text.split(/\r\n|\r|\n/);
    for (const [index, line] of lines.entries()) {
      for (const match of line.matchAll(COMMENT)) this.#comment(match, index, lines, source);
    }
  }

  covers({ code, range }: Finding): boolean {
    if (this.#file.some((pattern) => matches(pattern, code))) return true;
    return range !== undefined && (this.#lines.get(range.start.line) ?? []).some((pattern) => matches(pattern, code));
  }

  #comment(match: RegExpExecArray, index: number, lines: readonly string[], source: Source): void {
    const [whole, kind, list = ''] = match;
    const ids = list.split(',').map((id) => id.trim());
    const line = lines[index] ?? '';
    for (const id of ids) if (!isKnown(id)) this.#unknown(id, { file: source.file, line: index + 1, column: line.indexOf(id, match.index) + 1, length: id.length, offset: offsetOf(source, index) });
    if (kind === 'disable-file') {
      this.#file.push(...ids);
      return;
    }
    let target = index;
    if (line.slice(0, match.index + whole.indexOf('#')).trim() === '') {
      do target++;
      while (target < lines.length && /^\s*(#|$)/.test(lines[target] ?? ''));
    }
    this.#lines.set(target + 1, [...(this.#lines.get(target + 1) ?? []), ...ids]);
  }

  #unknown(id: string, at: { file: string; line: number; column: number; length: number; offset: number }): void {
    const position = (column: number) => ({ line: at.line, column, offset: at.offset + column - 1 });
    const range = { file: at.file, start: position(at.column), end: position(at.column + at.length) };
    this.unknown.push({ code: 'check.settings', severity: 'warning', message: `there is no rule "${id}"`, range, hint: hintFor(id) });
  }
}

/** The offset at which a line begins. */
function offsetOf(source: Source, line: number): number {
  const breaks = [...source.text.matchAll(/\r\n|\r|\n/g)];
  const before = breaks[line - 1];
  return before ? before.index + before[0].length : 0;
}
