import { statfsSync, statSync, readlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError, errnoCode } from './errors.ts';

/**
 * A failure for want of room, in words that name the disk: Node's own message does not even name the file. Any other error as it is.
 * @param path  what was being written, or a directory on that disk
 */
export function explainFullDisk(error: unknown, path: string): unknown {
  const code = errnoCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' ? fullDisk(path, error) : error;
}

/** The error for a disk without room. `internal`, with dockerd's words, for which clients look. */
export function fullDisk(path: string, cause?: unknown): EngineError {
  const message = `no space left on device: the disk mounted at ${mountPoint(path)} ${howFull(path)}, writing ${path}: remove what is not needed there, or move the data with TSCOMPOSE_ROOT`;
  return new EngineError('internal', message, { cause });
}

/** Writes all bytes. @param position  undefined: where the file is at @throws EngineError for a full disk, system errors */
export function writeFully(fd: number, bytes: Uint8Array, position?: number): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position === undefined ? null : position + done);
  } catch (error) {
    throw explainFullDisk(error, pathOf(fd));
  }
}

function pathOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return `descriptor ${fd}`;
  }
}

/** The highest directory above the path that is on the same file system. */
function mountPoint(path: string): string {
  let at = existing(path);
  const { dev } = statSync(at);
  while (at !== '/' && statSync(dirname(at)).dev === dev) at = dirname(at);
  return at;
}

function existing(path: string): string {
  let at = path.startsWith('/') ? path : '/';
  while (at !== '/' && statSync(at, { throwIfNoEntry: false }) === undefined) at = dirname(at);
  return at;
}

const MIB = 1024 ** 2;

/** Some writers stop early, so that room is left for small records. */
function howFull(path: string): string {
  const { files, ffree, bavail, bsize } = statfsSync(existing(path));
  if (files > 0 && ffree === 0 && bavail > 0) return 'can hold no more files';
  const left = Math.floor((bavail * bsize) / MIB);
  return left > 0 ? `has only ${left} MiB left` : 'is full';
}
