import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveDirectory, resolveTreePath, type DigestCache } from '../../../../src/runtime/build/tree/index.ts';

let root = '';
let fd = -1;
beforeEach(() => {
  root = mkdtempSync('/tmp/live-');
  mkdirSync(join(root, 'context/dir'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'context/dir/f'), 'mine');
  writeFileSync(join(root, 'outside/f'), 'secret');
  fd = openSync(join(root, 'context'), constants.O_RDONLY | constants.O_DIRECTORY);
});
afterEach(() => {
  closeSync(fd);
  rmSync(root, { recursive: true });
});

const nothing: DigestCache = { get: () => undefined, set: () => {} };
const read = (tree: LiveDirectory, path: string): string => {
  const content = tree.openContent(path);
  try {
    return readFileSync(content, 'utf8');
  } finally {
    closeSync(content);
  }
};

describe('LiveDirectory', () => {
  it('never reads through a directory that became a symlink after it was looked at', async () => {
    const tree = new LiveDirectory(fd, nothing);
    expect(tree.stat('dir/f')?.type).toBe('file');
    expect(read(tree, 'dir/f')).toBe('mine');
    renameSync(join(root, 'context/dir'), join(root, 'context/gone'));
    symlinkSync('../outside', join(root, 'context/dir'));
    await expect(tree.digest('dir/f')).rejects.toThrow('dir/f changed while the build read it');
    expect(() => read(tree, 'dir/f')).toThrow('changed while the build read it');
  });

  it('never follows a file that became a symlink, and does not wait for a pipe', () => {
    const tree = new LiveDirectory(fd, nothing);
    rmSync(join(root, 'context/dir/f'));
    symlinkSync(join(root, 'outside/f'), join(root, 'context/dir/f'));
    expect(() => read(tree, 'dir/f')).toThrow('changed while the build read it');
    rmSync(join(root, 'context/dir/f'));
    execFileSync('mkfifo', [join(root, 'context/dir/f')]);
    expect(() => read(tree, 'dir/f')).toThrow('changed while the build read it');
  });

  it('takes symlinks as a root of its own: absolute ones and .. stay inside', () => {
    const tree = new LiveDirectory(fd, nothing);
    symlinkSync('/dir/f', join(root, 'context/absolute'));
    symlinkSync('../../../../dir', join(root, 'context/up'));
    symlinkSync(join(root, 'outside'), join(root, 'context/out'));
    const find = (path: string) => resolveTreePath((at) => tree.stat(at), path);
    expect(find('absolute').path).toBe('dir/f');
    expect(find('up/f').path).toBe('dir/f');
    expect(find('out/f').node).toBeUndefined();
  });

  it('goes on with the directory that was opened when another takes its path', () => {
    const tree = new LiveDirectory(fd, nothing);
    renameSync(join(root, 'context'), join(root, 'moved'));
    symlinkSync('outside', join(root, 'context'));
    expect(tree.list('')).toEqual(['dir']);
    expect(read(tree, 'dir/f')).toBe('mine');
  });

  it('remembers a digest under what the opened file itself says', async () => {
    const seen: string[] = [];
    const tree = new LiveDirectory(fd, { get: () => undefined, set: (path, stats) => void seen.push(`${path} ${stats.size}`) });
    tree.stat('dir/f');
    writeFileSync(join(root, 'context/dir/f'), 'longer than before');
    await tree.digest('dir/f');
    expect(seen).toEqual(['dir/f 18']);
  });
});
