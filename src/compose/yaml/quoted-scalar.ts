import { BACKSLASH, DOUBLE_QUOTE, SINGLE_QUOTE, SPACE, TAB, isBlank, isBlankOrEnd, isBreak } from './chars.ts';
import { type Cursor, breakText } from './cursor.ts';
import { YamlSyntaxError } from './syntax-error.ts';

/** Reads a single- or double-quoted scalar into the cursor's `raw` fields. @throws YamlSyntaxError when it is not closed */
export function scanQuoted(cursor: Cursor): void {
  const text = cursor.text;
  const start = cursor.pos;
  const quote = text.charCodeAt(start);
  let i = start + 1;
  // most quoted scalars have one line and no escape
  for (let c = text.charCodeAt(i); ; c = text.charCodeAt(++i)) {
    if (c === quote) {
      if (quote === SINGLE_QUOTE && text.charCodeAt(i + 1) === SINGLE_QUOTE) break;
      cursor.pos = i + 1;
      cursor.tokenLine = cursor.lineStart;
      cursor.setRaw(text.slice(start + 1, i), quote === SINGLE_QUOTE ? 'single' : 'double', start, i + 1);
      return;
    }
    if (c !== c || (c === BACKSLASH && quote === DOUBLE_QUOTE) || (c < SPACE ? c !== TAB : c > 126 && isBreak(c))) break;
  }
  scanWithEscapes(cursor, quote);
}

function scanWithEscapes(cursor: Cursor, quote: number): void {
  const text = cursor.text;
  const start = cursor.pos;
  let out = '';
  cursor.pos++;
  for (;;) {
    if (cursor.atEnd || cursor.atDocumentMarker()) throw unclosed(cursor, start);
    const c = text.charCodeAt(cursor.pos);
    if (c === quote) {
      cursor.pos++;
      if (quote !== SINGLE_QUOTE || text.charCodeAt(cursor.pos) !== SINGLE_QUOTE) break;
      out += "'";
      cursor.pos++;
    } else if (c === BACKSLASH && quote === DOUBLE_QUOTE) {
      out += isBreak(text.charCodeAt(cursor.pos + 1)) ? escapedBreak(cursor) : escape(cursor, start);
    } else if (isBlank(c) || isBreak(c)) {
      out += foldBlanks(cursor);
    } else {
      const from = cursor.pos;
      let i = from + 1;
      for (let d = text.charCodeAt(i); !isBlankOrEnd(d) && d !== quote && d !== BACKSLASH; ) d = text.charCodeAt(++i);
      cursor.pos = i;
      out += text.slice(from, i);
    }
  }
  cursor.tokenLine = cursor.lineStart;
  cursor.setRaw(out, quote === SINGLE_QUOTE ? 'single' : 'double', start, cursor.pos);
}

/** Blanks inside a quoted scalar: kept within a line, folded around line breaks. */
function foldBlanks(cursor: Cursor): string {
  const from = cursor.pos;
  cursor.pos = cursor.afterBlanks(from);
  const first = cursor.text.charCodeAt(cursor.pos);
  if (!isBreak(first)) return cursor.text.slice(from, cursor.pos);
  cursor.newline();
  const more = emptyLines(cursor);
  if (first === 0x2028 || first === 0x2029) return breakText(first) + more;
  return more === '' ? ' ' : more;
}

/** Leading blanks and empty lines; the breaks of the latter are kept. */
function emptyLines(cursor: Cursor): string {
  let out = '';
  for (;;) {
    const c = cursor.text.charCodeAt(cursor.pos);
    if (isBlank(c)) cursor.pos++;
    else if (isBreak(c)) {
      out += breakText(c);
      cursor.newline();
    } else return out;
  }
}

function escapedBreak(cursor: Cursor): string {
  cursor.pos++;
  cursor.newline();
  return emptyLines(cursor);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\x85'],
  ['_', '\xa0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);
const HEX_LENGTH: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

function escape(cursor: Cursor, scalarStart: number): string {
  const letter = cursor.text.charAt(cursor.pos + 1);
  const simple = ESCAPES.get(letter);
  if (simple !== undefined) {
    cursor.pos += 2;
    return simple;
  }
  const length = HEX_LENGTH.get(letter) ?? 0;
  const digits = cursor.text.slice(cursor.pos + 2, cursor.pos + 2 + length);
  const code = Number.parseInt(digits, 16);
  const valid = length > 0 && digits.length === length && /^[0-9a-fA-F]+$/.test(digits);
  if (!valid || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw new YamlSyntaxError(`unknown escape "\\${letter}${digits}" in a double-quoted string`, {
      start: cursor.pos,
      end: cursor.pos + 2 + digits.length,
      hint: 'write a backslash as "\\\\", or use single quotes, where a backslash is literal',
      related: { message: 'the string starts here', start: scalarStart, end: scalarStart + 1 },
    });
  }
  cursor.pos += 2 + length;
  return String.fromCodePoint(code);
}

function unclosed(cursor: Cursor, start: number): YamlSyntaxError {
  const single = cursor.text.charCodeAt(start) === SINGLE_QUOTE;
  const name = single ? 'single' : 'double';
  return new YamlSyntaxError(`this ${name}-quoted string is never closed`, {
    start,
    end: cursor.endOfLine(start),
    hint: `add the closing ${single ? "'" : '"'}; a ${name} quote inside the string is written ${single ? "''" : '\\"'}`,
  });
}
