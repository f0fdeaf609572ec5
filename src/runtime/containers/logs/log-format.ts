/**
 * conmon's k8s-file format, one record per line:
 *
 *     2026-01-02T03:04:05.123456789+00:00 stdout F text
 *
 * `F` ends a line of the container, `P` is a piece of one. conmon runs with TZ=UTC, so that every record has the same offsets and
 * time stamps compare as bytes.
 */

/** Length of `2026-01-02T03:04:05.123456789`. */
export const STAMP_BYTES = 29;
/** Stamp, offset, stream and tag with their blanks. */
export const PREFIX_BYTES = 45;
const STREAM_AT = 39; // `o` of stdout, `e` of stderr
const TAG_AT = 43;
const NEWLINE = 0x0a;
const LETTER_E = 0x65;
const LETTER_P = 0x50;
const HEADER_BYTES = 8;
/** A line longer than this is given in pieces. */
const MAX_HELD = 1024 * 1024;

/** Starts and newlines of the records of one line, and where the next line begins. */
interface Line {
  readonly records: readonly number[];
  readonly end: number;
  readonly isUnfinished: boolean;
}

export interface LogOptions {
  /** Raw bytes instead of frames. */
  readonly tty: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly timestamps: boolean;
  /** First and last stamp that count, as `logStamp` gives them; undefined: no bound. */
  readonly since?: string;
  readonly until?: string;
}

/** Unix seconds as the stamp of a record. */
export function logStamp(seconds: number): string {
  const whole = Math.floor(seconds);
  const nanos = Math.min(999_999_999, Math.round((seconds - whole) * 1e9));
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}`;
}

/** True for a piece of a line that goes on in the next record of its stream. */
export const isPartial = (bytes: Buffer, start: number): boolean => bytes[start + TAG_AT] === LETTER_P;

/** True for a record of stderr. */
export const isStderr = (bytes: Buffer, start: number): boolean => bytes[start + STREAM_AT] === LETTER_E;

/** One place in a file for each stream: stdout, stderr. */
export type StreamOffsets = readonly [number, number];
const EVERYTHING: StreamOffsets = [0, 0];

/**
 * Turns records into what the API sends. One call per chunk and one output buffer per call: a frame is never longer than its record.
 */
export class LogEncoder {
  readonly #options: LogOptions;
  readonly #since: Buffer | undefined;
  readonly #until: Buffer | undefined;
  /** A piece of a line was the last thing of stdout, stderr: no time stamp before the next. */
  readonly #midLine = [false, false];
  #passedUntil = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#since = options.since === undefined ? undefined : Buffer.from(options.since);
    this.#until = options.until === undefined ? undefined : Buffer.from(options.until);
  }

  /** A record later than `until` was seen: nothing more will come. */
  get isDone(): boolean {
    return this.#passedUntil;
  }

  /**
   * @param chunk  bytes of the log from the start of a record
   * @param atEnd  nothing follows (yet): pieces of an unfinished line are given as they are instead of waiting for the rest
   * @param begin  where in the chunk each stream begins to count
   * @returns the output, and how many bytes were used; what remains is unfinished
   */
  encode(chunk: Buffer, atEnd: boolean, begin: StreamOffsets = EVERYTHING): { output: Buffer; used: number } {
    const output = Buffer.allocUnsafe(chunk.length);
    let at = 0;
    let filled = 0;
    while (at < chunk.length && !this.#passedUntil) {
      const line = this.#line(chunk, at);
      if (line === undefined || (line.isUnfinished && !atEnd && chunk.length - at < MAX_HELD)) break;
      filled = this.#write(chunk, line, output, filled, begin);
      at = line.end;
    }
    return { output: output.subarray(0, filled), used: this.#passedUntil ? chunk.length : at };
  }

  /**
   * The records that make one line: conmon cuts lines where its reads end, so pieces of one stream that follow each other are joined.
   * @returns undefined when the first record is not complete
   */
  #line(chunk: Buffer, start: number): Line | undefined {
    const records: number[] = [];
    let at = start;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) return records.length === 0 ? undefined : { records, end: at, isUnfinished: true };
      if (records.length > 0 && chunk[at + STREAM_AT] !== chunk[start + STREAM_AT]) return { records, end: at, isUnfinished: false };
      const isMalformed = newline - at < PREFIX_BYTES;
      if (!isMalformed) records.push(at, newline);
      const isPiece = !isMalformed && chunk[at + TAG_AT] === LETTER_P;
      at = newline + 1;
      if (!isPiece) return { records, end: at, isUnfinished: false };
    }
  }

  #write(chunk: Buffer, { records }: Line, output: Buffer, filled: number, begin: StreamOffsets): number {
    const [start] = records;
    if (start === undefined || this.#isOutside(chunk, start)) return filled;
    const stream = isStderr(chunk, start) ? 1 : 0;
    if (!(stream === 1 ? this.#options.stderr : this.#options.stdout) || start < begin[stream]) return filled;
    let at = this.#options.tty ? filled : filled + HEADER_BYTES;
    if (this.#options.timestamps && !this.#midLine[stream]) {
      at += chunk.copy(output, at, start, start + STAMP_BYTES);
      output[at++] = 0x5a; // Z
      output[at++] = 0x20;
    }
    for (let i = 0; i < records.length; i += 2) {
      const from = records[i] ?? 0;
      const newline = records[i + 1] ?? 0;
      const isPiece = chunk[from + TAG_AT] === LETTER_P;
      // A full line keeps its newline, which is the record's own.
      at += chunk.copy(output, at, from + PREFIX_BYTES, isPiece ? newline : newline + 1);
      this.#midLine[stream] = isPiece;
    }
    if (!this.#options.tty) {
      output.writeUInt32BE((stream + 1) * 0x1000000, filled);
      output.writeUInt32BE(at - filled - HEADER_BYTES, filled + 4);
    }
    return at;
  }

  #isOutside(chunk: Buffer, start: number): boolean {
    if (this.#since && chunk.compare(this.#since, 0, STAMP_BYTES, start, start + STAMP_BYTES) < 0) return true;
    if (!this.#until || chunk.compare(this.#until, 0, STAMP_BYTES, start, start + STAMP_BYTES) <= 0) return false;
    this.#passedUntil = true;
    return true;
  }
}
