/** Where a build's files come from: a tar, directories in place, named contexts. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, listing, openBuildLab, tarOf, tryBuild, writeFiles, type BuildLab } from './support.ts';

let lab: BuildLab;
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('contexts', () => {
  it('may have names: directories, images and stages\' stand-ins', async () => {
    const files = { 'main.txt': '', '.tscompose-contexts/other/f': 'other\n', '.tscompose-contexts/other/sub/g': 'g\n' };
    const Dockerfile = 'FROM base AS x\nRUN --mount=from=other,target=/o cat /o/sub/g > /t\nCOPY --from=other f /u\nCOPY . /all\nFROM stage\nCOPY --from=x /t /u /all/ /r/';
    const { image } = await build(lab, { ...files, Dockerfile }, { extra: { namedContexts: { other: 'context:', base: 'docker-image://busybox:test', stage: 'docker-image://busybox:test' } } });
    expect((await listing(lab, image, '/r')).map((row) => row.replace(/(Dockerfile) .*/, '$1'))).toEqual(['d0755 0:0 /r', '-0644 0:0 /r/Dockerfile', '-0644 0:0 /r/main.txt ""', '-0644 0:0 /r/t "g\\n"', '-0644 0:0 /r/u "other\\n"']);
  });

  it('may be directories that a stage starts from', async () => {
    const files = { '.tscompose-contexts/base/bin/prog': { text: 'p', mode: 0o755 }, '.tscompose-contexts/base/etc/x': 'x', Dockerfile: 'FROM base\nCOPY Dockerfile /etc/\nENV A=b' };
    const { image } = await build(lab, files, { extra: { namedContexts: { base: 'context:' } } });
    expect((await listing(lab, image, '/')).map((row) => row.split(' ').slice(0, 3).join(' '))).toEqual(['d0755 0:0 /', 'd0755 0:0 /bin', '-0755 0:0 /bin/prog', 'd0755 0:0 /etc', '-0644 0:0 /etc/Dockerfile', '-0644 0:0 /etc/x']);
    expect(image.config.config).toMatchObject({ Env: [expect.stringMatching(/^PATH=/), 'A=b'] });
    expect(image.config.history?.map(({ created_by }) => created_by)).toEqual(['FROM base', expect.stringContaining('COPY'), 'ENV A=b']);
    const again = await build(lab, { ...files, '.tscompose-contexts/base/etc/x': 'y' }, { extra: { namedContexts: { base: 'context:' } } });
    expect(again.image.record.layers[0]).not.toEqual(image.record.layers[0]);
  });

  it('may be an image in a directory in OCI layout, by tag, by digest or alone, and take no name', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-layout-'));
    try {
      await build(lab, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /one' }, { tags: ['layout:one'] });
      await build(lab, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /two' }, { tags: ['layout:two'] });
      execFileSync('tar', ['-C', directory, '-x'], { input: await buffer(await lab.runtime.images.save(['layout:one', 'layout:two'])) });
      for (const tag of ['layout:one', 'layout:two']) await lab.runtime.images.remove(tag, { force: true });
      const { dev, ino } = statSync(directory, { bigint: true });
      const from = async (selector: string) => {
        const extra = { namedContexts: { base: `oci-layout:${selector}` }, localContexts: { base: { path: directory, device: String(dev), inode: String(ino) } } };
        const { image } = await build(lab, { Dockerfile: 'FROM base\nCOPY Dockerfile /end' }, { extra });
        return (await listing(lab, image, '/')).map((row) => row.split(' ')[2]);
      };
      expect(await from(':one')).toEqual(['/', '/end', '/one']);
      const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
      expect(await from(`@${manifests[1]?.digest ?? ''}`)).toEqual(['/', '/end', '/two']);
      await expect(from('')).rejects.toThrow('no image :latest; there are one, two');
      await expect(lab.images.resolve('layout:one')).rejects.toMatchObject({ kind: 'notFound' });
      writeFileSync(join(directory, 'index.json'), JSON.stringify({ manifests: [{ digest: 'sha256:../../../../etc/passwd', size: 1 }] }));
      await expect(from('')).rejects.toThrow();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('may be read in place, under the ignore file, with changes seen at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-local-'));
    try {
      writeFiles(directory, { 'keep/a': '1', 'keep/b.log': 'no', big: 'b', '.dockerignore': '*.log\n**/*.log\nDockerfile*\n', Dockerfile: 'FROM busybox:test\nCOPY . /t\n' });
      const { dev, ino } = statSync(directory, { bigint: true });
      const extra = { localContexts: { '': { path: directory, device: String(dev), inode: String(ino) } } };
      const run = async (): Promise<string[]> => {
        const messages = [];
        for await (const message of await lab.runtime.images.build({ extra }, undefined)) messages.push(message);
        const id = (messages.map(({ aux }) => aux as { ID?: string } | undefined).find((aux) => aux?.ID !== undefined))?.ID ?? JSON.stringify(messages);
        return listing(lab, await lab.images.resolve(id), '/t');
      };
      const rows = ['d0755 0:0 /t', '-0644 0:0 /t/.dockerignore "*.log\\n**/*.log\\nDockerfile*\\n"', '-0644 0:0 /t/big "b"', 'd0755 0:0 /t/keep', '-0644 0:0 /t/keep/a "1"'];
      utimesSync(join(directory, 'keep/a'), 1, 1);
      expect(await run()).toEqual(rows);
      writeFileSync(join(directory, 'keep/a'), '2'); // the same size
      utimesSync(join(directory, 'keep/a'), 1, 1); // and the same time
      expect(await run()).toEqual(rows.map((row) => row.replace('"1"', '"2"')));
      const wrong = { localContexts: { '': { ...extra.localContexts[''], inode: '1' } } };
      await expect(lab.runtime.images.build({ extra: wrong }, undefined)).rejects.toMatchObject({ kind: 'conflict' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('may be read in place with a Dockerfile and its ignore file from elsewhere', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-far-'));
    try {
      writeFiles(directory, { kept: 'k', dropped: 'd', Dockerfile: 'FROM nowhere.invalid/x', '.dockerignore': 'kept' });
      const { dev, ino } = statSync(directory, { bigint: true });
      const sent = { '.dockerfile.abc123': 'FROM scratch\nCOPY . /t/\n', '.dockerfile.abc123.dockerignore': 'dropped\n' };
      const { image } = await build(lab, sent, { dockerfile: '.dockerfile.abc123', extra: { localContexts: { '': { path: directory, device: String(dev), inode: String(ino) } } } });
      expect((await listing(lab, image, '/t')).map((row) => row.split(' ')[2])).toEqual(['/t', '/t/.dockerignore', '/t/Dockerfile', '/t/kept']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('may be compressed', async () => {
    const tar = tarOf({ Dockerfile: 'FROM busybox:test\nCOPY Dockerfile /t' });
    for (const program of ['gzip', 'xz', 'bzip2']) {
      const { error } = await tryBuild(lab, Readable.from([execFileSync(program, ['-c'], { input: tar })]));
      expect(error, program).toBeUndefined();
    }
    await expect(tryBuild(lab, Readable.from([Buffer.from('no tar at all'.repeat(100))]))).rejects.toMatchObject({ kind: 'invalid' });
    const unfinished = tar.subarray(0, tar.indexOf('/t', 1024) + 2); // docker's client leaves out padding and end mark
    expect((await tryBuild(lab, Readable.from([unfinished]))).error).toBeUndefined();
    await expect(tryBuild(lab, Readable.from([unfinished.subarray(0, -1)]))).rejects.toThrow('unexpected end of the archive');
  });
});
