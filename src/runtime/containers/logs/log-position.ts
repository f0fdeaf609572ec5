import type { FileHandle } from 'node:fs/promises';
import { isPartial, isStderr, STAMP_BYTES, type StreamOffsets } from './log-format.ts';

const BLOCK = 128 * 1024;
const NEWLINE = 0x0a;

/** A line that reaches further back than this without a record of its own stream is taken from there: the other stream may be endless. */
const LOOK_BACK = 256 * 1024;

/** Where to begin reading for the last lines. */
export interface Tail {
  readonly offset: number;
  /** Records of stdout, stderr before these places belong to lines that are not wanted. */
  readonly begin: StreamOffsets;
  /** How many lines are missing because the file is shorter. */
  readonly missing: number;
}

/**
 * Where the last `lines` lines of a log file begin, found by reading backwards. Lines of both streams count, by their ends, as dockerd does;
 * a line may be in pieces with records of the other stream between them.
 * @param size  bytes of the file that count
 */
export async function tailOffset(file: FileHandle, size: number, lines: number): Promise<Tail> {
  const scan = new TailScan(size, lines);
  let blockStart = size;
  let rest = Buffer.alloc(0); // the beginning of a record whose start lies in the block before
  while (blockStart > 0 && !scan.isDone(blockStart)) {
    const length = Math.min(BLOCK, blockStart);
    blockStart -= length;
    const block = Buffer.concat([await readAt(file, blockStart, length), rest]);
    let end = block.length; // one past the newline of the record under the cursor
    while (!scan.isDone(blockStart + end)) {
      const newline = end < 2 ? -1 : block.lastIndexOf(NEWLINE, end - 2);
      if (newline < 0 && blockStart > 0) break;
      const start = newline + 1;
      if (start < end) scan.take(isStderr(block, start), isPartial(block, start), blockStart + start);
      end = start;
      if (newline < 0) break;
    }
    rest = block.subarray(0, end);
  }
  return scan.result();
}

/** The records of a file from its end: which of them belong to the last lines. */
class TailScan {
  readonly #size: number;
  #wanted: number;
  /** Of stdout, stderr: first record of the oldest wanted line so far. */
  readonly #starts: [number | undefined, number | undefined] = [undefined, undefined];
  readonly #closed: [boolean, boolean] = [false, false];

  constructor(size: number, wanted: number) {
    this.#size = size;
    this.#wanted = wanted;
  }

  /** Nothing before `offset` is wanted: there are lines enough, and none of them may go on further back. */
  isDone(offset: number): boolean {
    if (this.#wanted > 0) return false;
    return this.#starts.every((start, stream) => start === undefined || this.#closed[stream] === true || start - offset > LOOK_BACK);
  }

  take(stderr: boolean, partial: boolean, offset: number): void {
    const stream = stderr ? 1 : 0;
    if (this.#closed[stream]) return;
    // A trailing piece, with nothing after it in its stream, counts as a line.
    const endsLine = !partial || this.#starts[stream] === undefined;
    if (endsLine && this.#wanted === 0) {
      this.#closed[stream] = true;
      return;
    }
    if (endsLine) this.#wanted--;
    this.#starts[stream] = offset;
  }

  result(): Tail {
    if (this.#wanted > 0) return { offset: 0, begin: [0, 0], missing: this.#wanted };
    const [stdout = this.#size, stderr = this.#size] = this.#starts;
    return { offset: Math.min(stdout, stderr), begin: [stdout, stderr], missing: 0 };
  }
}

/**
 * A place at or before the first record that is not older than `since`, by bisection. A little early is fine: the encoder filters.
 * @param since  as `logStamp` gives it
 */
export async function sinceOffset(file: FileHandle, size: number, since: string): Promise<number> {
  let low = 0; // the record there is older, or it is the start
  let high = size;
  const wanted = Buffer.from(since);
  while (high - low > BLOCK) {
    const middle = low + Math.floor((high - low) / 2);
    const block = await readAt(file, middle, BLOCK);
    const start = block.indexOf(NEWLINE) + 1;
    if (start === 0 || block.length - start < STAMP_BYTES) {
      high = middle; // a very long line: look before it
      continue;
    }
    if (block.compare(wanted, 0, STAMP_BYTES, start, start + STAMP_BYTES) < 0) low = middle + start;
    else high = middle;
  }
  return low;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
