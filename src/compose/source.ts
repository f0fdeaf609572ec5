import type { SourcePos, SourceRange } from '../base/index.ts';

/** A place in a source before anyone asked for its line: two offsets, so that a tree of 100,000 nodes stays cheap. */
export interface Place {
  readonly source: Source;
  /** Offset of the first character, in UTF-16 units. */
  readonly start: number;
  /** Offset after the last character. */
  readonly end: number;
}

/** The text of one file. Line numbers are computed when the first diagnostic asks for them. */
export class Source {
  /** As the user would write it: relative to the working directory when it lies below, else absolute; `<stdin>`. */
  readonly file: string;
  /** Absolute path, or `-`. */
  readonly path: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, path: string, text: string) {
    this.file = file;
    this.path = path;
    this.text = text;
  }

  /** 1-based line and column of an offset; a line ends with LF, CRLF or CR. */
  position(offset: number): SourcePos {
    this.#lineStarts ??= findLineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1, offset };
  }

  range(start: number, end: number): SourceRange {
    return { file: this.file, start: this.position(start), end: this.position(end) };
  }
}

/** The range of a place, for a diagnostic. */
export function rangeOf(place: Place): SourceRange {
  return place.source.range(place.start, place.end);
}

function findLineStarts(text: string): number[] {
  const starts = [text.charCodeAt(0) === 0xfeff ? 1 : 0];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}
