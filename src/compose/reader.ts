import { isUtf8 } from 'node:buffer';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { SourceReader } from './options.ts';
import { LIMITS } from './yaml/index.ts';

/** Reads from the file system. Refuses, before reading it, a file that is larger than any Compose file can be. */
export const fileReader: SourceReader = {
  readFile(path) {
    const { size } = statSync(path);
    if (size > LIMITS.fileLength) throw new FileTooLarge(path, size);
    return readFileSync(path);
  },
  kindOf(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return undefined;
    return stat.isDirectory() ? 'directory' : 'file';
  },
  realPath(path) {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  },
};

/** A file beyond `LIMITS.fileLength`. */
export class FileTooLarge extends Error {
  readonly code = 'EFBIG';

  constructor(path: string, size: number) {
    super(`${path} has ${size} bytes; the limit is ${LIMITS.fileLength}`);
  }
}

/** Bytes that are text in no encoding we read. `offset` counts bytes. */
export class NotText extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Decodes a file: UTF-8, or UTF-16 when a byte order mark says so. The mark stays in the text, so offsets are those of the file.
 * @throws NotText for bytes that are not UTF-8
 */
export function decodeText(content: Uint8Array | string): string {
  if (typeof content === 'string') return content;
  const [a, b] = content;
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(content);
  if (a === 0xfe && b === 0xff) return decodeBigEndian(content);
  if (!isUtf8(content)) throw new NotText('the file is not valid UTF-8', firstInvalidByte(content));
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
}

function decodeBigEndian(content: Uint8Array): string {
  const swapped = new Uint8Array(content.length - (content.length % 2));
  for (let i = 0; i < swapped.length; i += 2) {
    swapped[i] = content[i + 1] ?? 0;
    swapped[i + 1] = content[i] ?? 0;
  }
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(swapped);
}

function firstInvalidByte(content: Uint8Array): number {
  let low = 0;
  let high = content.length;
  const valid = (end: number) => !new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.subarray(0, end), { stream: true }).includes('\ufffd');
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valid(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
