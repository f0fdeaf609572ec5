import { describe, expect, it } from 'vitest';
import { createIgnoreMatcher, globToRegExpSource, parseIgnoreFile } from '../../../src/base/index.ts';

const ignored = (patterns: string[], path: string): boolean => createIgnoreMatcher(parseIgnoreFile(patterns.join('\n'))).isIgnored(path);

describe('parseIgnoreFile', () => {
  it('drops comments, blanks, the byte order mark and leading slashes, and cleans paths', () => {
    expect(parseIgnoreFile('\uFEFF# no\n\n  /a/ \r\n! ./b/../c\n #kept\n!/d')).toEqual(['a', '!c', '#kept', '!d']);
  });
});

describe('createIgnoreMatcher', () => {
  it.each([
    [['node_modules'], 'node_modules', true],
    [['node_modules'], 'node_modules/a/b.js', true],
    [['node_modules'], 'src/node_modules', false],
    [['**/node_modules'], 'src/x/node_modules/y', true],
    [['**/node_modules'], 'node_modules', true],
    [['*.md'], 'README.md', true],
    [['*.md'], 'docs/README.md', false],
    [['*/temp*'], 'dir/temporary.txt', true],
    [['*/temp*'], 'a/b/temp', false],
    [['temp?'], 'tempa', true],
    [['temp?'], 'temp', false],
    [['a/**'], 'a', false],
    [['a/**'], 'a/b/c', true],
    [['**'], 'anything/at/all', true],
    [['**/*.go'], 'x.go', true],
    [['**/*.go'], 'a/b/x.go', true],
    [['a/**/z'], 'a/z', true],
    [['a/**/z'], 'a/b/c/z', true],
    [['[a-c].txt'], 'b.txt', true],
    [['[^a-c].txt'], 'b.txt', false],
    [['[^a-c].txt'], 'd.txt', true],
    [['a\\*b'], 'a*b', true],
    [['a\\*b'], 'axb', false],
    [['a.b'], 'axb', false],
    [['-x*'], '-xy', true],
    [['(a)+*'], '(a)+1', true],
  ])('%j on %s is %s', (patterns, path, expected) => {
    expect(ignored(patterns, path)).toBe(expected);
  });

  it('lets the last matching rule win', () => {
    expect(ignored(['*.md', '!README*.md', 'README-secret.md'], 'README.md')).toBe(false);
    expect(ignored(['*.md', '!README*.md', 'README-secret.md'], 'README-secret.md')).toBe(true);
    expect(ignored(['*.md', 'README-secret.md', '!README*.md'], 'README-secret.md')).toBe(false);
    expect(ignored(['*', '!src'], 'src/deep/file')).toBe(false);
    expect(ignored(['!src', '*'], 'src/deep/file')).toBe(true);
  });

  it('skips an ignored directory only when no re-including rule can reach below it', () => {
    expect(createIgnoreMatcher(['*']).canSkipDirectory('a')).toBe(true);
    expect(createIgnoreMatcher(['*', '!b/c']).canSkipDirectory('a')).toBe(true);
    expect(createIgnoreMatcher(['*', '!a/c']).canSkipDirectory('a')).toBe(false);
    expect(createIgnoreMatcher(['*', '!a']).canSkipDirectory('a/b')).toBe(false);
    expect(createIgnoreMatcher(['*', '!*/keep']).canSkipDirectory('a')).toBe(false);
    expect(createIgnoreMatcher(['*', '!**/keep']).canSkipDirectory('a/b/c')).toBe(false);
  });

  it('refuses malformed patterns', () => {
    for (const bad of ['[', '[a', 'a[]b', '!', 'a\\']) expect(() => createIgnoreMatcher([bad]), bad).toThrow(/invalid ignore pattern/);
  });
});

describe('globToRegExpSource', () => {
  it('keeps wildcards and classes inside one path component', () => {
    const test = (glob: string, path: string): boolean => new RegExp(`^${globToRegExpSource(glob)}$`, 'su').test(path);
    expect(test('a*', 'a/b')).toBe(false);
    expect(test('a[^b]c', 'a/c')).toBe(false);
    expect(test('a[.-0]c', 'a/c')).toBe(false);
    expect(test('a[.-0]c', 'a.c')).toBe(true);
    expect(test('**', 'a/b')).toBe(false);
    expect(test('h?llo', 'hëllo')).toBe(true);
    expect(test('[😀]', '😀')).toBe(true);
  });
});
