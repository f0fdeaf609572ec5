/**
 * Durability without an fsync on every file. Killing the engine loses nothing that was written; only a power cut or a kernel crash can
 * lose what is not yet on the disk. So: before the first write of a burst an empty marker file appears; when the burst is over,
 * the whole file system is written out in the background (`syncfs` on a thread of the pool) and the marker goes.
 *
 * A marker found at start means that the last session ended in between. If the machine is still the same boot, nothing is lost.
 * Otherwise what was written since the marker must be verified (`needsVerification`).
 */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode, removeFile, writeFileAtomic, type Logger } from '../../base/index.ts';
import { syncFileSystem } from '../host/file-calls.ts';

const QUIET_MS = 2000;

export interface Durability {
  /** Call before writing. Cheap when called often. */
  touch(): void;
  /** Writes one small file and its directory entry out, off the main thread. */
  persist(path: string): Promise<void>;
  /** Writes everything out now. */
  flush(): Promise<void>;
  /** Unix milliseconds: what was written at or after this time may be damaged. */
  readonly suspectSinceMs: number | undefined;
  /** What was suspect has been looked at. */
  verified(): void;
  /** Stops the timer. Leaves the marker when something is not written out yet: the next start goes on, nobody waits for a disk now. */
  close(): void;
}

/** @param directory  where the marker is kept; must exist */
export function openDurability(directory: string, logger: Logger): Durability {
  const marker = join(directory, 'unsynced');
  const bootId = readBootId();
  const found = readMarker(marker);
  let suspectSinceMs = found !== undefined && found.bootId !== bootId ? found.sinceMs : undefined;
  let marked = found !== undefined;
  let generation = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const sync = async (): Promise<void> => {
    const before = generation;
    const fd = openSync(directory, 'r');
    try {
      await syncFileSystem(fd);
    } finally {
      closeSync(fd);
    }
    if (before !== generation || suspectSinceMs !== undefined) return;
    removeFile(marker);
    marked = false;
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (running) await running;
    if (!marked) return;
    running = sync().finally(() => (running = undefined));
    await running;
  };
  const schedule = () => {
    timer?.refresh();
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((error: unknown) => logger.warn('writing out the content store failed', { error }));
    }, QUIET_MS).unref();
  };
  if (marked) schedule();

  return {
    touch() {
      generation++;
      if (!marked) writeFileAtomic(marker, bootId, { durable: false });
      marked = true;
      schedule();
    },
    async persist(path) {
      for (const target of [path, dirname(path)]) {
        const handle = await open(target, 'r');
        await handle.sync().finally(() => handle.close());
      }
    },
    flush,
    get suspectSinceMs() {
      return suspectSinceMs;
    },
    verified() {
      suspectSinceMs = undefined;
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** A marker whose content was lost still counts: its boot id then differs. */
function readMarker(path: string): { bootId: string; sinceMs: number } | undefined {
  try {
    return { bootId: readFileSync(path, 'utf8'), sinceMs: Math.floor(statSync(path).mtimeMs) - 1000 };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
