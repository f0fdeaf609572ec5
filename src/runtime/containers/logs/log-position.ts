import type { FileHandle } from 'node:fs/promises';
import { isPartial, STAMP_BYTES } from './log-format.ts';

const BLOCK = 128 * 1024;
const NEWLINE = 0x0a;

/**
 * Where the last `lines` lines of a log file begin, found by reading backwards.
 * @param size  bytes of the file that count
 * @returns the offset, and how many lines are missing because the file is shorter
 */
export async function tailOffset(file: FileHandle, size: number, lines: number): Promise<{ offset: number; missing: number }> {
  let wanted = lines;
  let blockStart = size;
  let rest = Buffer.alloc(0); // the beginning of a record whose start lies in the block before
  let lastSeen = true; // nothing after the current record: a trailing piece counts as a line
  while (blockStart > 0) {
    const length = Math.min(BLOCK, blockStart);
    blockStart -= length;
    const block = Buffer.concat([await readAt(file, blockStart, length), rest]);
    let end = block.length; // one past the newline of the record under the cursor
    for (;;) {
      const newline = end < 2 ? -1 : block.lastIndexOf(NEWLINE, end - 2);
      if (newline < 0 && blockStart > 0) break;
      const start = newline + 1;
      if (start < end && (lastSeen || !isPartial(block, start))) {
        if (wanted === 0) return { offset: blockStart + end, missing: 0 };
        wanted--;
        lastSeen = false;
      }
      end = start;
      if (newline < 0) break;
    }
    rest = block.subarray(0, end);
  }
  return { offset: 0, missing: wanted };
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
