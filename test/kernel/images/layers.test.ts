import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getXattr, makeNode, setXattr, S_IFCHR } from '../../../src/runtime/host/file-calls.ts';
import { mountOverlay } from '../../../src/runtime/host/overlay.ts';
import { drain, makeImage, openRoom, stream, tar, type Member, type TestRoom } from './room.ts';

let test: TestRoom;
beforeEach(async () => {
  test = await openRoom();
});
afterEach(() => test.dispose());

const resolve = async (id: string) => (await test.room.resolve(id)).record;

async function merged(...layers: Member[][]): Promise<string> {
  const id = await makeImage(test, '', ...layers);
  await test.room.snapshots.prepare('step1', await resolve(id));
  return test.room.snapshots.mount('step1');
}

describe('unpacking a layer', () => {
  it('keeps owners, modes, times, links, devices and file capabilities', async () => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const root = await merged([
      { path: 'bin/', mode: 0o2755, uid: 5, gid: 6 },
      { path: 'bin/ping', content: 'x', mode: 0o4755, uid: 7, gid: 8, xattrs: new Map([['security.capability', capability]]) },
      { path: 'bin/hard', type: 'hardlink', linkPath: 'bin/ping' },
      { path: 'link', type: 'symlink', linkPath: '/bin/ping' },
      { path: 'null', type: 'char', major: 1, minor: 3, mode: 0o666 },
      { path: 'fifo', type: 'fifo' },
    ]);
    const ping = lstatSync(join(root, 'bin/ping'));
    expect([ping.mode & 0o7777, ping.uid, ping.gid, ping.mtimeMs, ping.nlink]).toEqual([0o4755, 7, 8, 1_600_000_000_000, 2]);
    const bin = statSync(join(root, 'bin'));
    expect([bin.mode & 0o7777, bin.uid, bin.gid, bin.mtimeMs]).toEqual([0o2755, 5, 6, 1_600_000_000_000]);
    expect(getXattr(join(root, 'bin/ping'), 'security.capability')).toEqual(capability);
    expect(readlinkSync(join(root, 'link'))).toBe('/bin/ping');
    expect(lstatSync(join(root, 'null')).rdev).toBe((1 << 8) | 3);
    expect(lstatSync(join(root, 'fifo')).isFIFO()).toBe(true);
  });

  it('hides what whiteouts and opaque directories name', async () => {
    const root = await merged(
      [{ path: 'a', content: '1' }, { path: 'd/' }, { path: 'd/old', content: '1' }, { path: 'gone/' }, { path: 'gone/x', content: '' }, { path: 'again/' }, { path: 'again/x', content: '' }],
      [{ path: '.wh.a' }, { path: 'd/' }, { path: 'd/.wh..wh..opq' }, { path: 'd/new', content: '2' }, { path: '.wh.gone' }, { path: '.wh.again' }, { path: 'again/' }, { path: 'again/y', content: '' }],
    );
    expect(readdirSync(root).sort()).toEqual(['again', 'd']);
    expect(readdirSync(join(root, 'd'))).toEqual(['new']);
    expect(readdirSync(join(root, 'again'))).toEqual(['y']);
  });

  it('lets an opaque root hide every layer below', async () => {
    const root = await merged([{ path: 'below', content: '' }], [{ path: '.wh..wh..opq' }, { path: 'above', content: '' }]);
    expect(readdirSync(root)).toEqual(['above']);
  });

  it('keeps a file that the same layer brings, whatever the order of its whiteout', async () => {
    const root = await merged([{ path: 'f', content: 'old' }], [{ path: 'f', content: 'new' }, { path: '.wh.f' }]);
    expect(readFileSync(join(root, 'f'), 'utf8')).toBe('new');
  });

  it('stores holes as holes and restores every byte', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024);
    content.write('start', 0);
    content.write('end', content.length - 3);
    const root = await merged([{ path: 'sparse', content }]);
    const path = join(root, 'sparse');
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path).blocks * 512).toBeLessThan(content.length / 2);
  });

  it('keeps names that are not UTF-8', async () => {
    const root = await merged([{ path: 'caf\xe9', content: 'x' }]);
    expect(readdirSync(root, { encoding: 'latin1' })).toEqual(['caf\xe9']);
  });

  it('takes gzip and zstd, and gives the digest of the plain tar', async () => {
    const plain = tar([{ path: 'a', content: 'hello' }]);
    const diffId = `sha256:${createHash('sha256').update(plain).digest('hex')}`;
    const layer = await test.room.writer.addLayer(stream(gzipSync(plain)));
    expect(layer).toMatchObject({ diffId, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', unpackedSize: 5 });
    expect(await test.room.writer.addLayer(stream(plain))).toEqual(layer);
  });

  it.each([
    ['leaves by dots', [{ path: '../x', content: '' }], /leaves its root/],
    ['is absolute', [{ path: '/etc/x', content: '' }], /absolute path/],
    ['links to what is not there', [{ path: 'x', type: 'hardlink' as const, linkPath: '../../../etc/passwd' }], /leaves its root/],
    ['loops', [{ path: 'a', type: 'symlink' as const, linkPath: 'a' }, { path: 'a/b', content: '' }], /too many symbolic links/],
  ])('refuses an archive that %s, and leaves nothing behind', async (_what, members, message) => {
    await expect(test.room.writer.addLayer(stream(tar(members)))).rejects.toThrow(message);
    await test.room.close();
    expect(readdirSync(test.layout.ingest)).toEqual([]);
    expect(readdirSync(test.layout.snapshots).filter((name) => name.startsWith('new-'))).toEqual([]);
    expect(readdirSync(test.layout.blobs)).toEqual([]);
  });

  it('follows symlinks in parent paths inside the root only', async () => {
    const outside = join(test.root, 'outside');
    mkdirSync(outside);
    const root = await merged([
      { path: 'up', type: 'symlink', linkPath: '../../../../../../../../..' },
      { path: 'abs', type: 'symlink', linkPath: outside },
      { path: 'up/a', content: 'a' },
      { path: 'abs/b', content: 'b' },
      { path: 'abs', content: 'replaced' },
    ]);
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('a');
    expect(readFileSync(join(root, outside, 'b'), 'utf8')).toBe('b');
    expect(readFileSync(join(root, 'abs'), 'utf8')).toBe('replaced');
  });

  it('strips attributes by which an archive could redirect overlay lookups', async () => {
    const layer = await test.room.writer.addLayer(stream(tar([{ path: 'd/', xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')]]) }])));
    const directory = join(test.layout.layer(layer.diffId.slice(7)), 'fs', 'd');
    expect(getXattr(directory, 'trusted.overlay.redirect')).toBeUndefined();
  });

  it('refuses a truncated archive', async () => {
    const whole = tar([{ path: 'a', content: 'x'.repeat(5000) }]);
    await expect(test.room.writer.addLayer(stream(whole.subarray(0, 2000)))).rejects.toThrow('unexpected end');
    await expect(test.room.writer.addLayer(stream(gzipSync(whole).subarray(0, 60)))).rejects.toThrow(/invalid layer archive/);
  });
});

describe('committing a step', () => {
  it('makes a layer that gives the same tree again, and nothing when nothing was written', async () => {
    const base = await makeImage(test, '', [{ path: 'keep', content: 'k' }, { path: 'drop', content: 'd' }, { path: 'dir/' }, { path: 'dir/inner', content: 'i' }]);
    const { snapshots, writer } = test.room;
    await snapshots.prepare('step1', await resolve(base));
    const root = await snapshots.mount('step1');
    expect(await writer.commitSnapshot('step1')).toBeUndefined();
    await snapshots.mount('step1');
    rmSync(join(root, 'drop'));
    rmSync(join(root, 'dir'), { recursive: true });
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/new'), 'n');
    writeFileSync(join(root, 'cap'), 'c');
    setXattr(join(root, 'cap'), 'user.note', Buffer.from([0, 255, 10]));
    symlinkSync('keep', join(root, 'link'));
    makeNode(join(root, 'dev'), S_IFCHR | 0o600, 5, 1);
    const layer = await writer.commitSnapshot('step1');
    if (!layer) throw new Error('nothing was committed');
    expect(layer.unpackedSize).toBe(2);

    const baseLayers = (await resolve(base)).layers;
    const diffIds = [...baseLayers.map((one) => one.diffId), layer.diffId];
    const image = await writer.createImage({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }, [...baseLayers, layer] as never, ['committed']);
    // Through an archive into another store: the tar that the directory gives must unpack to the same tree.
    const other = await openRoom();
    try {
      await drain(await other.room.api.load(await test.room.api.save(['committed'])));
      const { record } = await other.room.resolve('committed');
      expect(record.id).toBe(image.id);
      await other.room.snapshots.prepare('x', record);
      const copy = await other.room.snapshots.mount('x');
      expect(readdirSync(copy).sort()).toEqual(['cap', 'dev', 'dir', 'keep', 'link']);
      expect(readdirSync(join(copy, 'dir'))).toEqual(['new']);
      expect(getXattr(join(copy, 'cap'), 'user.note')).toEqual(Buffer.from([0, 255, 10]));
      expect(lstatSync(join(copy, 'dev')).rdev).toBe((5 << 8) | 1);
    } finally {
      await other.dispose();
    }
  });

  it('is mounted for who asks while it is being unmounted', async () => {
    const { snapshots } = test.room;
    await snapshots.prepare('a'.repeat(64), undefined);
    for (let round = 0; round < 20; round++) {
      await snapshots.mount('a'.repeat(64));
      const going = snapshots.unmount('a'.repeat(64));
      const root = await snapshots.mount('a'.repeat(64));
      await going;
      expect(snapshots.isMounted('a'.repeat(64))).toBe(true);
      writeFileSync(join(root, 'here'), '');
    }
    await snapshots.remove('a'.repeat(64));
  });

  it('goes on with an empty layer on top, and leaves out what only served as mount points', async () => {
    const { snapshots, writer } = test.room;
    await snapshots.prepare('step1', undefined);
    const root = await snapshots.mount('step1');
    for (const name of ['dev', 'proc', 'sys', 'etc']) mkdirSync(join(root, name));
    for (const name of ['etc/hosts', 'etc/resolv.conf']) writeFileSync(join(root, name), '');
    writeFileSync(join(root, 'etc/real'), 'x');
    expect(await snapshots.changes('step1')).toEqual([{ Path: '/etc', Kind: 1 }, { Path: '/etc/real', Kind: 1 }]);
    const layer = await writer.commitSnapshot('step1');
    expect(readdirSync(snapshots.lowerDirs('step1')[0] ?? '').sort()).toEqual(['etc']);
    expect(readdirSync(join(snapshots.lowerDirs('step1')[0] ?? '', 'etc'))).toEqual(['real']);
    expect(layer?.unpackedSize).toBe(1);
    expect(readFileSync(join(await snapshots.mount('step1'), 'etc/real'), 'utf8')).toBe('x');
    expect(await writer.commitSnapshot('step1')).toBeUndefined();
  });

  it('sees no change where there are only mount points, not even in a directory that is there for them', async () => {
    const { snapshots, writer } = test.room;
    await snapshots.prepare('step1', undefined);
    const root = await snapshots.mount('step1');
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/hosts'), '');
    expect(await snapshots.changes('step1')).toEqual([]);
    expect(await writer.commitSnapshot('step1')).toBeUndefined();
  });

  it('gives equal layers for equal trees when times are clamped', async () => {
    const { snapshots, writer } = test.room;
    const ids: string[] = [];
    for (const step of ['one', 'two']) {
      await snapshots.prepare(step, undefined);
      const root = await snapshots.mount(step);
      for (const name of step === 'one' ? ['b', 'a'] : ['a', 'b']) writeFileSync(join(root, name), name);
      ids.push((await writer.commitSnapshot(step, { epochS: 1_000_000 }))?.diffId ?? '');
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).toMatch(/^sha256:/);
  });

  it("copies a container's layer and leaves the container as it is", async () => {
    const id = 'c'.repeat(64);
    const { snapshots, writer } = test.room;
    await snapshots.prepare(id, undefined);
    const root = await snapshots.mount(id);
    writeFileSync(join(root, 'file'), 'x');
    const layer = await writer.commitSnapshot(id);
    expect(layer?.unpackedSize).toBe(1);
    expect(snapshots.isMounted(id)).toBe(true);
    expect(existsSync(join(snapshots.upperDir(id), 'file'))).toBe(true);
  });
});

describe('snapshots', () => {
  it('mounts 200 layers, each way that the kernel may need', async () => {
    const layers: Member[][] = Array.from({ length: 200 }, (_, i) => [{ path: `f${i}`, content: String(i) }]);
    const id = await makeImage(test, 'tall', ...layers);
    await test.room.snapshots.prepare('tall', await resolve(id));
    expect(readdirSync(await test.room.snapshots.mount('tall'))).toHaveLength(200);
    await test.room.snapshots.unmount('tall');
    const { snapshots } = test.room;
    const request = { lower: snapshots.lowerDirs('tall'), upper: snapshots.upperDir('tall'), work: join(test.layout.rw('tall'), 'work'), target: snapshots.mergedDir('tall'), links: join(test.root, 'l') };
    rmSync(join(request.work, 'work'), { recursive: true }); // the mark that a volatile mount leaves
    await mountOverlay(request, 'links');
    expect(readdirSync(snapshots.mergedDir('tall'))).toHaveLength(200);
  });

  it('takes an image that has the same layer twice', async () => {
    const root = await merged([{ path: 'a', content: '1' }], [{ path: '.wh.a' }], [{ path: 'a', content: '1' }]);
    expect(readdirSync(root)).toEqual(['a']);
  });

  it('is found again, mounted, after the engine has gone without a word', async () => {
    const id = await makeImage(test, 'base', [{ path: 'a', content: '1' }]);
    await test.room.snapshots.prepare('step', await resolve(id));
    const root = await test.room.snapshots.mount('step');
    writeFileSync(join(root, 'mine'), 'x');
    await test.reopen();
    expect(await test.room.snapshots.list()).toEqual(['step']);
    expect(test.room.snapshots.isMounted('step')).toBe(true);
    expect(await test.room.snapshots.mount('step')).toBe(root);
    expect(await test.room.snapshots.changes('step')).toEqual([{ Path: '/mine', Kind: 1 }]);
    expect(await test.room.snapshots.usage('step')).toBe(1);
    await test.room.snapshots.remove('step');
    await test.room.snapshots.remove('step');
    expect(await test.room.snapshots.list()).toEqual([]);
  });

  it('lists changes against the layers below', async () => {
    const root = await merged([{ path: 'etc/' }, { path: 'etc/a', content: '1' }, { path: 'etc/b', content: '1' }, { path: 'd/' }, { path: 'd/x', content: '' }]);
    writeFileSync(join(root, 'etc/a'), '2');
    rmSync(join(root, 'etc/b'));
    rmSync(join(root, 'd'), { recursive: true });
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/y'), '');
    expect(await test.room.snapshots.changes('step1')).toEqual([
      { Path: '/d', Kind: 0 },
      { Path: '/d/x', Kind: 2 },
      { Path: '/d/y', Kind: 1 },
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/a', Kind: 0 },
      { Path: '/etc/b', Kind: 2 },
    ]);
  });

  it("gives the root directory the attributes that the image's root has", async () => {
    const id = await makeImage(test, '', [{ path: './', mode: 0o1777, uid: 3, gid: 4 }, { path: 'a', content: '' }], [{ path: 'b', content: '' }]);
    await test.room.snapshots.prepare('s', await resolve(id));
    const { mode, uid, gid } = statSync(await test.room.snapshots.mount('s'));
    expect([mode & 0o7777, uid, gid]).toEqual([0o1777, 3, 4]);
  });
});
