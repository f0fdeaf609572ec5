/** What no program can be installed for: the rights of the process, and a file system that containers can live on. */
import { mkdirSync, statfsSync } from 'node:fs';
import { EngineError, errnoCode } from '../../base/index.ts';
import { effectiveCapabilities } from './bounding-set.ts';

/** What mounts, control groups and networks cannot be made without. A container that is not privileged lacks them even for root. */
const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'];
/** @see linux/magic.h */
export const OVERLAYFS_MAGIC = 0x794c7630;

/** @throws EngineError forbidden for a user who is not root, or a root who may not do what an engine does */
export function requireRights(uid: number = process.geteuid?.() ?? 0, capabilities: readonly string[] = effectiveCapabilities()): void {
  if (uid !== 0) {
    throw new EngineError('forbidden', `it must run as root, and this is uid ${uid}: run tscompose as root (sudo), or use another engine with --host`);
  }
  const missing = CAPABILITIES.filter((name) => !capabilities.includes(name));
  if (missing.length > 0) {
    throw new EngineError('forbidden', `it lacks ${missing.join(' and ')}: run it on the machine itself, or in a container with --privileged`);
  }
}

/** @throws EngineError unavailable when layers cannot be stacked on the data root's file system */
export function requireFileSystem(dataRoot: string): void {
  mkdirSync(dataRoot, { recursive: true, mode: 0o711 });
  if (statfsSync(dataRoot).type !== OVERLAYFS_MAGIC) return;
  throw new EngineError('unavailable', `${dataRoot} is on overlayfs, which cannot hold the file systems of containers: put the data root on another one (a volume, a disk) with TSCOMPOSE_ROOT=/path`);
}

/** A mount that failed because the kernel has no overlayfs, in words; any other error as it is. */
export function explainMountError(error: unknown): unknown {
  if (errnoCode(error) !== 'ENODEV') return error;
  return new EngineError('unavailable', 'this kernel has no overlay file system, which containers are made with: modprobe overlay', { cause: error });
}
