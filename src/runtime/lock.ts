import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, readTextIfExists, writeFileAtomic } from '../base/index.ts';
import { flock, LOCK } from './host/libc.ts';
import { requireFileSystem, requireRights } from './host/requirements.ts';
import type { Layout } from './layout.ts';

/** The layout on disk that this program writes. */
const LAYOUT_VERSION = 1;
/** An engine that was killed while it forked leaves the lock to the fork for the moment until that becomes another program. */
const PATIENCE_MS = 500;

/**
 * Takes a state root for this process. The lock is the kernel's and ends with the process, however that ends.
 * @returns the function that gives it free
 * @throws EngineError forbidden without root's rights, unavailable on a file system of the wrong kind, conflict when another engine has it, invalid when the root was written by a newer version
 */
export async function takeRoot(layout: Layout): Promise<() => void> {
  requireRights();
  requireFileSystem(layout.root);
  const fd = openSync(layout.lockFile, 'a', 0o600);
  try {
    const deadline = Date.now() + PATIENCE_MS;
    while (!flock(fd, LOCK.EX | LOCK.NB)) {
      if (Date.now() > deadline) throw new EngineError('conflict', `another engine is using ${layout.root}`);
      await delay(10);
    }
    checkVersion(layout);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return () => closeSync(fd);
}

function checkVersion(layout: Layout): void {
  const text = readTextIfExists(layout.versionFile);
  if (text === undefined) {
    writeFileAtomic(layout.versionFile, `${JSON.stringify({ version: LAYOUT_VERSION })}\n`, { mode: 0o644 });
    return;
  }
  const version = Number((JSON.parse(text) as { version?: number }).version);
  if (version === LAYOUT_VERSION) return;
  throw new EngineError('invalid', `${layout.root} was written by another version of tscompose (layout ${version}, this one knows ${LAYOUT_VERSION})`);
}
