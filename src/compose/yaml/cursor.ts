import type { Source } from '../source.ts';
import type { ScalarStyle } from '../tree.ts';
import { BOM, CR, DASH, DOT, HASH, LF, SPACE, TAB, isBlank, isBlankOrEnd, isBreak } from './chars.ts';

/**
 * A reading position that knows its column and whether an indentation-sensitive token may start here.
 * The members are open to the scanner and the parser, which extend it: this is the hot path of every load, and a call or an
 * object more per token shows in the start-up time.
 */
export class Cursor {
  readonly source: Source;
  readonly text: string;
  pos = 0;
  lineStart: number;
  /** `lineStart` at the end of the last token; equal to `lineStart` when the present position is on the same line. */
  tokenLine = -1;
  /** True at the start of a line and after `-`, `?`: where a block collection may begin. */
  keyAllowed = true;
  /** How many flow collections are open. */
  flow = 0;
  /** Offsets of every `#` that starts a comment. */
  readonly comments: number[] = [];

  /** The scalar that was scanned last: its decoded text, style and offsets. */
  rawText = '';
  rawStyle: ScalarStyle = 'plain';
  rawStart = 0;
  rawEnd = 0;

  constructor(source: Source) {
    this.source = source;
    this.text = source.text;
    if (this.text.charCodeAt(0) === BOM) this.pos = 1;
    this.lineStart = this.pos;
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** Goes over one line break; CRLF is one. */
  newline(): void {
    if (this.text.charCodeAt(this.pos) === CR && this.text.charCodeAt(this.pos + 1) === LF) this.pos++;
    this.pos++;
    this.lineStart = this.pos;
  }

  /** Goes over blanks, comments and line breaks to the next token. Tabs count as blanks except where they would indent. */
  toToken(): void {
    const text = this.text;
    let pos = this.pos;
    for (;;) {
      let c = text.charCodeAt(pos);
      while (c === SPACE || (c === TAB && (this.flow > 0 || !this.keyAllowed))) c = text.charCodeAt(++pos);
      if (c === HASH) {
        this.comments.push(pos);
        pos = this.endOfLine(pos);
        c = text.charCodeAt(pos);
      }
      this.pos = pos;
      if (c === LF) this.lineStart = this.pos = pos + 1;
      else if (isBreak(c)) this.newline();
      else return;
      pos = this.pos;
      if (this.flow === 0) this.keyAllowed = true;
    }
  }

  /** `---` or `...` alone at the start of a line ends a document. */
  atDocumentMarker(): boolean {
    if (this.pos !== this.lineStart) return false;
    const c = this.text.charCodeAt(this.pos);
    if (c !== DASH && c !== DOT) return false;
    return (
      this.text.charCodeAt(this.pos + 1) === c &&
      this.text.charCodeAt(this.pos + 2) === c &&
      isBlankOrEnd(this.text.charCodeAt(this.pos + 3))
    );
  }

  /** The offset of the end of the line that holds `offset`. */
  endOfLine(offset: number): number {
    const text = this.text;
    let i = offset;
    for (let c = text.charCodeAt(i); c === c && !isBreak(c); c = text.charCodeAt(++i));
    return i;
  }

  /** The offset of the next character that is neither a space nor a tab. */
  afterBlanks(offset: number): number {
    let i = offset;
    while (isBlank(this.text.charCodeAt(i))) i++;
    return i;
  }

  setRaw(text: string, style: ScalarStyle, start: number, end: number): void {
    this.rawText = text;
    this.rawStyle = style;
    this.rawStart = start;
    this.rawEnd = end;
  }
}

/** The text of one line break after folding rules: CR, CRLF and NEL become LF; LS and PS stay. */
export function breakText(c: number): string {
  return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n';
}
