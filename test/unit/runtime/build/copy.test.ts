import { describe, expect, it } from 'vitest';
import { createExclude, digestSources, findSources, ownerNeedsImage, parseModeChange, resolveOwner } from '../../../../src/runtime/build/copy/index.ts';
import { MemoryTree, resolveTreePath, TreePathError, type TreeNode } from '../../../../src/runtime/build/tree/index.ts';

const node = (type: TreeNode['type'], more: Partial<TreeNode> = {}): TreeNode => ({ type, mode: 0o644, uid: 0, gid: 0, size: 0, mtimeMs: 0, link: '', major: 0, minor: 0, ...more });

function treeOf(paths: Record<string, string>): MemoryTree {
  const tree = new MemoryTree((digest) => `/store/${digest}`);
  for (const [path, content] of Object.entries(paths)) {
    if (content.startsWith('-> ')) tree.set(path, node('symlink', { link: content.slice(3) }));
    else tree.set(path, node('file', { size: content.length }), { digest: content });
  }
  return tree;
}

describe('parseModeChange', () => {
  // Results as chmod(1) of coreutils gives them under umask 0.
  it.each<[string, number, number, number]>([
    ['755', 0o600, 0o755, 0o755],
    ['04711', 0o600, 0o4711, 0o4711],
    ['u=rwX,go=rX', 0o600, 0o644, 0o755],
    ['u=rwX,go=rX', 0o700, 0o755, 0o755],
    ['+x', 0o644, 0o755, 0o755],
    ['a-w', 0o666, 0o444, 0o444],
    ['go=', 0o777, 0o700, 0o700],
    ['g=u', 0o640, 0o660, 0o660],
    ['u+s,g+s', 0o755, 0o6755, 0o6755],
    ['+t', 0o777, 0o1777, 0o1777],
    ['u=rw,g=r,o-rwx', 0o777, 0o640, 0o640],
    ['u+x-w', 0o600, 0o500, 0o500],
    ['=', 0o4755, 0, 0o4000],
  ])('%s on %o', (text, before, file, directory) => {
    const change = parseModeChange(text);
    expect(change(before, false)).toBe(file);
    expect(change(before, true)).toBe(directory);
  });

  it('refuses what is no mode', () => {
    for (const text of ['', '8', '77777', 'x', 'u', 'u=q', '+x,', '-1', 'rwx']) expect(() => parseModeChange(text), text).toThrow('invalid chmod parameter');
  });
});

describe('resolveOwner', () => {
  const files: Record<string, string> = { 'etc/passwd': 'root:x:0:0::/:\nann:x:7:8::/:\n', 'etc/group': 'staff:x:50:\n' };
  const read = (path: string): string | undefined => files[path];
  it.each([
    ['5', 5, 5],
    ['5:6', 5, 6],
    ['ann', 7, 8],
    ['ann:staff', 7, 50],
    ['ann:9', 7, 9],
    [':staff', 0, 50],
    ['5:', 5, 5],
  ])('%s', (spec, uid, gid) => {
    expect(resolveOwner(spec, read)).toEqual({ uid, gid });
  });

  it('tells which names it misses, and when it needs none', () => {
    expect(() => resolveOwner('bob', read)).toThrow('unable to find user bob');
    expect(() => resolveOwner('0:bobs', read)).toThrow('unable to find group bobs');
    expect(() => resolveOwner('99999999999', read)).toThrow('range');
    expect(['1:2', 'ann', ':staff', '1'].map(ownerNeedsImage)).toEqual([false, true, true, false]);
  });
});

