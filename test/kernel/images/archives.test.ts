import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noDockerd, startDockerd, type Dockerd } from '../../support/dockerd.ts';
import { lacks, title } from '../../support/host.ts';
import { drain, makeImage, openRoom, stream, tar, type TestRoom } from './room.ts';

let test: TestRoom;
let directory: string;
beforeEach(async () => {
  test = await openRoom();
  directory = mkdtempSync(join(tmpdir(), 'tsc-archive-'));
});
afterEach(async () => {
  await test.dispose();
  rmSync(directory, { recursive: true });
});

async function save(room: TestRoom, names: string[]): Promise<string> {
  const path = join(directory, 'saved.tar');
  await pipeline(await room.room.api.save(names), createWriteStream(path));
  return path;
}

/** Two layers, one of them with a whiteout; the second tag is of another repository. */
async function sample(): Promise<string> {
  const id = await makeImage(test, 'registry.example:5000/team/app:1.0', [{ path: 'a', content: 'a' }, { path: 'b', content: 'b' }], [{ path: '.wh.a' }, { path: 'c', content: 'c' }]);
  await test.room.api.tag(id, { repo: 'app', tag: 'x' });
  return id;
}

describe('save and load', () => {
  it('brings an image into another store with its id and names', async () => {
    const id = await sample();
    const path = await save(test, ['app:x', 'registry.example:5000/team/app:1.0']);
    const other = await openRoom();
    try {
      const messages = await drain(await other.room.api.load(createReadStream(path)));
      expect(messages.filter((message) => message.stream).map((message) => message.stream)).toEqual([
        'Loaded image: app:x\n',
        'Loaded image: registry.example:5000/team/app:1.0\n',
      ]);
      const { record } = await other.room.resolve('app:x');
      expect([record.id, [...record.tags].sort()]).toEqual([id, ['docker.io/library/app:x', 'registry.example:5000/team/app:1.0']]);
      await other.room.snapshots.prepare('s', record);
      expect(readdirSync(await other.room.snapshots.mount('s')).sort()).toEqual(['b', 'c']);
    } finally {
      await other.dispose();
    }
  });

  it('loads compressed archives, and archives without names', async () => {
    const id = await sample();
    const path = await save(test, [id]);
    const other = await openRoom();
    try {
      const messages = await drain(await other.room.api.load(stream(gzipSync(readFileSync(path)))));
      expect(messages.at(-1)).toEqual({ stream: `Loaded image ID: ${id}\n` });
    } finally {
      await other.dispose();
    }
  });

  it('saves all tags of a repository that is named without one', async () => {
    const id = await sample();
    await test.room.api.tag(id, { repo: 'app', tag: 'y' });
    const names = JSON.parse(execFileSync('tar', ['-xOf', await save(test, ['app']), 'manifest.json'], { encoding: 'utf8' }))[0].RepoTags;
    expect(names).toEqual(['app:x', 'app:y']);
  });

  it.each([
    ['no manifest', [{ path: 'x', content: '' }], /does not contain a manifest.json/],
    ['a missing layer', [{ path: 'manifest.json', content: JSON.stringify([{ Config: 'c', Layers: ['l'] }]) }, { path: 'c', content: JSON.stringify({ rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } }) }], /l is missing/],
    ['a layer with other content', [{ path: 'manifest.json', content: JSON.stringify([{ Config: 'c', Layers: ['l'] }]) }, { path: 'c', content: JSON.stringify({ rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } }) }, { path: 'l', content: tar([{ path: 'a' }]) }], /verification failed/],
    ['a config outside of it', [{ path: 'manifest.json', content: JSON.stringify([{ Config: '../../../etc/passwd', Layers: [] }]) }], /is missing/],
  ])('refuses an archive with %s and keeps nothing of it', async (_what, members, message) => {
    const load = test.room.api.load(stream(tar(members))).then(drain);
    const error = await load.then((messages) => messages.find((one) => one.error)?.error ?? 'none', (cause: Error) => cause.message);
    expect(error).toMatch(message);
    await test.room.close();
    expect(await test.room.api.list({ all: true })).toEqual([]);
    expect(readdirSync(test.layout.ingest)).toEqual([]);
    expect(readdirSync(test.layout.layerRecords)).toEqual([]);
  });
});

describe('import', () => {
  it('makes an image of one layer, tagged and commented as dockerd does', async () => {
    const messages = await drain(await test.room.api.import({ repo: 'imported', message: '' }, stream(gzipSync(tar([{ path: 'f', content: 'x' }])))));
    const inspect = await test.room.api.inspect('imported:latest');
    expect(messages).toEqual([{ status: inspect.Id }]);
    expect(inspect).toMatchObject({ RepoTags: ['imported:latest'], Comment: 'Imported from -', Size: 1, Config: { Cmd: null, Entrypoint: null } });
    expect(await test.room.api.history('imported')).toMatchObject([{ Id: inspect.Id, CreatedBy: '', Comment: 'Imported from -', Size: 1 }]);
  });
});

const noSkopeo = lacks('skopeo');
describe.skipIf(noSkopeo)(title('with skopeo', noSkopeo), () => {
  const skopeo = (...args: string[]) => execFileSync('skopeo', ['--insecure-policy', '--tmpdir', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  it.each(['docker-archive', 'oci-archive'])('exchanges images by %s both ways', async (format) => {
    const id = await sample();
    const saved = await save(test, ['app:x']);
    const name = format === 'docker-archive' ? 'app:again' : 'docker.io/library/app:again';
    // From the same format: skopeo writes the config anew when it converts, which gives another id.
    skopeo('copy', `${format}:${saved}${format === 'oci-archive' ? ':x' : ''}`, `${format}:${directory}/copy.tar:${name}`);
    const config = JSON.parse(skopeo('inspect', '--config', '--raw', `oci-archive:${saved}:x`)) as { rootfs: { diff_ids: string[] } };
    expect(config.rootfs.diff_ids).toEqual((await test.room.resolve(id)).record.layers.map((layer) => layer.diffId));
    const other = await openRoom();
    try {
      await drain(await other.room.api.load(createReadStream(`${directory}/copy.tar`)));
      expect((await other.room.resolve('app:again')).record.id).toBe(id);
    } finally {
      await other.dispose();
    }
  });
});

const noDocker = noDockerd();
describe.skipIf(noDocker)(title('with dockerd', noDocker), () => {
  let dockerd: Dockerd;
  beforeAll(async () => {
    dockerd = await startDockerd();
  });
  afterAll(() => dockerd?.stop());
  const docker = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('docker', ['-H', `unix://${dockerd.socket}`, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };

  it('exchanges images both ways and keeps their ids', async () => {
    const id = await sample();
    const name = `tsc-exchange-${process.pid}:1`;
    await test.room.api.tag(id, { repo: name });
    const path = await save(test, [name]);
    try {
      expect(docker('load', '-i', path)).toContain(`Loaded image: ${name}`);
      expect(docker('image', 'inspect', '--format', '{{.Id}}', name).trim()).toBe(id);
      docker('save', '-o', path, name);
    } finally {
      docker('rmi', name);
    }
    const other = await openRoom();
    try {
      await drain(await other.room.api.load(createReadStream(path)));
      expect((await other.room.resolve(name)).record.id).toBe(id);
    } finally {
      await other.dispose();
    }
  });
});
