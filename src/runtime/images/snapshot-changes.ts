/** What a writable layer says against the layers below it. Walks the upper directory only; lower ones are looked up along the way. */
import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { bytePathOf, fsPath, textOf, type BytePath } from '../host/byte-path.ts';
import { isWhiteout, statIfExists } from './layer-unpack.ts';
import { isOpaque, namesIn } from './layer-tar.ts';

/** Bytes of all files in an upper directory; a file with several names counts once. */
export async function snapshotUsage(upper: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  const todo: BytePath[] = [bytePathOf(upper)];
  for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
    for (const name of await readdir(fsPath(directory), { encoding: 'latin1' }).catch(() => [])) {
      const path = `${directory}/${name}`;
      const stats = await lstat(fsPath(path)).catch(() => undefined); // files come and go in a running container
      if (!stats) continue;
      if (stats.isDirectory()) todo.push(path);
      else if (stats.isFile() && !(stats.nlink > 1 && seen.has(stats.ino))) bytes += stats.size;
      if (stats.nlink > 1) seen.add(stats.ino);
    }
  }
  return bytes;
}

/**
 * Files that the OCI runtime makes so that it has something to mount on. They are no changes of the user's.
 * dockerd keeps them in a layer of their own between image and container.
 */
const MOUNT_STUBS = ['dev/console', 'dev/pts', 'dev/shm', 'dev/mqueue', 'dev', 'proc', 'sys', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf', 'etc/mtab', 'etc', '.dockerenv'];

/** Paths (relative) of the mount stubs in an upper directory that the image does not have: empty files and directories. */
export function findMountStubs(upper: string, lower: readonly string[]): string[] {
  const found: string[] = [];
  for (const stub of MOUNT_STUBS) {
    const path = bytePathOf(`${upper}/${stub}`);
    const parent = stub.includes('/') ? statIfExists(bytePathOf(`${upper}/${stub.slice(0, stub.indexOf('/'))}`)) : undefined;
    const stats = parent === undefined || parent.isDirectory() ? statIfExists(path) : undefined;
    if (!stats || lower.some((directory) => existsBelow(directory, stub))) continue;
    const isEmpty = stats.isDirectory() ? readdirSync(fsPath(path)).every((name) => found.includes(`${stub}/${name}`)) : stats.isFile() && stats.size === 0;
    if (isEmpty) found.push(stub);
  }
  return found;
}

/** Removes the stubs and an `etc` that was copied up only for them. */
export function removeMountStubs(upper: string, lower: readonly string[]): void {
  for (const stub of findMountStubs(upper, lower)) {
    const path = `${upper}/${stub}`;
    if (statIfExists(bytePathOf(path))?.isDirectory() === true) rmdirSync(path);
    else unlinkSync(path);
  }
  if (isCopiedUpOnly(upper, lower, 'etc', [])) rmdirSync(`${upper}/etc`);
}

/** The directory has no content besides `ignored`, and the attributes of the one below. */
function isCopiedUpOnly(upper: string, lower: readonly string[], name: string, ignored: readonly string[]): boolean {
  const path = bytePathOf(`${upper}/${name}`);
  const mine = statIfExists(path);
  if (mine?.isDirectory() !== true || isOpaque(path)) return false;
  if (readdirSync(fsPath(path)).some((child) => !ignored.includes(`${name}/${child}`))) return false;
  const below = lower.map((directory) => statIfExists(bytePathOf(`${directory}/${name}`))).find(Boolean);
  return below?.isDirectory() === true && below.mode === mine.mode && below.uid === mine.uid && below.gid === mine.gid;
}

/** At most two components, the first of which must be a real directory: no symlink of the image is followed. */
function existsBelow(directory: string, path: string): boolean {
  const [first = '', second] = path.split('/');
  const stats = statIfExists(bytePathOf(`${directory}/${first}`));
  if (!stats || isWhiteout(stats)) return false;
  if (second === undefined) return true;
  const inner = stats.isDirectory() ? statIfExists(bytePathOf(`${directory}/${path}`)) : undefined;
  return inner !== undefined && !isWhiteout(inner);
}

export interface Change {
  Path: string;
  /** 0 modified, 1 added, 2 deleted. */
  Kind: 0 | 1 | 2;
}

/** Changed paths in order, parents first, as `docker diff` shows them. @param lower  topmost first */
export async function snapshotChanges(upper: string, lower: readonly string[]): Promise<Change[]> {
  const changes: Change[] = [];
  const stubs = new Set(findMountStubs(upper, lower));
  if (isCopiedUpOnly(upper, lower, 'etc', [...stubs])) stubs.add('etc');
  await walk(bytePathOf(upper), lower.map(bytePathOf), '', stubs, changes);
  return changes;
}

/** @param lower  the directories that merge with this one, none of them reached through a symlink */
async function walk(directory: BytePath, lower: readonly BytePath[], prefix: BytePath, stubs: ReadonlySet<string>, changes: Change[]): Promise<void> {
  await setImmediate();
  const names = namesIn(directory).sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    if (stubs.has(`${prefix}${name}`)) continue;
    const path = `${directory}/${name}`;
    const stats = statIfExists(path);
    if (!stats) continue;
    const below = merging(lower, name);
    if (isWhiteout(stats)) {
      if (below.exists) changes.push({ Path: `/${textOf(prefix + name)}`, Kind: 2 });
      continue;
    }
    changes.push({ Path: `/${textOf(prefix + name)}`, Kind: below.exists ? 0 : 1 });
    if (!stats.isDirectory()) continue;
    const opaque = isOpaque(path);
    if (opaque) for (const gone of hiddenNames(below.directories, path)) changes.push({ Path: `/${textOf(`${prefix}${name}/${gone}`)}`, Kind: 2 });
    await walk(path, opaque ? [] : below.directories, `${prefix}${name}/`, stubs, changes);
  }
}

/** What the lower directories have under a name: whether anything, and the directories that merge. */
function merging(lower: readonly BytePath[], name: string): { exists: boolean; directories: BytePath[] } {
  const directories: BytePath[] = [];
  for (const directory of lower) {
    const path = `${directory}/${name}`;
    const stats = statIfExists(path);
    if (!stats) continue;
    if (isWhiteout(stats)) break;
    if (!stats.isDirectory()) return { exists: true, directories };
    directories.push(path);
    if (isOpaque(path)) break;
  }
  return { exists: directories.length > 0, directories };
}

function hiddenNames(directories: readonly BytePath[], upper: BytePath): string[] {
  const names = new Set<string>();
  for (const directory of directories)
    for (const name of readdirSync(fsPath(directory), { encoding: 'latin1' })) if (merging(directories, name).exists) names.add(name);
  return [...names].filter((name) => !statIfExists(`${upper}/${name}`)).sort();
}
