/** Problems of the user's files as text: place, message, source line with a caret, trail and hint. */
import type { Diagnostic, Severity, SourceRange } from '../../base/index.ts';
import { relative, sep } from 'node:path';
import type { Style } from './style.ts';
import { displayWidth, sanitize, wrapText } from './text.ts';

export interface DiagnosticOptions {
  readonly style: Style;
  /** Absolute; paths below it are shown relative to it. */
  readonly workingDirectory: string;
  /** The text of a source file, or undefined when it cannot be read (any more). */
  readonly readSource: (file: string) => string | undefined;
  /** Columns of the terminal, to break lines between words; undefined: lines stay whole, for tools that read them. */
  readonly width?: () => number | undefined;
}

/** `check` also has findings that are worth knowing and no problem. */
export type ShownDiagnostic = Omit<Diagnostic, 'severity'> & { readonly severity: Severity | 'info' };

const TAB = '    ';
const MAX_LINE_COLUMNS = 160;
const MIN_LINE_COLUMNS = 20;
/** Two spaces before a line's number, ` | ` behind it, and an ellipsis at both ends of what was cut. */
const GUTTER_COLUMNS = 7;

/**
 * ```
 * compose.yaml:7:10 error port.invalid  services.web.ports[0]: "80800:80": host port must be 1-65535
 *   7 |       - "80800:80"
 *     |          ^^^^^
 *   hint: did you mean "8080:80"?
 * ```
 * @returns text that ends in a newline
 */
export function renderDiagnostic(diagnostic: ShownDiagnostic, options: DiagnosticOptions): string {
  const { style } = options;
  const width = options.width?.();
  const line = (indent: string, content: string): string => `${indent}${width === undefined ? content : wrapUnder(content, width - indent.length, `${indent}  `)}\n`;
  const paint = { error: style.red, warning: style.yellow, info: style.cyan }[diagnostic.severity];
  const severity = paint(diagnostic.severity);
  const place = diagnostic.range ? `${style.bold(placeOf(diagnostic.range, options))} ` : '';
  const path = diagnostic.path && !diagnostic.message.startsWith(diagnostic.path) ? `${sanitize(diagnostic.path)}: ` : '';
  let text = line('', `${place}${severity} ${style.dim(diagnostic.code)}  ${path}${sanitize(diagnostic.message)}`);
  if (diagnostic.range) text += excerpt(diagnostic.range, options, paint, width);
  for (const { message, range } of diagnostic.related ?? []) {
    text += line('  ', `${style.dim('note:')} ${sanitize(message)} ${style.bold(placeOf(range, options))}`) + excerpt(range, options, style.cyan, width);
  }
  if (diagnostic.hint) text += line('  ', `${style.cyan('hint:')} ${sanitize(diagnostic.hint)}`);
  return text;
}

/** All of them, then a line with the count when there are several errors. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: DiagnosticOptions): string {
  const text = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('');
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  return errors > 1 ? `${text}${errors} errors\n` : text;
}

function placeOf(range: SourceRange, options: DiagnosticOptions): string {
  return `${shownPath(range.file, options.workingDirectory)}:${range.start.line}:${range.start.column}`;
}

function shownPath(file: string, workingDirectory: string): string {
  if (!file.startsWith(sep)) return sanitize(file);
  const short = relative(workingDirectory, file);
  return sanitize(short === '' || short.startsWith(`..${sep}..`) ? file : short);
}

/** The line with a caret under the range; a range over several lines is marked to the end of its first. */
function excerpt(range: SourceRange, options: DiagnosticOptions, paint: (text: string) => string, width = Number.POSITIVE_INFINITY): string {
  const written = lineOf(options.readSource(range.file), range.start.line);
  if (written === undefined) return '';
  const line = withoutTabs(written);
  const columnOf = (index: number): number => withoutTabs(written.slice(0, index)).length;
  const start = columnOf(Math.max(0, range.start.column - 1));
  const end = columnOf(range.end.line === range.start.line ? range.end.column - 1 : written.trimEnd().length);
  const number = String(range.start.line);
  const room = Math.max(MIN_LINE_COLUMNS, Math.min(MAX_LINE_COLUMNS, width - number.length - GUTTER_COLUMNS));
  const { text, from, to } = window(line, start, Math.max(end, start + 1), room);
  const before = displayWidth(sanitize(text.slice(0, from)));
  const marked = Math.max(1, displayWidth(sanitize(text.slice(from, to))));
  const { style } = options;
  return (
    `  ${style.dim(`${number} |`)} ${sanitize(text)}\n` +
    `  ${style.dim(`${' '.repeat(number.length)} |`)} ${' '.repeat(before)}${paint('^'.repeat(marked))}\n`
  );
}

let known: { readonly text: string; readonly lines: readonly string[] } = { text: '', lines: [] };

/** A line of a text. The last text is kept in lines, because there may be thousands of findings in one file. */
function lineOf(text: string | undefined, number: number): string | undefined {
  if (text === undefined) return undefined;
  if (known.text !== text) known = { text, lines: text.split(/\r\n|\r|\n/) };
  return known.lines[number - 1];
}

/** A long line is cut around the marked part. @param room  columns, as far as a character takes one */
function window(line: string, from: number, to: number, room: number): { text: string; from: number; to: number } {
  if (line.length <= room) return { text: line, from, to: Math.min(to, Math.max(line.length, from + 1)) };
  const start = Math.max(0, Math.min(from - Math.floor(room / 4), line.length - room));
  const cut = line.slice(start, start + room);
  const head = start > 0 ? '…' : '';
  const shift = head.length - start;
  return { text: `${head}${cut}${start + room < line.length ? '…' : ''}`, from: from + shift, to: Math.min(to + shift, cut.length + head.length) };
}

/** Breaks between words; what follows the first line is indented. */
function wrapUnder(text: string, width: number, indent: string): string {
  const [first = '', ...rest] = wrapText(text, Math.max(MIN_LINE_COLUMNS, width - indent.length)).split('\n');
  return [first, ...rest.map((line) => indent + line)].map((line) => line.trimEnd()).join('\n');
}

function withoutTabs(text: string): string {
  return text.replaceAll('\t', TAB);
}
