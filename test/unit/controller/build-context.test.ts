import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packContext } from '../../../src/controller/build-context.ts';
import { tarFile, TAR_END } from '../../../src/controller/tar-entry.ts';
import { project } from './model.ts';
import type { Build } from '../../../src/compose/index.ts';

let root = '';
beforeEach(() => (root = mkdtempSync('/tmp/ctl-context-')));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function tree(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** What GNU tar makes of the archive: `tar` is the judge, not our own reader. */
async function pack(build: Build, options = { ownEngine: false }): Promise<{ names: string[]; archive: Buffer; dockerfile: string; read: (name: string) => string; named: Readonly<Record<string, string>> }> {
  const model = project({ services: { web: { build: { context: root, ...build } }, base: { image: 'base:1' } } });
  const service = model.services['web'];
  if (!service) throw new Error('no service');
  const packed = await packContext(model, service, options);
  const parts: Buffer[] = [];
  for await (const part of packed.stream ?? []) parts.push(part as Buffer);
  const archive = Buffer.concat(parts);
  const tar = (...args: string[]) => execFileSync('tar', args, { input: archive, encoding: 'utf8', maxBuffer: 1 << 24 });
  return { archive, dockerfile: packed.dockerfile, named: packed.namedContexts, names: tar('-t').trim().split('\n').filter(Boolean), read: (name) => tar('-xO', name) };
}

describe('packContext', () => {
  it('packs what the ignore file leaves, always with the Dockerfile and the ignore file itself', async () => {
    tree({ Dockerfile: 'FROM x', '.dockerignore': '*\n!src\nsrc/**/*.log\n', 'src/a.ts': 'a', 'src/deep/b.log': 'b', 'node_modules/x/y': 'y', 'README.md': 'r' });
    expect((await pack({})).names).toEqual(['.dockerignore', 'Dockerfile', 'src/', 'src/a.ts', 'src/deep/']);
  });

  it('prefers the ignore file that belongs to the Dockerfile', async () => {
    tree({ 'build/Dockerfile': 'FROM x', 'build/Dockerfile.dockerignore': 'b', '.dockerignore': 'a', a: '1', b: '2' });
    const { names, dockerfile } = await pack({ dockerfile: 'build/Dockerfile' });
    expect(dockerfile).toBe('build/Dockerfile');
    expect(names).toContain('a');
    expect(names).not.toContain('b');
  });

  it('adds an inline Dockerfile, and one from outside, under a name of its own', async () => {
    tree({ 'context/a': '1', 'other.Dockerfile': 'FROM outside' });
    const inline = await pack({ context: join(root, 'context'), dockerfile_inline: 'FROM inline' });
    expect(inline.read(inline.dockerfile)).toBe('FROM inline');
    const outside = await pack({ context: join(root, 'context'), dockerfile: join(root, 'other.Dockerfile') });
    expect(outside.read(outside.dockerfile)).toBe('FROM outside');
  });

  it('keeps modes and links, gives everything to root, and is the same twice', async () => {
    tree({ Dockerfile: 'FROM x', 'run.sh': '#!/bin/sh' });
    execFileSync('chmod', ['755', join(root, 'run.sh')]);
    symlinkSync('run.sh', join(root, 'link'));
    utimesSync(join(root, 'run.sh'), 1000, 1000);
    const { archive } = await pack({});
    const listing = spawnSync('tar', ['-tv', '--numeric-owner', '--utc'], { input: archive, encoding: 'utf8' }).stdout;
    expect(listing).toMatch(/^-rwxr-xr-x 0\/0 +9 1970-01-01 00:16 run\.sh$/m);
    expect(listing).toMatch(/^lrwxrwxrwx 0\/0 .* link -> run\.sh$/m);
    expect((await pack({})).archive.equals(archive)).toBe(true);
  });

  it('carries long and foreign names and large files whole', async () => {
    const long = `${'d'.repeat(90)}/${'f'.repeat(90)}`;
    tree({ Dockerfile: 'FROM x', [long]: 'long', 'grün/ß.txt': 'sharp', big: 'x'.repeat(3 * 1024 * 1024 + 5) });
    const { names, read } = await pack({});
    expect(names.some((name) => name === long)).toBe(true);
    expect(read(long)).toBe('long');
    expect(read('grün/ß.txt')).toBe('sharp');
    expect(read('big').length).toBe(3 * 1024 * 1024 + 5);
  });

  it('brings named contexts along for our own engine only, and names images of other services', async () => {
    tree({ 'main/Dockerfile': 'FROM x', 'lib/code': 'c' });
    const build = { context: join(root, 'main'), additional_contexts: { lib: join(root, 'lib'), parent: 'service:base', img: 'docker-image://alpine' } };
    const own = await pack(build, { ownEngine: true });
    expect(own.named).toEqual({ lib: 'context:', parent: 'docker-image://base:1', img: 'docker-image://alpine' });
    expect(own.read('.tscompose-contexts/lib/code')).toBe('c');
    expect((await pack(build)).names).toEqual(['Dockerfile']);
  });

  it('names directories that an engine of ours reads in place, and sends only a Dockerfile that is not in them', async () => {
    tree({ 'main/Dockerfile': 'FROM x', 'lib/code': 'c', 'far/Dockerfile': 'FROM far', 'far/Dockerfile.dockerignore': 'secret' });
    const place = (name: string) => {
      const { dev, ino } = statSync(join(root, name), { bigint: true });
      return { path: join(root, name), device: String(dev), inode: String(ino) };
    };
    const packed = async (build: Build) => {
      const service = project({ services: { web: { build } } }).services['web'];
      return packContext(project({ services: {} }), service!, { ownEngine: true, inPlace: true });
    };
    const near = await packed({ context: join(root, 'main'), additional_contexts: { lib: join(root, 'lib'), img: 'docker-image://alpine', oci: `oci-layout://${join(root, 'far')}:v1` } });
    expect(near.stream).toBeUndefined();
    expect(near.localContexts).toEqual({ '': place('main'), lib: place('lib'), oci: place('far') });
    expect(near.namedContexts).toEqual({ img: 'docker-image://alpine', oci: 'oci-layout::v1' });
    const far = await packed({ context: join(root, 'main'), dockerfile: join(root, 'far/Dockerfile') });
    const parts: Buffer[] = [];
    for await (const part of far.stream ?? []) parts.push(part as Buffer);
    expect(execFileSync('tar', ['-t'], { input: Buffer.concat(parts), encoding: 'utf8' })).toBe(`${far.dockerfile}\n${far.dockerfile}.dockerignore\n`);
    expect(far.dockerfileName).toBe(join(root, 'far/Dockerfile'));
  });

  it('names what is missing', async () => {
    await expect(pack({ context: join(root, 'nowhere') })).rejects.toThrow(/context .*nowhere: no such directory/);
    await expect(pack({})).rejects.toThrow(/Dockerfile .*: no such file/);
    tree({ Dockerfile: 'FROM x' });
    await expect(pack({ additional_contexts: { '../up': '/x' } })).rejects.toThrow(/no name for a context/);
  });
});

describe('tarFile', () => {
  it('writes owners beyond what octal digits hold', () => {
    const archive = Buffer.concat([tarFile({ name: 'f', uid: 4_000_000_000, gid: 5, mode: 0o400, mtime: 0 }, Buffer.from('x')), TAR_END]);
    expect(execFileSync('tar', ['-tv', '--numeric-owner'], { input: archive, encoding: 'utf8' })).toMatch(/^-r-------- 4000000000\/5 +1 /);
  });
});
