import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drain, makeImage, openRoom, stream, tar, type TestRoom } from './room.ts';

let test: TestRoom;
beforeEach(async () => {
  test = await openRoom();
});
afterEach(() => test.dispose());

const image = (tag: string, content = 'x') => makeImage(test, tag, [{ path: 'f', content }]);
const use = (id: string, running: boolean) => test.users.set(id, [{ id: 'f'.repeat(64), name: 'c', running }]);
const short = (id: string) => id.slice(7, 19);

describe('finding an image', () => {
  it('takes names, tags, ids and prefixes, names first', async () => {
    const id = await image('app:1');
    for (const text of ['app:1', 'docker.io/library/app:1', id, id.slice(7), id.slice(7, 15), id.slice(0, 20)]) expect((await test.room.resolve(text)).record.id).toBe(id);
    const other = await image(id.slice(7, 11), 'y');
    expect((await test.room.resolve(id.slice(7, 11))).record.id).toBe(other);
  });

  it.each([
    ['nope', 'No such image: nope:latest'],
    ['user/app:2', 'No such image: user/app:2'],
    ['sha256:' + '0'.repeat(64), 'No such image: sha256:' + '0'.repeat(64)],
    ['BAD', 'invalid reference format: repository name (library/BAD) must be lowercase'],
  ])('says about %s: %s', async (text, message) => {
    await expect(test.room.api.inspect(text)).rejects.toThrow(message);
  });
});

describe('tag', () => {
  it('moves a name from one image to another', async () => {
    const [a, b] = [await image('app:1', 'a'), await image('app:2', 'b')];
    await test.room.api.tag(b, { repo: 'app', tag: '1' });
    expect((await test.room.api.inspect(a)).RepoTags).toEqual([]);
    expect((await test.room.api.inspect(b)).RepoTags).toEqual(['app:2', 'app:1']);
    await test.reopen();
    expect((await test.room.resolve('app:1')).record.id).toBe(b);
    expect(test.events.at(-1)).toMatchObject({ action: 'tag', id: b, attributes: { name: 'app:1' } });
  });

  it('belongs to the later image when a crash left it with two', async () => {
    const [a, b] = [await image('app:1', 'a'), await image('app:2', 'b')];
    const file = (id: string) => test.layout.image(id.slice(7));
    const before = readFileSync(file(a));
    await test.room.api.tag(b, { repo: 'app', tag: '1' });
    writeFileSync(file(a), before);
    await test.reopen();
    expect((await test.room.resolve('app:1')).record.id).toBe(b);
    expect((await test.room.api.inspect(a)).RepoTags).toEqual([]);
  });
});

describe('remove', () => {
  it('untags first and deletes with the last name, the layers that nobody else has as well', async () => {
    const id = await image('app:1');
    await test.room.api.tag(id, { repo: 'app', tag: '2' });
    expect(await test.room.api.remove('app:1')).toEqual([{ Untagged: 'app:1' }]);
    const { record } = await test.room.resolve('app:2');
    expect(await test.room.api.remove('app:2')).toEqual([{ Untagged: 'app:2' }, { Deleted: id }, { Deleted: record.chain[0] }]);
    await test.room.close();
    expect(readdirSync(test.layout.blobs)).toEqual([]);
    expect(readdirSync(test.layout.layerRecords)).toEqual([]);
    expect(test.events.map((event) => event.action)).toEqual(['tag', 'tag', 'untag', 'untag', 'delete']);
  });

  it('keeps a layer that another image or a snapshot needs', async () => {
    await makeImage(test, 'a', [{ path: 'shared', content: '1' }], [{ path: 'a', content: '1' }]);
    await makeImage(test, 'b', [{ path: 'shared', content: '1' }]);
    expect(await test.room.api.remove('a')).toHaveLength(3);
    await test.room.snapshots.prepare('step', (await test.room.resolve('b')).record);
    expect(await test.room.api.remove('b')).toHaveLength(2);
    await test.reopen();
    expect(readdirSync(await test.room.snapshots.mount('step'))).toEqual(['shared']);
  });

  it('refuses what a container uses, in the words of dockerd', async () => {
    const id = await image('app:1');
    use(id, false);
    await expect(test.room.api.remove('app:1')).rejects.toMatchObject({
      kind: 'conflict',
      message: `conflict: unable to remove repository reference "app:1" (must force) - container ffffffffffff is using its referenced image ${short(id)}`,
    });
    await expect(test.room.api.remove(id)).rejects.toThrow(`conflict: unable to delete ${short(id)} (must be forced) - image is being used by stopped container ffffffffffff`);
    use(id, true);
    await expect(test.room.api.remove(id, { force: true })).rejects.toThrow(`conflict: unable to delete ${short(id)} (cannot be forced) - image is being used by running container ffffffffffff`);
    expect(await test.room.api.remove('app:1', { force: true })).toEqual([{ Untagged: 'app:1' }]);
    expect((await test.room.api.inspect(id)).RepoTags).toEqual([]);
  });

  it('removes by id only when one repository has it, unless forced', async () => {
    const id = await image('app:1');
    await test.room.api.tag(id, { repo: 'other' });
    await expect(test.room.api.remove(short(id))).rejects.toThrow(`conflict: unable to delete ${short(id)} (must be forced) - image is referenced in multiple repositories`);
    expect(await test.room.api.remove(short(id), { force: true })).toHaveLength(4);
  });

  it('keeps layers for the build cache as long as it asks for them', async () => {
    const id = await image('app:1');
    const { record } = await test.room.resolve(id);
    let kept = record.layers.map((layer) => layer.diffId);
    test.room.writer.keepLayers(() => kept);
    await test.room.api.remove('app:1');
    expect(test.room.writer.hasLayer(kept[0] ?? '')).toBe(true);
    const [diffId = ''] = kept;
    kept = [];
    const path = test.layout.layerRecord(diffId.slice(7));
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), createdAt: '2020-01-01T00:00:00Z' }));
    await test.reopen();
    test.room.writer.keepLayers(() => kept);
    expect(await test.room.writer.collectLayers()).toEqual({ removed: [diffId], bytes: 1 });
  });
});

