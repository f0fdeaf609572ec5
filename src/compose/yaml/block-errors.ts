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
    return new YamlSyntaxError('unexpected text after a complete value', { start, end, hint: 'quote the whole value if the text belongs to it' });
  }
  return new YamlSyntaxError('the indentation of this line fits no line above it', {
    start,
    end,
    hint: 'the keys of one mapping, and the items of one list, start at the same column',
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

/** A colon after text that runs over several lines. */
export function multiLineKey(cursor: Cursor, start: number): YamlSyntaxError {
  return new YamlSyntaxError('a mapping key must be on one line; the text above continues onto this line', {
    start: cursor.pos,
    hint: 'is a ":" missing after the text above, or is this line indented too far?',
    related: { message: 'the text starts here', start, end: cursor.endOfLine(start) },
  });
}

/** A line that should be a key and has no colon. */
export function missingColon(cursor: Cursor, start: number): YamlSyntaxError {
  const line = cursor.text.slice(start, cursor.endOfLine(start)).trimEnd();
  const shown = line.length > 40 ? `${line.slice(0, 37)}...` : line;
  const glued = /^[\w.-]+:(?=\S)/.test(line);
  return new YamlSyntaxError(`a mapping key with ":" is expected, found "${shown}"`, {
    start,
    end: start + line.length,
    hint: glued ? 'put a space after the ":"' : 'write "key: value"; a list item starts with "- "; a longer text is indented deeper',
  });
}
