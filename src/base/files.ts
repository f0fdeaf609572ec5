import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from './errors.ts';
import { explainFullDisk, writeFully } from './full-disk.ts';

let counter = 0; // makes temporary names unique inside this process

/**
 * Writes a file so that a reader, or a restart after a crash at any moment, sees the old or the new content and nothing between:
 * temporary file, fsync, rename, fsync of the directory. Synchronous: records are small, and a half-awaited write would
 * let other code see memory and disk disagree.
 * @param options.durable  false skips both fsyncs: for files under the run root, which does not outlive a power cut anyway
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; durable?: boolean } = {},
): void {
  const temporary = `${path}.${process.pid}.${counter++}.tmp`;
  const durable = options.durable ?? true;
  try {
    const fd = openSync(temporary, 'wx', options.mode ?? 0o600);
    try {
      writeFully(fd, typeof content === 'string' ? Buffer.from(content) : content);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw explainFullDisk(error, path);
  }
  if (durable) fsyncDirectory(dirname(path));
}

/** Makes renames and unlinks in a directory durable. */
export function fsyncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes a file; a missing one is fine. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** The text of a file, or undefined when there is none. */
export function readTextIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
