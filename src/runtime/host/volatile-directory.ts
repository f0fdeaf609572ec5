import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { mount, MS, unmount } from './libc.ts';

const TMPFS_MAGIC = 0x01021994;
const RAMFS_MAGIC = 0x858458f6;
const MODE = 0o711;

/**
 * Makes a directory for what need not outlive the machine's next boot, in memory: a container start makes and a stop removes some two
 * dozen small files there. `/run` is in memory on most systems, and nothing has to be done. On others (minimal images, some virtual
 * machines) it is on the disk, where each file costs up to a millisecond and the rest of a former boot lies about; a tmpfs is mounted then.
 * Where that is not allowed, the disk has to do.
 * @param path  its parent is made, too
 */
export function ensureVolatile(path: string): void {
  mkdirSync(path, { recursive: true, mode: MODE });
  if (isInMemory(path)) return;
  try {
    mount('tscompose', path, 'tmpfs', MS.NOSUID | MS.NODEV, `mode=${MODE.toString(8)}`);
  } catch (error) {
    if (errnoCode(error) !== 'EPERM') throw error;
  }
}

/** Takes the tmpfs away again, if it was `ensureVolatile` that mounted one. The caller knows that nothing in it is needed any more. */
export function releaseVolatile(path: string): void {
  if (isInMemory(path) && !isInMemory(dirname(path))) unmount(path);
}

function isInMemory(path: string): boolean {
  const { type } = statfsSync(path);
  return type === TMPFS_MAGIC || type === RAMFS_MAGIC;
}
