/** What is wrong with a line in block context, and how to mend it. */
import { TAB } from './chars.ts';
import type { Cursor } from './cursor.ts';
import { YamlSyntaxError, tabError } from './syntax-error.ts';

/** Text after a complete value, or a line at a column where nothing is open. */
export function unexpected(cursor: Cursor): YamlSyntaxError {
  const start = cursor.pos;
  if (cursor.text.charCodeAt(start) === TAB) return tabError(start);
  const end = cursor.endOfLine(start);
  if (cursor.lineStart === cursor.tokenLine) {
    if (followsLongString(cursor)) return openString(cursor, end);
    return new YamlSyntaxError('unexpected text after a complete value', { start, end, hint: 'quote the whole value if the text belongs to it' });
  }
  return new YamlSyntaxError('the indentation of this line fits no line above it', {
    start,
    end,
    hint: 'the keys of one mapping, and the items of one list, start at the same column',
  });
}

/** Does a quoted string of several lines end right before the cursor? */
function followsLongString({ text, pos, lineStart, rawStart, rawEnd, rawStyle }: Cursor): boolean {
  return rawStyle !== 'plain' && rawStart < lineStart && rawEnd <= pos && text.slice(rawEnd, pos).trim() === '' && /["']/.test(text[rawEnd - 1] ?? '');
}

/** Its closing quote is missing: the next quote of the file, which opens another string, has closed it. */
function openString(cursor: Cursor, end: number): YamlSyntaxError {
  return new YamlSyntaxError('unexpected text after the end of a string that spans several lines', {
    start: cursor.pos,
    end,
    hint: 'is the closing quote missing on the line where the string begins?',
    related: { message: 'the string begins here', start: cursor.rawStart, end: cursor.endOfLine(cursor.rawStart) },
  });
}

/** `a: b: c` */
export function secondColon(cursor: Cursor, start: number): YamlSyntaxError {
  return new YamlSyntaxError('a second ": " on one line: a mapping cannot start inside a value', {
    start: cursor.pos,
    hint: 'quote the value if the colon belongs to it, or put the mapping on its own lines, indented',
    related: { message: 'the value starts here', start, end: cursor.pos },
  });
}

/** A key that is indented deeper than the pair above it, whose value it therefore continues. */
export function deeperKey(cursor: Cursor, start: number): YamlSyntaxError {
  const line = cursor.afterBlanks(cursor.lineStart);
  return new YamlSyntaxError('a key cannot begin here: this line is indented deeper, so it continues the value above', {
    start: line,
    end: cursor.pos + 1,
    hint: 'begin it at the column of the key above, or quote the value above if the colon belongs to it',
    related: { message: 'the value starts here', start, end: cursor.endOfLine(start) },
  });
}

/** `image:nginx` */
const GLUED = /^[\w.-]+:(?=\S)/;

/** A colon after text that runs over several lines. */
export function multiLineKey(cursor: Cursor, start: number): YamlSyntaxError {
  return new YamlSyntaxError('a mapping key must be on one line; the text above continues onto this line', {
    start: cursor.pos,
    hint: GLUED.test(cursor.text.slice(start, cursor.endOfLine(start)))
      ? 'put a space after the ":" of the text above'
      : 'is a ":" missing after the text above, or is this line indented too far?',
    related: { message: 'the text starts here', start, end: cursor.endOfLine(start) },
  });
}

/** A line that should be a key and has no colon. */
export function missingColon(cursor: Cursor, start: number): YamlSyntaxError {
  const line = cursor.text.slice(start, cursor.endOfLine(start)).trimEnd();
  if (/^(<{7}|={7}|>{7})( |$)/.test(line)) return conflict(start, line);
  const shown = line.length > 40 ? `${line.slice(0, 37)}...` : line;
  return new YamlSyntaxError(`a mapping key with ":" is expected, found "${shown}"`, {
    start,
    end: start + line.length,
    hint: GLUED.test(line) ? 'put a space after the ":"' : 'write "key: value"; a list item starts with "- "; a longer text is indented deeper',
  });
}

function conflict(start: number, line: string): YamlSyntaxError {
  return new YamlSyntaxError('a merge conflict was left in the file', {
    start,
    end: start + line.length,
    hint: 'keep one of the two sides, and remove the lines <<<<<<<, ======= and >>>>>>>',
  });
}
