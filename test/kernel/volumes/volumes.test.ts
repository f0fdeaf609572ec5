import { chmodSync, chownSync, closeSync, constants, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/index.ts';
import { lgetxattr, lsetxattr, mount, unmount } from '../../../src/runtime/host/libc.ts';
import { createLayout } from '../../../src/runtime/layout.ts';
import type { Layout } from '../../../src/runtime/layout.ts';
import type { ContainerUser, RoomContext, VolumesRoom } from '../../../src/runtime/parts.ts';
import { openVolumes } from '../../../src/runtime/volumes/index.ts';

describe('volumes', () => {
  let base: string;
  let layout: Layout;
  let users: Record<string, ContainerUser[]>;
  let context: RoomContext;
  let room: VolumesRoom;

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'tsvol-'));
    layout = createLayout({ root: join(base, 'data'), run: join(base, 'run') });
    users = {};
    context = {
      layout,
      logger: silentLogger,
      events: { publish: () => {} },
      usage: {
        ofImage: () => [],
        ofVolume: (name) => users[name] ?? [],
        list: () => [],
        resolve: () => {
          throw new Error('not asked for');
        },
      },
    };
    room = await openVolumes(context);
  });
  afterEach(async () => {
    for (const { Name } of (await room.api.list()).Volumes) {
      users = {};
      await room.remove(Name);
    }
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(base);
    rmSync(base, { recursive: true });
  });

  const inUse = (name: string) => (users[name] = [{ id: 'c'.repeat(64), name: 'c', running: false }]);

  it('are created once, survive a restart, and refuse to go while a container has them', async () => {
    const created = await room.api.create({ Name: 'data', Labels: { a: 'b' } });
    expect(created).toMatchObject({ Name: 'data', Driver: 'local', Mountpoint: layout.volumeData('data'), Labels: { a: 'b' }, Options: null, Scope: 'local' });
    expect(await room.api.create({ Name: 'data' })).toEqual(created);
    room = await openVolumes(context);
    expect(await room.api.inspect('data')).toEqual(created);
    inUse('data');
    await expect(room.api.remove('data')).rejects.toThrow(`remove data: volume is in use - [${'c'.repeat(64)}]`);
    users = {};
    await room.api.remove('data');
    expect(existsSync(layout.volume('data'))).toBe(false);
    await expect(room.api.inspect('data')).rejects.toThrow('get data: no such volume');
    await room.api.remove('data', { force: true });
  });

  it('sweeps what a crash during a creation or a removal left', async () => {
    mkdirSync(layout.volumeData('half'), { recursive: true });
    writeFileSync(join(layout.volumeData('half'), 'file'), 'x');
    room = await openVolumes(context);
    expect(existsSync(layout.volume('half'))).toBe(false);
  });

  it('take over content, owners, modes, attributes, links and special files on first use, and only then', async () => {
    const image = join(base, 'image');
    mkdirSync(join(image, 'sub'), { recursive: true });
    writeFileSync(join(image, 'sub', 'file'), 'hello');
    chownSync(join(image, 'sub', 'file'), 12, 34);
    chmodSync(join(image, 'sub', 'file'), 0o4750);
    lsetxattr(join(image, 'sub', 'file'), 'user.note', Buffer.from('kept'));
    linkSync(join(image, 'sub', 'file'), join(image, 'twin'));
    symlinkSync('/etc/shadow', join(image, 'link'));
    chownSync(image, 999, 998);
    chmodSync(image, 0o2750);
    await room.ensure('data');
    await room.populate('data', image);
    const data = layout.volumeData('data');
    const file = statSync(join(data, 'sub', 'file'));
    expect([readFileSync(join(data, 'sub', 'file'), 'utf8'), file.uid, file.gid, file.mode & 0o7777, file.nlink]).toEqual(['hello', 12, 34, 0o4750, 2]);
    expect(statSync(join(data, 'twin')).ino).toBe(file.ino);
    expect(lgetxattr(join(data, 'sub', 'file'), 'user.note')?.toString()).toBe('kept');
    expect([lstatSync(join(data, 'link')).isSymbolicLink(), readlinkSync(join(data, 'link'))]).toEqual([true, '/etc/shadow']);
    expect([statSync(data).uid, statSync(data).gid, statSync(data).mode & 0o7777]).toEqual([999, 998, 0o2750]);

    rmSync(join(data, 'sub'), { recursive: true });
    rmSync(join(data, 'twin'));
    rmSync(join(data, 'link'));
    await room.populate('data', image); // the user has emptied it: so it stays
    expect(existsSync(join(data, 'sub'))).toBe(false);
  });

  it('are not filled when they have content, and are filled later when the first image had nothing', async () => {
    const empty = join(base, 'empty');
    const full = join(base, 'full');
    mkdirSync(empty);
    mkdirSync(full);
    writeFileSync(join(full, 'a'), '1');
    await room.ensure('late');
    await room.populate('late', empty);
    await room.populate('late', full);
    expect(readFileSync(join(layout.volumeData('late'), 'a'), 'utf8')).toBe('1');
    await room.ensure('used');
    writeFileSync(join(layout.volumeData('used'), 'mine'), '');
    await room.populate('used', full);
    expect(existsSync(join(layout.volumeData('used'), 'a'))).toBe(false);
  });

  it('are filled through a descriptor from a root that has been unmounted, never from the place of that name on the host', async () => {
    const image = join(base, 'image');
    mkdirSync(image);
    mount('tmpfs', image, 'tmpfs', 0);
    mkdirSync(join(image, 'tmp'));
    chownSync(join(image, 'tmp'), 999, 998);
    writeFileSync(join(image, 'tmp', 'ours'), 'from the image');
    const directory = openSync(join(image, 'tmp'), constants.O_RDONLY | constants.O_DIRECTORY);
    unmount(image);
    expect(readlinkSync(`/proc/self/fd/${directory}`)).toBe('/tmp'); // what a path would say now
    await room.ensure('data');
    await room.populate('data', `/proc/self/fd/${directory}/.`);
    closeSync(directory);
    expect(readdirSync(layout.volumeData('data'))).toEqual(['ours']);
    expect(statSync(layout.volumeData('data')).uid).toBe(999);
  });

  it('are copied again after a crash in the middle', async () => {
    const full = join(base, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'a'), 'whole');
    writeFileSync(join(full, 'b'), 'second');
    await room.ensure('data');
    const record = JSON.parse(readFileSync(join(layout.volume('data'), 'volume.json'), 'utf8')) as object;
    writeFileSync(join(layout.volume('data'), 'volume.json'), JSON.stringify({ ...record, copy: 'started' }));
    writeFileSync(join(layout.volumeData('data'), 'a'), 'ha');
    room = await openVolumes(context);
    await room.populate('data', full);
    expect(readFileSync(join(layout.volumeData('data'), 'a'), 'utf8')).toBe('whole');
    expect(readFileSync(join(layout.volumeData('data'), 'b'), 'utf8')).toBe('second');
  });

  it('mount what their options say, once, and never delete through such a mount', async () => {
    const precious = join(base, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), 'x');
    await room.api.create({ Name: 'bound', DriverOpts: { type: 'none', o: 'bind', device: precious } });
    await room.api.create({ Name: 'memory', DriverOpts: { type: 'tmpfs', o: 'size=1m,mode=700,nosuid', device: 'tmpfs' } });
    expect(await room.mount('bound')).toBe(layout.volumeData('bound'));
    await room.mount('bound');
    await room.mount('memory');
    expect(readFileSync(join(layout.volumeData('bound'), 'file'), 'utf8')).toBe('x');
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes(base));
    expect(mounts).toHaveLength(2);
    expect(mounts.find((line) => line.includes('memory'))).toMatch(/tmpfs rw,nosuid,.*size=1024k,mode=700/);
    await room.remove('bound');
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('x');
    await room.release('memory');
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(base);
    await room.api.create({ Name: 'wrong', DriverOpts: { type: 'none', o: 'bind', device: join(base, 'missing') } });
    await expect(room.mount('wrong')).rejects.toThrow(/^error while mounting volume '.*_data': failed to mount local volume: mount .*missing:.*flags: 0x1000: no such file or directory$/);
  });

  it('give a part of themselves without following links out', async () => {
    await room.ensure('data');
    const data = layout.volumeData('data');
    mkdirSync(join(data, 'a', 'b'), { recursive: true });
    writeFileSync(join(data, 'a', 'b', 'file'), 'inside');
    symlinkSync('/etc', join(data, 'out'));
    symlinkSync('a/b', join(data, 'in'));
    const part = await room.mount('data', 'in');
    expect(readFileSync(join(part, 'file'), 'utf8')).toBe('inside');
    expect(await room.mount('data', 'in')).toBe(part);
    // An absolute link means the volume's own root: there is no etc in there.
    await expect(room.mount('data', 'out')).rejects.toThrow('cannot access path');
    await expect(room.mount('data', '../..')).rejects.toThrow('subpath must be a relative path within the volume');
    await room.release('data');
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(base);
  });

  it('prune anonymous ones by default, all when asked, used ones never, and count the bytes', async () => {
    const { name } = await room.ensure(undefined);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(room.isAnonymous(name)).toBe(true);
    writeFileSync(join(layout.volumeData(name), 'file'), 'x'.repeat(1000));
    await room.ensure('named');
    await room.ensure('used');
    inUse('used');
    expect((await room.diskUsage?.())?.find((volume) => volume.Name === name)?.UsageData).toEqual({ Size: 1000, RefCount: 0 });
    expect(await room.api.prune()).toEqual({ VolumesDeleted: [name], SpaceReclaimed: 1000 });
    expect((await room.api.list({ dangling: ['true'] })).Volumes.map((volume) => volume.Name)).toEqual(['named']);
    expect(await room.api.prune({ all: ['true'] })).toEqual({ VolumesDeleted: ['named'], SpaceReclaimed: 0 });
    expect((await room.api.list()).Volumes.map((volume) => volume.Name)).toEqual(['used']);
  });
});
