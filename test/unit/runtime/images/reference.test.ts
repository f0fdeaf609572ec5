import { describe, expect, it } from 'vitest';
import { familiarString, formatReference, parseReference, parseTagTarget, withDefaultTag } from '../../../../src/runtime/images/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox', 'busybox'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['user/app', 'docker.io/user/app', 'user/app'],
    ['docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
    ['index.docker.io/library/busybox:x', 'docker.io/library/busybox:x', 'busybox:x'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry.example/a/b-c__d.e/f', 'registry.example/a/b-c__d.e/f', 'registry.example/a/b-c__d.e/f'],
    ['Upper/app', 'Upper/app', 'Upper/app'],
    ['[::1]:5000/app', '[::1]:5000/app', '[::1]:5000/app'],
    [`app@${DIGEST}`, `docker.io/library/app@${DIGEST}`, `app@${DIGEST}`],
    [`app:1@${DIGEST}`, `docker.io/library/app:1@${DIGEST}`, `app:1@${DIGEST}`],
  ])('reads %s', (text, stored, familiar) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(stored);
    expect(familiarString(reference)).toBe(familiar);
  });

  it.each([
    ['', 'invalid reference format'],
    ['BAD', 'invalid reference format: repository name (library/BAD) must be lowercase'],
    ['a/B:x', 'invalid reference format: repository name (a/B) must be lowercase'],
    ['app:', 'invalid reference format'],
    ['app:bad tag', 'invalid reference format'],
    ['-app', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['a..b', 'invalid reference format'],
    ['app@sha256:abc', 'invalid reference format'],
    [`app@sha512:${'a'.repeat(128)}`, 'unsupported digest algorithm'],
    ['../x', 'invalid reference format'],
    ['a'.repeat(300), 'repository name must not be more than 255 characters'],
    ['b'.repeat(64), `invalid repository name (${'b'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ])('refuses %s', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
  });

  it('adds latest only where there is neither tag nor digest', () => {
    expect(withDefaultTag(parseReference('a')).tag).toBe('latest');
    expect(withDefaultTag(parseReference('a:b')).tag).toBe('b');
    expect(withDefaultTag(parseReference(`a@${DIGEST}`)).tag).toBeUndefined();
  });
});

describe('parseTagTarget', () => {
  it('takes the tag apart or inside the name', () => {
    expect(formatReference(parseTagTarget('a', 'b'))).toBe('docker.io/library/a:b');
    expect(formatReference(parseTagTarget('a:c', undefined))).toBe('docker.io/library/a:c');
    expect(formatReference(parseTagTarget('a', ''))).toBe('docker.io/library/a:latest');
  });

  it('refuses digests and malformed tags', () => {
    expect(() => parseTagTarget(`a@${DIGEST}`, undefined)).toThrow('refusing to create a tag with a digest reference');
    expect(() => parseTagTarget('a', 'b c')).toThrow('invalid tag format');
  });
});
