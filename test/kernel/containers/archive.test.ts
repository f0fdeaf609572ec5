import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindInside } from '../../../src/runtime/containers/archive/bind-inside.ts';
import { mount, unmount } from '../../../src/runtime/host/libc.ts';
import { execIn, type Lab, openLab } from './support.ts';

let lab: Lab;
let work: string;
beforeAll(async () => {
  lab = await openLab();
  work = mkdtempSync(join(tmpdir(), 'tsc-archive-'));
});
afterAll(async () => {
  await lab?.close();
  rmSync(work, { recursive: true, force: true });
});

async function bytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const names = (tar: Buffer): string[] => execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' }).trim().split('\n');
const content = (tar: Buffer, name: string): string => execFileSync('tar', ['-xO', name], { input: tar, encoding: 'utf8' });

function tarOf(files: Record<string, string>): Buffer {
  const directory = mkdtempSync(join(work, 't-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(directory, name));
    else writeFileSync(join(directory, name), text);
  }
  return execFileSync('tar', ['-C', directory, '-c', ...Object.keys(files)]);
}

const put = (id: string, path: string, tar: Buffer, more: { noOverwriteDirNonDir?: boolean; copyUIDGID?: boolean } = {}): Promise<void> =>
  lab.runtime.containers.putArchive(id, { path, ...more }, Readable.from([tar]));

describe('files of a container', () => {
  it('are copied into and out of one that never ran', async () => {
    const id = await lab.create(['true']);
    await put(id, '/home', tarOf({ 'ann/notes/a.txt': 'alpha' }));
    const { stat, archive } = await lab.runtime.containers.getArchive(id, '/home/ann');
    expect(stat).toMatchObject({ name: 'ann', linkTarget: '' });
    expect(stat.mode & 0o777).toBe(0o755);
    expect(stat.mode).toBeGreaterThan(2 ** 31);
    const tar = await bytes(archive);
    expect(names(tar)).toEqual(['ann/', 'ann/notes/', 'ann/notes/a.txt']);
    expect(content(tar, 'ann/notes/a.txt')).toBe('alpha');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.layout.rw(id));
    expect(await lab.runtime.containers.changes(id)).toEqual(
      expect.arrayContaining([{ Path: '/home/ann/notes/a.txt', Kind: 1 }, { Path: '/home/ann', Kind: 0 }]),
    );
    await lab.runtime.containers.remove(id);
  });

  it('are not found below what is a file', async () => {
    const id = await lab.create(['true']);
    const missing = { kind: 'notFound', message: expect.stringContaining('Could not find the file /bin/busybox/x') };
    await expect(lab.runtime.containers.statPath(id, '/bin/busybox/x')).rejects.toMatchObject(missing);
    await expect(lab.runtime.containers.getArchive(id, '/bin/busybox/x')).rejects.toMatchObject(missing);
    await lab.runtime.containers.remove(id);
  });

  it('reach volumes and tmpfs of a running one, and volumes of a stopped one', async () => {
    const id = await lab.create(['sleep', '1000'], { HostConfig: { Binds: ['files:/data'], Tmpfs: { '/scratch': '' } } });
    await put(id, '/data', tarOf({ before: '1' }));
    await lab.runtime.containers.start(id);
    await put(id, '/data', tarOf({ during: '2' }));
    await put(id, '/scratch', tarOf({ memory: '3' }));
    expect((await execIn(lab, id, ['sh', '-c', 'cat /data/before /data/during /scratch/memory'])).stdout).toBe('123');
    await lab.runtime.containers.stop(id, { t: 0 });
    expect(names(await bytes((await lab.runtime.containers.getArchive(id, '/data/.')).archive))).toEqual(['./', 'before', 'during']);
    expect(readFileSync(join(lab.layout.volumeData('files'), 'during'), 'utf8')).toBe('2');
    await lab.runtime.containers.remove(id);
  });

  it('are never mounted on a place of the host when the root is unmounted meanwhile', () => {
    const root = join(work, 'root');
    const twin = join(work, 'twin'); // the same path inside the root and on the host
    mkdirSync(root);
    mkdirSync(twin);
    mount('tmpfs', root, 'tmpfs', 0);
    mkdirSync(join(root, twin), { recursive: true });
    const bind = { source: work, destination: twin, readonly: false };
    const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    expect(bindInside(fd, root, bind)).toBe(join(root, twin));
    unmount(join(root, twin));
    unmount(root);
    expect(() => bindInside(fd, root, bind)).toThrow(/ENOENT|EINVAL/);
    closeSync(fd);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(` ${twin} `);
  });

  it('never lead outside of its root', async () => {
    const outside = join(work, 'outside');
    mkdirSync(outside);
    const id = await lab.create(['true']);
    await put(id, '/', tarOf({ 'trap': `-> ${outside}`, 'up': '-> ../../../../../../..' }));
    // The link is followed as the container would: its target does not exist there.
    await put(id, '/', tarOf({ 'trap2/x': 'inside' }));
    await expect(put(id, '/trap', tarOf({ stolen: 'x' }))).rejects.toMatchObject({ kind: 'notFound' });
    await put(id, '/up', tarOf({ stays: 'in' }));
    expect(existsSync(join(outside, 'stolen'))).toBe(false);
    expect(existsSync('/stays')).toBe(false);
    expect(content(await bytes((await lab.runtime.containers.getArchive(id, '/stays')).archive), 'stays')).toBe('in');
    expect(await lab.runtime.containers.statPath(id, '/trap')).toMatchObject({ linkTarget: outside });
    const evil = execFileSync('tar', ['-C', work, '-cP', '--transform', 's,^,../../,', 'outside']);
    await expect(put(id, '/tmp', evil)).rejects.toMatchObject({ kind: 'invalid' });
    await lab.runtime.containers.remove(id);
  });

  it('are not put in the place of directories when that is forbidden, nor on a read-only root', async () => {
    const id = await lab.create(['true']);
    await expect(put(id, '/', tarOf({ home: 'file' }), { noOverwriteDirNonDir: true })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(put(id, '/etc/passwd', tarOf({ a: 'b' }))).rejects.toMatchObject({ kind: 'invalid', message: 'extraction point is not a directory' });
    await expect(lab.runtime.containers.getArchive(id, '/nope')).rejects.toMatchObject({ kind: 'notFound' });
    await lab.runtime.containers.remove(id);
    const fixed = await lab.create(['true'], { HostConfig: { ReadonlyRootfs: true, Binds: ['files:/data'] } });
    await expect(put(fixed, '/tmp', tarOf({ a: 'b' }))).rejects.toMatchObject({ kind: 'forbidden' });
    await put(fixed, '/data', tarOf({ a: 'b' }));
    await lab.runtime.containers.remove(fixed);
  });

  it('belong to the container user when asked', async () => {
    const id = await lab.create(['sh', '-c', 'stat -c %u:%g /tmp/mine'], { User: 'ann' });
    await put(id, '/tmp', tarOf({ mine: 'x' }), { copyUIDGID: true });
    const { archive } = await lab.runtime.containers.getArchive(id, '/tmp/mine');
    expect(execFileSync('tar', ['-tv', '--numeric-owner'], { input: await bytes(archive), encoding: 'utf8' })).toContain('1000/1001');
    await lab.runtime.containers.remove(id);
  });

  it('are exported without what is mounted over them', async () => {
    const id = await lab.run(['sleep', '1000'], { HostConfig: { Binds: ['files:/data'] } });
    const listing = names(await bytes(await lab.runtime.containers.export(id)));
    expect(listing).toContain('bin/busybox');
    expect(listing).toContain('data/');
    expect(listing).not.toContain('data/during');
    await lab.runtime.containers.remove(id, { force: true });
  });
});
