import { DASH, HASH, PLUS, SPACE, TAB, isBlank, isBreak, isDigit } from './chars.ts';
import { type Cursor, breakText } from './cursor.ts';
import { YamlSyntaxError, tabError } from './syntax-error.ts';

interface Header {
  readonly keep: boolean;
  readonly strip: boolean;
  /** Indentation given explicitly, relative to the parent; 0 when it is to be found out. */
  readonly increment: number;
}

/** Reads a literal (`|`) or folded (`>`) scalar into the cursor's `raw` fields. @param indent  column of the enclosing block, -1 at the top */
export function scanBlock(cursor: Cursor, indent: number): void {
  const start = cursor.pos;
  const literal = cursor.text.charAt(start) === '|';
  const header = scanHeader(cursor);
  let end = cursor.pos;
  if (!cursor.atEnd) cursor.newline();
  const state = { indent: header.increment > 0 ? Math.max(indent, 0) + header.increment : 0, parent: indent };
  let out = '';
  let leading = '';
  let wasBlank = false;
  let trailing = scanBreaks(cursor, state, start);
  while (cursor.pos - cursor.lineStart === state.indent && !cursor.atEnd) {
    const blank = isBlank(cursor.text.charCodeAt(cursor.pos));
    const folds = !literal && !wasBlank && !blank && leading === '\n';
    if (folds) out += trailing === '' ? ' ' : '';
    else out += leading;
    out += trailing;
    wasBlank = blank;
    const lineEnd = cursor.endOfLine(cursor.pos);
    out += cursor.text.slice(cursor.pos, lineEnd);
    end = cursor.pos = lineEnd;
    leading = cursor.atEnd ? '' : breakText(cursor.text.charCodeAt(cursor.pos));
    if (!cursor.atEnd) cursor.newline();
    trailing = scanBreaks(cursor, state, start);
  }
  if (!header.strip) out += leading;
  if (header.keep) out += trailing;
  cursor.keyAllowed = true;
  cursor.tokenLine = -1;
  cursor.setRaw(out, literal ? 'literal' : 'folded', start, end);
}

function scanHeader(cursor: Cursor): Header {
  const start = cursor.pos++;
  let chomp = 0;
  let increment = 0;
  for (let c = cursor.text.charCodeAt(cursor.pos); ; c = cursor.text.charCodeAt(++cursor.pos)) {
    if ((c === PLUS || c === DASH) && chomp === 0) chomp = c;
    else if (isDigit(c) && c !== 48 && increment === 0) increment = c - 48;
    else break;
  }
  cursor.pos = cursor.afterBlanks(cursor.pos);
  const c = cursor.text.charCodeAt(cursor.pos);
  if (c === HASH) cursor.comments.push(cursor.pos);
  else if (c === c && !isBreak(c)) {
    throw new YamlSyntaxError('text is not allowed on the line of a block scalar indicator', {
      start: cursor.pos,
      end: cursor.endOfLine(cursor.pos),
      hint: `put the text on the next line, indented, or quote the value if it starts with "${cursor.text.charAt(start)}"`,
    });
  }
  cursor.pos = cursor.endOfLine(cursor.pos);
  return { keep: chomp === PLUS, strip: chomp === DASH, increment };
}

/** Goes over indentation and empty lines; finds the indentation out when it is not known yet. @returns the breaks */
function scanBreaks(cursor: Cursor, state: { indent: number; parent: number }, start: number): string {
  let out = '';
  let deepest = 0;
  for (;;) {
    let column = cursor.pos - cursor.lineStart;
    while ((state.indent === 0 || column < state.indent) && cursor.text.charCodeAt(cursor.pos) === SPACE) {
      cursor.pos++;
      column++;
    }
    deepest = Math.max(deepest, column);
    const c = cursor.text.charCodeAt(cursor.pos);
    if (c === TAB && (state.indent === 0 || column < state.indent)) {
      throw tabError(cursor.pos, { message: 'the block scalar starts here', start, end: start + 1 });
    }
    if (!isBreak(c)) break;
    out += breakText(c);
    cursor.newline();
  }
  if (state.indent === 0) state.indent = Math.max(deepest, state.parent + 1, 1);
  return out;
}