describe('resolveTreePath', () => {
  const tree = treeOf({ 'd/f': 'x', abs: '-> /d', rel: '-> d/../d/f', up: '-> ../../d', loop: '-> loop', 'd/back': '-> ..' });
  const at = (path: string, followLast = true): string => resolveTreePath((p) => tree.stat(p), path, { followLast }).path;
  it('stays inside the tree whatever the links say', () => {
    expect(at('abs/f')).toBe('d/f');
    expect(at('rel')).toBe('d/f');
    expect(at('up/f')).toBe('d/f');
    expect(at('../../../d/back/d/f')).toBe('d/f');
    expect(at('abs', false)).toBe('abs');
    expect(at('abs/new/er')).toBe('d/new/er');
  });

  it('refuses loops and files in the middle', () => {
    expect(() => at('loop')).toThrow(TreePathError);
    expect(() => at('d/f/x')).toThrow('not a directory: /d/f');
  });
});

describe('findSources', () => {
  const tree = treeOf({ 'a.txt': '1', 'b.txt': '2', 'src/a.c': '3', 'src/deep/b.c': '4', 'src/[x].c': '5', link: '-> src' });
  const paths = (pattern: string, parents = false): string[] | undefined => findSources(tree, pattern, parents)?.map(({ path }) => path);
  it.each<[string, string[] | undefined]>([
    ['a.txt', ['a.txt']],
    ['/a.txt', ['a.txt']],
    ['../a.txt', ['a.txt']],
    ['nope', undefined],
    ['nope*', []],
    ['*.txt', ['a.txt', 'b.txt']],
    ['src/*.c', ['src/[x].c', 'src/a.c']],
    ['s?c/a.c', ['src/a.c']],
    ['*/a.c', ['src/a.c']],
    ['l*/deep/*.c', []],
    ['l*', ['src']],
    ['link/a.c', ['src/a.c']],
    ['link/*.c', ['src/[x].c', 'src/a.c']],
    ['**/*.c', ['src/[x].c', 'src/a.c', 'src/deep/b.c']],
    ['src/**/b.c', ['src/deep/b.c']],
    ['src/[[]x].c', ['src/[x].c']],
    ['.', ['']],
  ])('%s', (pattern, expected) => {
    expect(paths(pattern)).toEqual(expected);
  });

  it('names the directories that --parents makes, from the pivot on', () => {
    const made = (pattern: string): string[] => findSources(tree, pattern, true)?.flatMap(({ parents }) => parents.map(({ name }) => name)) ?? [];
    expect(made('src/deep/b.c')).toEqual(['src', 'deep']);
    expect(made('src/./deep/b.c')).toEqual(['deep']);
    expect(made('./src/deep')).toEqual(['src', 'deep']);
    expect(made('a.txt')).toEqual([]);
  });
});

describe('digestSources', () => {
  const digest = (paths: Record<string, string>, change: (tree: MemoryTree) => void = () => {}, exclude: string[] = []): Promise<string> => {
    const tree = treeOf(paths);
    change(tree);
    return digestSources(findSources(tree, '.', false) ?? [], createExclude(exclude));
  };
  const base = { a: '1', 'd/b': '2', l: '-> a' };

  it('depends on names, contents, modes, owners and links, and not on times', async () => {
    const same = await digest(base);
    expect(await digest(base, (tree) => tree.set('a', node('file', { size: 1, mtimeMs: 99 }), { digest: '1' }))).toBe(same);
    const different = await Promise.all([
      digest({ ...base, a: 'x' }),
      digest({ ...base, c: '' }),
      digest({ ...base, l: '-> d' }),
      digest(base, (tree) => tree.set('a', node('file', { size: 1, mode: 0o755 }), { digest: '1' })),
      digest(base, (tree) => tree.set('a', node('file', { size: 1, uid: 1 }), { digest: '1' })),
      digest(base, (tree) => tree.set('a', node('file', { size: 1 }), { digest: '1', xattrs: new Map([['user.x', Buffer.from('1')]]) })),
    ]);
    expect(new Set([same, ...different]).size).toBe(7);
  });

  it('does not see what is excluded', async () => {
    expect(await digest({ ...base, 'd/log': '1' }, undefined, ['d/log'])).toBe(await digest({ ...base, 'd/log': '2' }, undefined, ['d/log']));
  });
});
