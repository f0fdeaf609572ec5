/**
 * Steps through a tree that a running process may change under us. Every step goes from an open directory to one name in it, and
 * never through a symlink, so nobody can lead us out of the tree.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { errnoCode } from '../../../base/index.ts';
import { type BytePath, fsPath } from '../../host/byte-path.ts';
import { fdPath } from '../../host/rooted.ts';

/** Host path of one name in an open directory. The name is a single component. */
export const member = (directory: number, name: BytePath): BytePath => `${fdPath(directory)}/${name}`;

export function statMember(directory: number, name: BytePath): Stats | undefined {
  return lstatSync(fsPath(member(directory, name)), { throwIfNoEntry: false });
}

/** @throws ENOTDIR or ELOOP when it is no directory (any more) */
export function openDirectory(directory: number, name: BytePath): number {
  return openSync(fsPath(member(directory, name)), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/** Names in byte order. */
export function namesIn(directory: number): BytePath[] {
  return readdirSync(fdPath(directory), { encoding: 'latin1' }).sort();
}

/** Removes a member with all below it; a missing one is fine. */
export function removeMember(directory: number, name: BytePath): void {
  try {
    unlinkSync(fsPath(member(directory, name)));
    return;
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return;
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
  }
  const inner = openDirectory(directory, name);
  try {
    for (const child of namesIn(inner)) removeMember(inner, child);
  } finally {
    closeSync(inner);
  }
  rmdirSync(fsPath(member(directory, name)));
}
