import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoCode, writeFully } from '../../base/index.ts';

/** Far more than a container's state with five health reports of 4 KiB each. The file is sparse: slots cost what they hold. */
const SLOT_BYTES = 256 * 1024;
const HEADER_BYTES = 64;

/**
 * A small file that is replaced very often. It has two slots that are written in turn, each with a sequence number and a digest; the newest
 * whole one counts. A write that is cut short at any byte, by a kill or a power cut, leaves the other slot.
 *
 * Why not temporary file and rename as elsewhere: ext4 starts writing out the content at each rename over an existing file, and waits
 * for its journal; while files are being deleted that is milliseconds, four times in a container's life.
 * @param sequence  one more than the last write's
 */
export function writeSlot(path: string, sequence: number, text: string): void {
  const body = Buffer.from(text);
  if (HEADER_BYTES + body.length > SLOT_BYTES) throw new Error(`${path}: ${body.length} bytes do not fit a slot`);
  const header = `slot ${sequence} ${body.length} ${digest(sequence, body)}`.padEnd(HEADER_BYTES - 1);
  const bytes = Buffer.concat([Buffer.from(`${header}\n`), body]);
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const start = (sequence % 2) * SLOT_BYTES;
    writeFully(fd, bytes, start);
  } finally {
    closeSync(fd);
  }
}

/** @returns the newest whole content with its number, or undefined when there is none */
export function readSlot(path: string): { sequence: number; text: string } | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const slots = [readOne(fd, 0), readOne(fd, SLOT_BYTES)].filter((slot) => slot !== undefined);
    return slots.sort((a, b) => b.sequence - a.sequence)[0];
  } finally {
    closeSync(fd);
  }
}

function readOne(fd: number, start: number): { sequence: number; text: string } | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, header, 0, HEADER_BYTES, start) < HEADER_BYTES) return undefined;
  const match = /^slot (\d{1,15}) (\d{1,7}) ([0-9a-f]{16}) *\n$/.exec(header.toString('latin1'));
  if (!match) return undefined;
  const body = Buffer.alloc(Math.min(Number(match[2]), SLOT_BYTES));
  if (readSync(fd, body, 0, body.length, start + HEADER_BYTES) < body.length) return undefined;
  const sequence = Number(match[1]);
  return digest(sequence, body) === match[3] ? { sequence, text: body.toString('utf8') } : undefined;
}

function digest(sequence: number, body: Buffer): string {
  return createHash('sha1').update(`${sequence}:`).update(body).digest('hex').slice(0, 16);
}