describe('prune', () => {
  it('removes dangling images, or with dangling=false all that no container uses', async () => {
    const dangling = await image('', 'd');
    const [used, free] = [await image('used', 'u'), await image('free', 'f')];
    use(used, false);
    expect(await test.room.api.prune()).toMatchObject({ ImagesDeleted: [{ Deleted: dangling }, {}], SpaceReclaimed: 1 });
    expect((await test.room.api.prune({ dangling: ['false'] })).ImagesDeleted).toContainEqual({ Deleted: free });
    expect((await test.room.api.list()).map((one) => one.Id)).toEqual([used]);
    expect(await test.room.api.prune({ dangling: ['false'] })).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
  });
});

describe('list', () => {
  it('filters by reference, label, dangling, before and since', async () => {
    const layer = await test.room.writer.addLayer(stream(tar([{ path: 'a', content: '' }])));
    const make = async (tag: string, created: string, labels: Record<string, string>) =>
      (await test.room.writer.createImage({ architecture: 'amd64', os: 'linux', created, config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: [layer.diffId] } }, [layer], tag === '' ? [] : [tag])).id;
    const a = await make('a:1', '2024-01-01T00:00:00Z', { team: 'x' });
    const b = await make('user/b:1', '2024-02-01T00:00:00Z', {});
    const c = await make('', '2024-03-01T00:00:00Z', { team: 'y' });
    const ids = async (filters: Record<string, string[]>) => (await test.room.api.list({ filters })).map((one) => one.Id);
    expect(await ids({})).toEqual([c, b, a]);
    expect(await ids({ reference: ['a'] })).toEqual([a]);
    expect(await ids({ reference: ['user/*:1'] })).toEqual([b]);
    expect(await ids({ label: ['team'] })).toEqual([c, a]);
    expect(await ids({ label: ['team=y'] })).toEqual([c]);
    expect(await ids({ dangling: ['true'] })).toEqual([c]);
    expect(await ids({ before: ['user/b:1'] })).toEqual([a]);
    expect(await ids({ since: ['user/b:1'] })).toEqual([c]);
    await expect(ids({ nope: ['x'] })).rejects.toThrow("invalid filter 'nope'");
    expect((await test.room.api.list({ sharedSize: true })).every((one) => one.SharedSize === 0 && one.Containers === 0)).toBe(true);
  });
});

