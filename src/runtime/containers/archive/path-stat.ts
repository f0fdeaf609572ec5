import { constants, readlinkSync, type Stats, statSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError, errnoCode } from '../../../base/index.ts';
import type { PathStat } from '../../../engine-api/index.ts';
import { type BytePath, bytePathOf, fsPath } from '../../host/byte-path.ts';
import { fdPath, O_PATH, openInRoot, withFd } from '../../host/rooted.ts';
import { member, statMember } from './members.ts';

/** A path of a container, found: an open parent (the caller closes it) and the name in it. `.` is the parent itself. */
export interface FoundPath {
  readonly parent: number;
  readonly name: BytePath;
  readonly stats: Stats;
}

/**
 * Finds a path as `cp` understands it: symlinks in the parents are followed inside the container, a last one is not, unless the path
 * ends in `/` or `/.`, which also demands a directory.
 * @throws EngineError notFound, invalid
 */
export function findPath(root: number, path: string, containerName: string): FoundPath {
  const absolute = posix.resolve('/', path);
  const wantsDirectory = /(^|\/)\.?$/.test(path);
  const missing = (cause?: unknown): EngineError => new EngineError('notFound', `Could not find the file ${path} in container ${containerName}`, { cause });
  const open = (target: string, flags = O_PATH): number => {
    try {
      return openInRoot(root, target, flags);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errnoCode(error) ?? '')) throw missing(error);
      throw error;
    }
  };
  if (absolute === '/' || wantsDirectory) {
    const parent = open(absolute);
    const stats = statSync(fdPath(parent));
    if (stats.isDirectory()) return { parent, name: '.', stats };
    withFd(parent, () => undefined);
    throw new EngineError('invalid', `extraction point is not a directory: ${path}`);
  }
  const parent = open(posix.dirname(absolute), O_PATH | constants.O_DIRECTORY); // there is nothing below a file
  const name = bytePathOf(posix.basename(absolute));
  const stats = statMember(parent, name);
  if (stats) return { parent, name, stats };
  withFd(parent, () => undefined);
  throw missing();
}

/** What `X-Docker-Container-Path-Stat` carries. */
export function pathStat(root: number, path: string, found: FoundPath): PathStat {
  const { stats } = found;
  const nanos = String(Math.round((stats.mtimeMs % 1000) * 1e6)).padStart(9, '0');
  return {
    name: posix.basename(posix.resolve('/', path)) || '/',
    size: stats.size,
    mode: goFileMode(stats),
    mtime: `${new Date(stats.mtimeMs).toISOString().slice(0, 19)}.${nanos}Z`,
    linkTarget: stats.isSymbolicLink() ? linkTarget(root, path, found) : '',
  };
}

/** Where a symlink leads, as a path of the container. */
function linkTarget(root: number, path: string, { parent, name }: FoundPath): string {
  try {
    const rootPath = readlinkSync(fdPath(root));
    const real = withFd(openInRoot(root, path), (fd) => readlinkSync(fdPath(fd)));
    if (rootPath === '/') return real;
    if (real.startsWith(`${rootPath}/`)) return real.slice(rootPath.length);
  } catch {
    // dangling: the text of the link says where it would lead
  }
  const text = readlinkSync(fsPath(member(parent, name)));
  return posix.resolve(posix.dirname(posix.resolve('/', path)), text);
}

/** Go's `os.FileMode`: permission bits, with the type in the high bits. @see package io/fs */
function goFileMode(stats: Stats): number {
  let mode = stats.mode & 0o777;
  if (stats.isDirectory()) mode += 2 ** 31;
  if (stats.isSymbolicLink()) mode += 2 ** 27;
  if (stats.isBlockDevice() || stats.isCharacterDevice()) mode += 2 ** 26;
  if (stats.isFIFO()) mode += 2 ** 25;
  if (stats.isSocket()) mode += 2 ** 24;
  if (stats.mode & 0o4000) mode += 2 ** 23;
  if (stats.mode & 0o2000) mode += 2 ** 22;
  if (stats.isCharacterDevice()) mode += 2 ** 21;
  if (stats.mode & 0o1000) mode += 2 ** 20;
  return mode;
}
