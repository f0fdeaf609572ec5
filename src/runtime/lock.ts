import { closeSync, mkdirSync, openSync } from 'node:fs';
import { EngineError, readTextIfExists, writeFileAtomic } from '../base/index.ts';
import { flock, LOCK } from './host/libc.ts';
import type { Layout } from './layout.ts';

/** The layout on disk that this program writes. */
const LAYOUT_VERSION = 1;

/**
 * Takes a state root for this process. The lock is the kernel's and ends with the process, however that ends.
 * @returns the function that gives it free
 * @throws EngineError conflict when another engine has it, invalid when the root was written by a newer version
 */
export function takeRoot(layout: Layout): () => void {
  mkdirSync(layout.root, { recursive: true, mode: 0o711 });
  const fd = openSync(layout.lockFile, 'a', 0o600);
  try {
    if (!flock(fd, LOCK.EX | LOCK.NB)) throw new EngineError('conflict', `another engine is using ${layout.root}`);
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
