import { pack, extract } from 'tar-stream';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { imageProgressError, drainProgress } from '../../../src/engine-api/index.ts';
import { type Contract, fails, IMAGE, readAll } from './context.ts';

function tar(files: Record<string, string>): Readable {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mode: 0o640, uid: 5, gid: 6 }, content);
  archive.finalize();
  return Readable.from(archive);
}

async function untar(archive: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    let text = '';
    for await (const piece of entry as AsyncIterable<Buffer>) text += piece.toString();
    files[entry.header.name] = text;
  }
  return files;
}

/** Archives of containers, images, builds. */
export function fileContract(c: Contract): void {
  describe('the files of a container', () => {
    it('go in and out, running or not', async () => {
      const id = await c.create('cat /tmp/in/a; stat -c "%u %g %a" /tmp/in/a; echo out > /tmp/out');
      await c.engine.containers.putArchive(id, { path: '/tmp' }, tar({ 'in/a': 'from outside\n' }));
      await c.startAndWait(id);
      expect((await c.logs(id)).stdout).toBe('from outside\n5 6 640\n');
      const { stat, archive } = await c.engine.containers.getArchive(id, '/tmp/out');
      expect(stat).toMatchObject({ name: 'out', size: 4 });
      expect(await untar(await readAll(archive))).toEqual({ out: 'out\n' });
      expect(await c.engine.containers.statPath(id, '/bin/sh')).toMatchObject({ name: 'sh', linkTarget: expect.stringContaining('busybox') as unknown });
    });

    it('that do not exist are an error', async () => {
      const id = await c.create('true');
      await fails(c.engine.containers.statPath(id, '/nope'), 'notFound', /./);
      await fails(c.engine.containers.getArchive(id, '/nope'), 'notFound', /Could not find the file \/nope/);
      await fails(c.engine.containers.putArchive(id, { path: '/nope' }, tar({ a: 'x' })), 'notFound', /./);
    });

    it('are compared with the image', async () => {
      const { id } = await c.finish('echo new > /tmp/new; rm /etc/group; echo x >> /etc/passwd');
      const changes = await c.engine.containers.changes(id);
      const of = (path: string): number | undefined => changes.find(({ Path }) => Path === path)?.Kind;
      expect([of('/tmp/new'), of('/etc/group'), of('/etc/passwd'), of('/etc')]).toEqual([1, 2, 0, 0]);
    });

    it('are exported whole', async () => {
      const { id } = await c.finish('echo deep > /tmp/deep');
      const files = await untar(await readAll(await c.engine.containers.export(id)));
      expect(files['tmp/deep']).toBe('deep\n');
      expect(files['bin/busybox']?.length).toBeGreaterThan(100_000);
    });
  });

  describe('an image', () => {
    it('is found, tagged, listed and untagged', async () => {
      const [image, name] = [await c.engine.images.inspect(IMAGE), c.imageName('1.0')];
      expect(image).toMatchObject({ Os: 'linux', RootFS: { Type: 'layers' } });
      await c.engine.images.tag(IMAGE, { repo: name.split(':')[0] ?? '', tag: '1.0' });
      expect((await c.engine.images.inspect(name)).Id).toBe(image.Id);
      const listed = await c.engine.images.list({ filters: { reference: [name] } });
      expect(listed.map(({ Id }) => Id)).toEqual([image.Id]);
      expect((await c.engine.images.history(name)).length).toBeGreaterThan(0);
      expect(await c.engine.images.remove(name)).toEqual([{ Untagged: name }]);
      await fails(c.engine.images.inspect(name), 'notFound', /No such image/);
      await fails(c.engine.images.remove(name), 'notFound', /No such image/);
      await fails(c.engine.images.tag(name, { repo: 'x' }), 'notFound', /No such image/);
    });

    it('is made of an archive, of a container, saved and loaded, always the same', async () => {
      const { id } = await c.finish('echo in the layer > /layer');
      const committed = c.imageName();
      const [repo = '', tag = ''] = committed.split(':');
      const made = await c.engine.images.commit({ container: id, repo, tag, comment: 'why', changes: ['CMD ["cat","/layer"]', 'ENV E=f'] }, undefined);
      const image = await c.engine.images.inspect(committed);
      expect(image).toMatchObject({ Id: made.Id, Config: { Cmd: ['cat', '/layer'] }, Comment: 'why' });
      const saved = await readAll(await c.engine.images.save([committed]));
      await c.engine.images.remove(committed);
      await drainProgress(await c.engine.images.load(Readable.from([saved])));
      expect((await c.engine.images.inspect(committed)).Id).toBe(made.Id);
      expect((await c.finish('echo $E', { Image: committed })).stdout).toBe('f\n');
      const imported = c.imageName();
      await drainProgress(await c.engine.images.import({ repo: imported.split(':')[0] ?? '', tag: 'x', changes: ['LABEL l=m'] }, tar({ hello: 'x' })));
      expect((await c.engine.images.inspect(imported)).Config.Labels).toEqual({ l: 'm' });
    });

    it('in use is kept', async () => {
      const name = c.imageName();
      await drainProgress(await c.engine.images.build({ tags: [name] }, tar({ Dockerfile: `FROM ${IMAGE}\nLABEL unique=${name}\n` })));
      const id = await c.create('true', { Image: name });
      await fails(c.engine.images.remove(name), 'conflict', /is using its referenced image|container .* is using/);
      await c.engine.containers.remove(id);
      await c.engine.images.remove(name);
    });

    it('that no registry has cannot be pulled', async () => {
      const pull = async (): Promise<unknown> => drainProgress(await c.engine.images.pull({ fromImage: '127.0.0.1:1/nobody/nothing', tag: 'x' }));
      await expect(pull()).rejects.toThrow(/127\.0\.0\.1:1/);
    });
  });

  describe('a build', () => {
    it('runs its steps, and from the cache the second time', async () => {
      const name = c.imageName();
      const files = { 'dir/file': 'context\n', 'My.Dockerfile': `FROM ${IMAGE} AS a\nARG WHO\nCOPY dir/file /copied\nRUN cat /copied && echo hello $WHO > /hello\nFROM a\nENV X=y\nCMD ["cat","/hello"]\n` };
      const build = async (): Promise<string> => {
        let text = '';
        for await (const message of await c.engine.images.build({ tags: [name], dockerfile: 'My.Dockerfile', buildArgs: { WHO: 'you' }, labels: { of: c.prefix } }, tar(files))) {
          expect(imageProgressError(message)).toBeUndefined();
          text += message.stream ?? '';
        }
        return text;
      };
      expect(await build()).toContain('context');
      expect(await c.engine.images.inspect(name)).toMatchObject({ Config: { Labels: { of: c.prefix }, Cmd: ['cat', '/hello'] } });
      expect((await c.finish('cat /hello; echo $X', { Image: name })).stdout).toBe('hello you\ny\n');
      expect(await build()).toContain('Using cache');
    });

    it('that fails says so in its stream', async () => {
      const run = async (dockerfile: string): Promise<unknown> => drainProgress(await c.engine.images.build({ forceRemove: true }, tar({ Dockerfile: dockerfile })));
      await expect(run(`FROM ${IMAGE}\nRUN exit 3\n`)).rejects.toThrow(/returned a non-zero code: 3/);
      await expect(run('FROM scratch\nNONSENSE\n')).rejects.toThrow(/unknown instruction/i);
      await expect(run(`FROM ${IMAGE}\nCOPY missing /\n`)).rejects.toThrow(/missing/);
    });
  });
}
