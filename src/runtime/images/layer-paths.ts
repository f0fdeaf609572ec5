/** Path resolution inside a root that holds somebody else's tree: what a chroot would do, without one. */
import { lstatSync, readlinkSync } from 'node:fs';
import { fsPath, textOf, type BytePath } from '../host/byte-path.ts';
import { TarError } from './tar/index.ts';

const MAX_LINKS = 40;

/**
 * Walks `parts` below `root` and follows symlinks as if `root` were `/`.
 * @param make  makes a missing directory
 * @returns the real path of a directory inside `root`, without symlinks in it
 * @throws TarError for a loop of symlinks or a component that is no directory
 */
export function resolveInRoot(root: BytePath, parts: readonly string[], make: (path: BytePath) => void): BytePath {
  const todo = [...parts].reverse();
  const done: string[] = [];
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const path = [root, ...done, part].join('/');
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) {
      if (++links > MAX_LINKS) throw new TarError(`too many symbolic links: ${textOf(parts.join('/'))}`);
      const target = readlinkSync(fsPath(path), { encoding: 'latin1' });
      if (target.startsWith('/')) done.length = 0;
      todo.push(...target.split('/').reverse());
      continue;
    }
    if (!stats) make(path);
    else if (!stats.isDirectory()) throw new TarError(`not a directory: ${textOf(parts.join('/'))}`);
    done.push(part);
  }
  return done.length === 0 ? root : [root, ...done].join('/');
}