describe('recovery', () => {
  it('empties what was half-made and drops what is incomplete', async () => {
    const id = await image('app:1');
    mkdirSync(join(test.layout.snapshots, 'new-0123'));
    writeFileSync(join(test.layout.ingest, 'half'), 'x');
    writeFileSync(join(test.layout.images, `${'0'.repeat(64)}.json`), '{"record":');
    writeFileSync(test.layout.blob('1'.repeat(64)), 'nobody needs this');
    await test.reopen();
    await test.room.close();
    expect((await test.room.api.list()).map((one) => one.Id)).toEqual([id]);
    expect(readdirSync(test.layout.ingest)).toEqual([]);
    expect(readdirSync(test.layout.snapshots).filter((name) => name.startsWith('new-'))).toEqual([]);
    expect(readdirSync(test.layout.blobs)).toHaveLength(3); // config, manifest, layer
  });

  it('verifies what was written before a power cut, mends what it can and drops the rest', async () => {
    const whole = await image('whole', 'whole');
    const torn = await image('torn', 'torn');
    const { snapshots, writer } = test.room;
    const committed: string[] = [];
    for (const step of ['good', 'bad']) {
      await snapshots.prepare(step, undefined);
      writeFileSync(join(await snapshots.mount(step), 'f'), step);
      const layer = await writer.commitSnapshot(step);
      if (!layer) throw new Error('nothing committed');
      committed.push(layer.diffId);
      await writer.createImage({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.diffId] } }, [layer], [step]);
      await snapshots.remove(step);
    }
    const treeOf = async (id: string) => join(test.layout.layer((await test.room.resolve(id)).record.layers[0]?.diffId.slice(7) ?? ''), 'fs/f');
    // As a power cut leaves it: another boot, files of the right length without their content.
    writeFileSync(await treeOf(whole), '\0\0\0\0\0');
    writeFileSync(await treeOf('bad'), '\0\0\0');
    const blob = (await test.room.resolve(torn)).record.layers[0]?.digest ?? '';
    writeFileSync(test.layout.blob(blob.slice(7)), '');
    const marker = join(test.layout.layerRecords, '../unsynced');
    writeFileSync(marker, 'another boot');
    utimesSync(marker, new Date(0), new Date(0));
    await test.reopen();
    expect((await test.room.api.list()).flatMap((one) => one.RepoTags).sort()).toEqual(['good:latest', 'whole:latest']);
    await test.room.snapshots.prepare('again', (await test.room.resolve('whole')).record);
    expect(readFileSync(join(await test.room.snapshots.mount('again'), 'f'), 'utf8')).toBe('whole');
  });

  it('survives that a layer tree is lost while its blob is there', async () => {
    const id = await image('app:1', 'content');
    const { record } = await test.room.resolve(id);
    rmSync(test.layout.layer(record.layers[0]?.diffId.slice(7) ?? ''), { recursive: true });
    await test.reopen();
    await test.room.snapshots.prepare('s', (await test.room.resolve(id)).record);
    expect(readFileSync(join(await test.room.snapshots.mount('s'), 'f'), 'utf8')).toBe('content');
  });
});

describe('import from an address', () => {
  it('fetches the archive, and names the address', async () => {
    const server = createServer((request, response) => (request.url === '/root.tar' ? response.end(tar([{ path: 'f', content: 'fetched' }])) : response.writeHead(404).end()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const messages = await drain(await test.room.api.import({ repo: 'fetched', source: `${host}/root.tar` }, undefined));
      expect(messages[0]?.status).toBe(`Downloading from http://${host}/root.tar`);
      expect((await test.room.api.inspect('fetched')).Comment).toBe(`Imported from ${host}/root.tar`);
      await test.room.snapshots.prepare('s', (await test.room.resolve('fetched')).record);
      expect(readFileSync(join(await test.room.snapshots.mount('s'), 'f'), 'utf8')).toBe('fetched');
      expect((await drain(await test.room.api.import({ source: `http://${host}/none` }, undefined))).at(-1)?.error).toBe(`cannot fetch http://${host}/none: 404 Not Found`);
      await expect(test.room.api.import({ source: 'file:///etc/passwd' }, undefined).then(drain)).rejects.toThrow('it is no http or https address');
    } finally {
      server.close();
    }
  });
});

describe('import with a reader that leaves', () => {
  it('keeps nothing', async () => {
    const abort = new AbortController();
    const endless = stream(tar([{ path: 'a', content: 'x'.repeat(1_000_000) }]).subarray(0, 500_000), 1000);
    const progress = test.room.api.import({}, endless, { signal: abort.signal }).then(drain);
    abort.abort();
    await expect(progress).rejects.toMatchObject({ kind: 'cancelled' });
    await test.room.close();
    expect(readdirSync(test.layout.ingest)).toEqual([]);
  });
});
