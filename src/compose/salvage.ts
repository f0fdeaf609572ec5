/**
 * What can still be read of a file with a syntax error: everything but the entry that has it. The entry (a service, a network, or a whole
 * section) is blanked out, so that every offset stays what it was.
 */

/** Entries of a section that could not be read. */
export interface Lost {
  /** The top-level key; undefined when it cannot be told, so that anything may be lost. */
  readonly section: string | undefined;
  /** Undefined: any name of the section may be lost. */
  readonly names: readonly string[] | undefined;
}

/** @param start  offset where the mistake begins @param end  where it was noticed */
export function withoutEntryAt(text: string, start: number, end: number): { readonly text: string; readonly lost: readonly Lost[] } | undefined {
  const lines = linesOf(text);
  const first = lineAt(lines, start);
  const last = Math.max(first, lineAt(lines, end));
  const header = headerOf(lines, first);
  if (header === undefined) return undefined;
  const sectionEnd = endOfSection(lines, last);
  const indent = lines.slice(header + 1, sectionEnd).find((line) => Number.isFinite(line.indent))?.indent ?? 0;
  const isWithin = indent > 0 && first > header && headerOf(lines, last) === header;
  const from = isWithin ? lastAtMost(lines, first, header, indent) : header;
  const to = isWithin ? nextAtMost(lines, last + 1, sectionEnd, indent) : sectionEnd;
  const isAll = lines.slice(header + 1, sectionEnd).every((line, i) => line.indent === undefined || (header + 1 + i >= from && header + 1 + i < to));
  const begin = isAll ? header : from;
  const blank = text.slice(lines[begin]?.start, lines[to]?.start ?? text.length);
  const rest = text.slice(0, lines[begin]?.start) + blank.replace(/[^\r\n]/g, ' ') + text.slice(lines[to]?.start ?? text.length);
  const lost = isWithin ? [lostOf(text, lines.slice(from, to), indent, nameIn(text, lines[header]))] : sectionsIn(text, lines.slice(begin, to));
  return { text: rest, lost };
}

interface Line {
  readonly start: number;
  /** Undefined for empty lines and comments; Infinity for one that belongs to what is above: behind a tab, or no key at the top. */
  readonly indent: number | undefined;
}

const TOP = /^(?:---(?:\s|$)|(["']?)[\w.-]+\1 *:)/;

function linesOf(text: string): Line[] {
  return [...text.matchAll(/^( *)(\t*)([^\r\n]*)/gm)].map(({ index, 1: spaces = '', 2: tabs = '', 3: rest = '' }) => {
    const isDeep = tabs !== '' || (spaces === '' && !TOP.test(rest));
    return { start: index, indent: rest === '' || rest.startsWith('#') ? undefined : isDeep ? Infinity : spaces.length };
  });
}

function lineAt(lines: readonly Line[], offset: number): number {
  const after = lines.findIndex((line) => line.start > offset);
  return (after < 0 ? lines.length : after) - 1;
}

/** The line of the top-level key that a line belongs to. */
function headerOf(lines: readonly Line[], line: number): number | undefined {
  for (let i = line; i >= 0; i--) if (lines[i]?.indent === 0) return i;
  return undefined;
}

function endOfSection(lines: readonly Line[], line: number): number {
  return nextAtMost(lines, line + 1, lines.length, 0);
}

/** The first line from `from` on that is indented at most so far; `end` when there is none. */
function nextAtMost(lines: readonly Line[], from: number, end: number, indent: number): number {
  for (let i = from; i < end; i++) if ((lines[i]?.indent ?? Infinity) <= indent) return i;
  return end;
}

/** The last line up to `from`, and after `header`, that is indented at most so far. */
function lastAtMost(lines: readonly Line[], from: number, header: number, indent: number): number {
  for (let i = from; i > header; i--) if ((lines[i]?.indent ?? Infinity) <= indent) return i;
  return header + 1;
}

/** The key with which a line begins. */
function nameIn(text: string, line: Line | undefined): string | undefined {
  const match = line && /^ *(["']?)([\w.-]+)\1 *:/.exec(text.slice(line.start, line.start + 300));
  return match?.[2];
}

function lostOf(text: string, lines: readonly Line[], indent: number, section: string | undefined): Lost {
  const names = lines.filter((line) => (line.indent ?? Infinity) <= indent).map((line) => nameIn(text, line));
  return { section, names: names.every((name) => name !== undefined) ? names : undefined };
}

function sectionsIn(text: string, lines: readonly Line[]): Lost[] {
  return lines.filter((line) => line.indent === 0).map((line) => ({ section: nameIn(text, line), names: undefined }));
}
