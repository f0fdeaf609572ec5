/**
 * What the OCI runtime mounts on has to exist: `/proc`, `/etc/hosts` and so on. It would make them in each container's writable layer, which
 * then has to be cleared of them again, and making files on a disk is a good part of a start. So they lie in a read-only layer between
 * image and container, one per stack of layers. dockerd has such a layer for each container.
 */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoCode, newId } from '../../base/index.ts';
import { bytePathOf } from '../host/byte-path.ts';
import { listXattrs } from '../host/file-calls.ts';
import { isOpaque } from './layer-tar.ts';
import { isWhiteout, statIfExists } from './layer-unpack.ts';

const DIRECTORIES = ['dev', 'proc', 'sys'];
const FILES = ['etc/hosts', 'etc/hostname', 'etc/resolv.conf'];

/**
 * Makes the layer of stubs for a stack, beside its topmost layer, whose life it shares. `/etc` keeps the attributes that it has in the image.
 * @param lower  the directories of the layers, topmost first; at least one
 * @returns the directory that belongs on top of them
 */
export function stubLayer(lower: readonly string[]): string {
  const name = createHash('sha256').update(lower.join('\0')).digest('hex').slice(0, 16);
  const target = join(dirname(lower[0] ?? ''), 'stubs', name);
  if (existsSync(target)) return target;
  const half = `${target}.${newId().slice(0, 8)}`; // found complete or not at all
  mkdirSync(half, { recursive: true, mode: 0o755 });
  for (const directory of DIRECTORIES) if (!findIn(lower, directory)) mkdirSync(join(half, directory), { mode: 0o755 });
  makeEtc(lower, half);
  try {
    renameSync(half, target);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (errnoCode(error) !== 'ENOTEMPTY' && errnoCode(error) !== 'EEXIST') throw error; // another was quicker
  }
  return target;
}

function makeEtc(lower: readonly string[], half: string): void {
  const etc = findIn(lower, 'etc');
  if (etc && !canBeShadowed(etc)) return;
  const missing = FILES.filter((file) => !findIn(lower, file));
  if (missing.length === 0) return;
  const path = join(half, 'etc');
  mkdirSync(path, { mode: 0o755 });
  for (const file of missing) writeFileSync(join(half, file), '', { mode: 0o755 });
  if (!etc) return;
  chownSync(path, etc.stats.uid, etc.stats.gid);
  chmodSync(path, etc.stats.mode & 0o7777);
  utimesSync(path, etc.stats.atime, etc.stats.mtime);
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/** A directory above hides the attributes of the one below; extended ones are not worth copying. */
function canBeShadowed({ path, stats }: Found): boolean {
  return stats.isDirectory() && listXattrs(bytePathOf(path)).every((name) => name.startsWith('trusted.overlay.'));
}

/**
 * What a path of one or two components is in the merged tree; undefined when it is not there. Symlinks of the image are not followed: what
 * is below one counts as there, because nothing can be put there from above.
 */
function findIn(lower: readonly string[], path: string): Found | undefined {
  const [first = '', second] = path.split('/');
  for (const layer of lower) {
    const outer = statIfExists(bytePathOf(join(layer, first)));
    if (!outer) continue;
    if (isWhiteout(outer)) return undefined;
    if (second === undefined || !outer.isDirectory()) return { path: join(layer, first), stats: outer };
    const inner = statIfExists(bytePathOf(join(layer, path)));
    if (inner) return isWhiteout(inner) ? undefined : { path: join(layer, path), stats: inner };
    if (isOpaque(bytePathOf(join(layer, first)))) return undefined;
  }
  return undefined;
}
