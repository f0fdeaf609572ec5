import { COLON, HASH, SPACE, TAB, isBlank, isBlankOrEnd, isBreak, isFlowEnd } from './chars.ts';
import { type Cursor, breakText } from './cursor.ts';
import { tabError } from './syntax-error.ts';

/**
 * Reads a plain scalar, possibly over several lines, into the cursor's `raw` fields.
 * @param indent  column of the enclosing block; lines that are not indented deeper do not belong to the scalar
 */
export function scanPlain(cursor: Cursor, indent: number): void {
  const start = cursor.pos;
  let end = scanPlainLine(cursor);
  let text = cursor.text.slice(start, end);
  while (isBreak(cursor.text.charCodeAt(cursor.pos))) {
    const joint = continuation(cursor, start, indent);
    if (joint === undefined) break;
    const from = cursor.pos;
    const lineEnd = scanPlainLine(cursor);
    if (lineEnd === from) break; // the line begins with ":": it ends the scalar, and the parser refuses the line
    end = lineEnd;
    text += joint + cursor.text.slice(from, end);
  }
  cursor.setRaw(text, 'plain', start, end);
}

/** Reads to the end of the line or of the scalar; leaves the cursor after trailing blanks and returns the end without them. */
function scanPlainLine(cursor: Cursor): number {
  const text = cursor.text;
  const inFlow = cursor.flow > 0;
  let i = cursor.pos;
  let end = i;
  for (let c = text.charCodeAt(i); c === c; c = text.charCodeAt(++i)) {
    if (c === SPACE || c === TAB) {
      if (text.charCodeAt(i + 1) !== HASH) continue;
      i++;
      break;
    }
    if (c < SPACE || c > 126 ? isBreak(c) : false) break;
    if (c === COLON && isBlankOrEnd(text.charCodeAt(i + 1))) break;
    if (inFlow && isFlowEnd(c)) break;
    end = i + 1;
  }
  cursor.pos = i;
  cursor.tokenLine = cursor.lineStart;
  return end;
}

/** Moves to the next line of a plain scalar. @returns what joins the lines, or undefined (cursor unmoved) when the scalar ends */
function continuation(cursor: Cursor, scalarStart: number, indent: number): string | undefined {
  const { text, pos, lineStart } = cursor;
  const first = text.charCodeAt(pos);
  let breaks = '';
  cursor.newline();
  for (let c = text.charCodeAt(cursor.pos); ; c = text.charCodeAt(cursor.pos)) {
    if (c === TAB && cursor.flow === 0 && cursor.pos - cursor.lineStart <= indent) {
      throw tabError(cursor.pos, { message: 'inside the text that starts here', start: scalarStart, end: scalarStart + 1 });
    }
    if (isBlank(c)) cursor.pos++;
    else if (isBreak(c)) {
      breaks += breakText(c);
      cursor.newline();
    } else break;
  }
  const c = text.charCodeAt(cursor.pos);
  const outdented = cursor.flow === 0 && cursor.pos - cursor.lineStart <= indent;
  if (c !== c || c === HASH || outdented || cursor.atDocumentMarker() || (cursor.flow > 0 && isFlowEnd(c))) {
    cursor.pos = pos;
    cursor.lineStart = lineStart;
    return undefined;
  }
  if (first === 0x2028 || first === 0x2029) return breakText(first) + breaks;
  return breaks === '' ? ' ' : breaks;
}
