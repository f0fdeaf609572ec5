import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lacks, title } from '../../support/host.ts';
import { drain, makeImage, openRoom, stream, tar, type TestRoom } from './room.ts';
import { loopbackName, makeCertificate, put, startFaultyProxy, startRegistry, startTokenServer, startTunnelProxy, type FaultyProxy, type Registry, type TokenServer } from './registry-support.ts';

const reason = lacks('docker-registry', 'htpasswd', 'openssl');
let test: TestRoom;
let target: TestRoom;
beforeEach(async () => {
  test = await openRoom({ retryDelayMs: 10 });
  target = await openRoom({ retryDelayMs: 10 });
});
afterEach(async () => {
  await test.dispose();
  await target.dispose();
});

type Messages = { status?: string; id?: string; error?: string; aux?: unknown; progressDetail?: { current?: number } }[];
const pull = async (room: TestRoom, fromImage: string, more: object = {}) => (await drain(await room.room.api.pull({ fromImage, ...more }))) as Messages;
const push = async (room: TestRoom, name: string, more: object = {}) => (await drain(await room.room.api.push(name, more))) as Messages;
const statuses = (messages: Messages) => messages.filter((one) => !/^(?:Downloading|Extracting|Pushing)$/.test(one.status ?? '')).map((one) => one.error ?? one.status);
/** Random, so that it does not compress and spans many chunks. */
const noise = (bytes: number) => randomBytes(bytes);
const shortLayer = async (room: TestRoom, name: string, i: number) => (await room.room.resolve(name)).record.layers[i]?.digest.slice(7, 19);

async function contents(room: TestRoom, name: string): Promise<string[]> {
  await room.room.snapshots.prepare('look', (await room.room.resolve(name)).record);
  const names = readdirSync(await room.room.snapshots.mount('look')).sort();
  await room.room.snapshots.remove('look');
  return names;
}

function nothingLeft(room: TestRoom): void {
  expect(readdirSync(room.layout.ingest)).toEqual([]);
  expect(readdirSync(room.layout.images)).toEqual([]);
  expect(readdirSync(room.layout.snapshots).filter((name) => name.startsWith('new-'))).toEqual([]);
}

describe.skipIf(reason)(title('a plain registry', reason), () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry?.stop());

  it('takes an image and gives it back, with the messages that docker prints', async () => {
    const name = `${registry.host}/team/app:1`;
    const id = await makeImage(test, name, [{ path: 'a', content: 'a' }], [{ path: 'b', content: 'b' }]);
    const pushed = await push(test, name);
    expect(statuses(pushed).slice(0, 3)).toEqual([`The push refers to repository [${registry.host}/team/app]`, 'Preparing', 'Preparing']);
    expect(pushed.filter((one) => one.status === 'Preparing')).toHaveLength(2);
    expect(statuses(pushed).filter((status) => status === 'Pushed')).toHaveLength(2);
    const digest = (pushed.at(-1)?.aux as { Digest: string }).Digest;
    expect(pushed.at(-2)?.status).toMatch(new RegExp(`^1: digest: ${digest} size: \\d+$`));
    expect((await test.room.api.inspect(name)).RepoDigests).toEqual([`${registry.host}/team/app@${digest}`]);

    const pulled = await pull(target, name);
    const record = (await target.room.resolve(name)).record;
    expect(record.id).toBe(id);
    const [first = ''] = [await shortLayer(target, name, 0)];
    expect(pulled[0]).toEqual({ status: 'Pulling from team/app', id: '1' });
    expect(pulled.filter((one) => one.id === first && one.status !== 'Downloading' && one.status !== 'Extracting').map((one) => one.status)).toEqual([
      'Pulling fs layer',
      'Verifying Checksum',
      'Download complete',
      'Pull complete',
    ]);
    expect(statuses(pulled).slice(-2)).toEqual([`Digest: ${digest}`, `Status: Downloaded newer image for ${name}`]);
    expect(await contents(target, name)).toEqual(['a', 'b']);
    expect(target.events.at(-1)).toMatchObject({ action: 'pull', id: name, attributes: { name: `${registry.host}/team/app` } });
  });

  it('fetches and sends only what the other side lacks', async () => {
    const base = `${registry.host}/share/base:1`;
    const app = `${registry.host}/share/app:1`;
    await makeImage(test, base, [{ path: 'base', content: 'base' }]);
    await makeImage(test, app, [{ path: 'base', content: 'base' }], [{ path: 'app', content: 'app' }]);
    await push(test, base);
    expect(statuses(await push(test, app))).toContain('Mounted from share/base');
    expect(statuses(await push(test, app)).filter((status) => status === 'Layer already exists')).toHaveLength(2);
    await pull(target, base);
    expect(statuses(await pull(target, app))).toContain('Already exists');
    expect(statuses(await pull(target, app)).at(-1)).toBe(`Status: Image is up to date for ${app}`);
  });

  it('pushes what it pulled under the same digest', async () => {
    const name = `${registry.host}/same/a:1`;
    await makeImage(test, name, [{ path: 'a', content: 'a' }]);
    const digest = ((await push(test, name)).at(-1)?.aux as { Digest: string }).Digest;
    await pull(target, name);
    await target.room.api.tag(name, { repo: `${registry.host}/same/b`, tag: '2' });
    expect(((await push(target, `${registry.host}/same/b`, { tag: '2' })).at(-1)?.aux as { Digest: string }).Digest).toBe(digest);
  });

  it('pulls by digest, without a tag', async () => {
    const name = `${registry.host}/digest/app`;
    await makeImage(test, `${name}:1`, [{ path: 'a', content: 'a' }]);
    const digest = ((await push(test, `${name}:1`)).at(-1)?.aux as { Digest: string }).Digest;
    const messages = await pull(target, name, { tag: digest });
    expect(messages.at(-1)?.status).toBe(`Status: Downloaded newer image for ${name}@${digest}`);
    expect(await target.room.api.inspect(`${name}@${digest}`)).toMatchObject({ RepoTags: [], RepoDigests: [`${name}@${digest}`] });
  });

  it('pulls every tag when none is named', async () => {
    const name = `${registry.host}/many/app`;
    for (const tag of ['1', '2']) {
      await makeImage(test, `${name}:${tag}`, [{ path: 'a', content: tag }]);
      await push(test, `${name}:${tag}`);
    }
    await pull(target, name);
    expect((await target.room.api.list()).flatMap((image) => image.RepoTags).sort()).toEqual([`${name}:1`, `${name}:2`]);
  });

  it('takes the image for its own platform, or the one asked for, out of an index', async () => {
    const name = 'multi/app';
    const manifests = [];
    for (const architecture of ['amd64', 'arm64']) {
      const plain = tar([{ path: architecture, content: '' }]);
      const layer = gzipSync(plain);
      const config = JSON.stringify({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(plain).digest('hex')}`] } });
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: await put(registry.host, name, { blob: Buffer.from(config) }), size: config.length },
        layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: await put(registry.host, name, { blob: layer }), size: layer.length }],
      });
      const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
      const digest = await put(registry.host, name, { manifest, mediaType, tag: architecture });
      manifests.push({ mediaType, digest, size: manifest.length, platform: { architecture, os: 'linux' } });
    }
    const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
    const index = await put(registry.host, name, { manifest: JSON.stringify({ schemaVersion: 2, mediaType, manifests }), mediaType, tag: 'latest' });
    const full = `${registry.host}/${name}:latest`;
    expect(statuses(await pull(target, full, { platform: 'linux/arm64' }))).toContain(`Digest: ${index}`);
    expect((await target.room.api.inspect(full)).Architecture).toBe('arm64');
    expect((await pull(target, full, { platform: 'linux/riscv64' })).at(-1)?.error).toBe('no matching manifest for linux/riscv64 in the manifest list entries');
    await expect(pull(target, `${registry.host}/${name}:amd64`, { platform: 'linux/arm64' }).then((all) => all.at(-1)?.error)).resolves.toContain('does not match the specified platform: wanted linux/arm64, actual: linux/amd64');
    expect(await target.room.api.distribution(full)).toEqual({
      Descriptor: { mediaType, digest: index, size: expect.any(Number) },
      Platforms: [{ architecture: 'amd64', os: 'linux' }, { architecture: 'arm64', os: 'linux' }],
    });
  });

  it('takes zstd layers', async () => {
    const plain = tar([{ path: 'zstd', content: 'x' }]);
    const { stdout } = spawnSync('zstd', ['-c'], { input: plain });
    const layer = await test.room.writer.addLayer(stream(stdout));
    expect(layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
    const name = `${registry.host}/zstd/app:1`;
    await test.room.writer.createImage({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.diffId] } }, [layer], [name]);
    await push(test, name);
    await pull(target, name);
    expect(await contents(target, name)).toEqual(['zstd']);
  });

  it.each([
    ['nope/app:1', /manifest for .*\/nope\/app:1 not found: manifest unknown: manifest unknown/],
    ['nope/app@sha256:' + '0'.repeat(64), /not found: manifest unknown/],
  ])('says that %s is not there', async (name, message) => {
    await expect(pull(target, `${registry.host}/${name}`)).rejects.toThrow(message);
  });

  it('says that nothing listens, and that a host does not exist', async () => {
    await expect(pull(target, '127.0.0.1:1/app')).rejects.toThrow(/connect: connection refused/);
    await expect(pull(target, 'host.invalid/app')).rejects.toThrow(/lookup host.invalid: (no such host|Temporary failure)/);
  });

  it('says what there is not to push', async () => {
    await expect(push(test, `${registry.host}/none`)).rejects.toThrow(`An image does not exist locally with the tag: ${registry.host}/none`);
    await expect(push(test, `${registry.host}/none:1`)).rejects.toThrow(`tag does not exist: ${registry.host}/none:1`);
  });

  describe('with faults in between', () => {
    let proxy: FaultyProxy;
    let name: string;
    let random: Buffer;
    beforeEach(async () => {
      proxy = await startFaultyProxy(registry);
      random = noise(3_000_000);
      const direct = `${registry.host}/fault/app:1`;
      await makeImage(test, direct, [{ path: 'noise', content: random }], [{ path: 'small', content: 's' }]);
      await push(test, direct);
      name = `${proxy.host}/fault/app:1`;
    });
    afterEach(() => proxy.stop());
    const isBlob = (url: string) => url.includes('/blobs/sha256:');
    const noiseBlob = async () => (await test.room.api.inspect(`${registry.host}/fault/app:1`)).RootFS.Layers[0] ?? '';
    const read = async () => {
      await target.room.snapshots.prepare('look', (await target.room.resolve(name)).record);
      return readFileSync(join(await target.room.snapshots.mount('look'), 'noise'));
    };

    it('goes on where a broken connection stopped, without fetching anything twice', async () => {
      proxy.fault = (request, count) => (isBlob(request.url) && count < 4 ? { cutAfter: 700_000 } : undefined);
      await pull(target, name);
      const ranges = proxy.requests.filter((request) => request.headers.range !== undefined).map((request) => request.headers.range);
      expect(ranges.length).toBeGreaterThanOrEqual(3);
      expect(new Set(ranges).size).toBe(ranges.length);
      expect((await read()).equals(random)).toBe(true);
    });

    it('starts over where a registry knows no ranges', async () => {
      proxy.fault = (request, count) => (isBlob(request.url) ? (count === 0 ? { cutAfter: 900_000 } : { ignoreRange: true }) : undefined);
      await pull(target, name);
      expect((await read()).equals(random)).toBe(true);
    });

    it('waits when it is told to, and tries again after errors of the server', async () => {
      proxy.fault = (_request, count) => (count === 0 ? { status: 429, headers: { 'Retry-After': '0' } } : count === 1 ? { status: 503 } : undefined);
      await pull(target, name);
      expect((await read()).equals(random)).toBe(true);
    });

    it.each([429, 500, 503])('gives up after a while when a server always answers %i, and keeps nothing', async (status) => {
      proxy.fault = (request) => (isBlob(request.url) ? { status, headers: { 'Retry-After': '0' } } : undefined);
      const last = await pull(target, name).then((messages) => messages.at(-1)?.error, (error: Error) => error.message);
      expect(last).toMatch(status === 429 ? /toomanyrequests/ : new RegExp(`unexpected status ${status}`));
      await target.room.close();
      nothingLeft(target);
    });

    it('refuses content with another digest, and keeps nothing of it', async () => {
      proxy.fault = (request) => (isBlob(request.url) ? { flip: true } : undefined);
      const config = await pull(target, name).then((messages) => messages.at(-1)?.error ?? 'none', (error: Error) => error.message);
      expect(config).toMatch(/content verification failed for digest sha256:/);
      const { record } = await test.room.resolve(`${registry.host}/fault/app:1`);
      proxy.fault = (request) => (isBlob(request.url) && !request.url.includes(record.id) ? { flip: true } : undefined);
      expect((await pull(target, name)).at(-1)?.error).toMatch(/filesystem layer verification failed for digest sha256:/);
      await target.room.close();
      nothingLeft(target);
    });

    it('mends a layer that came damaged once', async () => {
      const { record } = await test.room.resolve(`${registry.host}/fault/app:1`);
      proxy.fault = (request, count) => (isBlob(request.url) && !request.url.includes(record.id) && count === 0 ? { flip: true } : undefined);
      await pull(target, name);
      expect((await read()).equals(random)).toBe(true);
    });

    it('refuses a manifest that is not what its digest says', async () => {
      const digest = (await test.room.resolve(`${registry.host}/fault/app:1`)).record.repoDigests[0]?.split('@')[1] ?? '';
      proxy.fault = (request) => (request.url.includes('/manifests/') ? { flip: true } : undefined);
      await expect(pull(target, `${proxy.host}/fault/app@${digest}`)).rejects.toThrow(`manifest verification failed for digest ${digest}`);
    });

    it('leaves nothing behind when the client goes away in the middle', async () => {
      proxy.fault = (request) => (isBlob(request.url) ? { cutAfter: 500_000 } : undefined);
      const abort = new AbortController();
      const progress = await target.room.api.pull({ fromImage: name }, { signal: abort.signal });
      for await (const message of progress) if (message.status === 'Downloading') abort.abort();
      await target.room.close();
      nothingLeft(target);
      expect(await noiseBlob()).toMatch(/^sha256:/);
    });

    it('fetches a layer once for two pulls at the same time', async () => {
      await Promise.all([pull(target, name), pull(target, name)]);
      const blobs = proxy.requests.filter((request) => request.method === 'GET' && isBlob(request.url)).map((request) => request.url);
      const layers = blobs.filter((url, i) => blobs.indexOf(url) === i);
      expect(blobs.length).toBeLessThanOrEqual(layers.length + 1); // each may fetch the config
      expect((await read()).equals(random)).toBe(true);
    });

    it('resumes an upload that broke off', async () => {
      const upload = `${proxy.host}/upload/app:1`;
      await makeImage(test, upload, [{ path: 'noise', content: noise(4_000_000) }]);
      proxy.fault = (request, count) => (request.method === 'PATCH' && count === 0 ? { cutRequestAfter: 1_500_000 } : undefined);
      expect(statuses(await push(test, upload))).toContain('Pushed');
      expect(proxy.requests.filter((request) => request.method === 'PATCH').length).toBeGreaterThanOrEqual(2);
      await pull(target, upload.replace(proxy.host, registry.host));
    });
  });
});

describe.skipIf(reason)(title('a registry with a password and TLS', reason), () => {
  let registry: Registry;
  let directory: string;
  let named: string | undefined;
  const auth = { username: 'alice', password: 'secret: with colon' };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tsc-certs-'));
    named = await loopbackName();
    const certificate = makeCertificate(directory, [...(named === undefined ? [] : [named]), '127.0.0.1']);
    registry = await startRegistry({ tls: certificate, htpasswd: { user: auth.username, password: auth.password }, ...(named !== undefined && { name: named }) });
  });
  afterAll(async () => {
    await registry?.stop();
    rmSync(directory, { recursive: true });
  });
  const trust = (room: TestRoom) => {
    const certificates = join(room.root, 'certs.d');
    mkdirSync(join(certificates, registry.host), { recursive: true });
    cpSync(join(directory, 'cert.pem'), join(certificates, registry.host, 'ca.crt'));
    writeFileSync(join(room.root, 'config.json'), JSON.stringify({ 'certificate-directories': [certificates] }));
  };

  it('is trusted by its certificate in certs.d only, and wants the right password', async () => {
    const name = `${registry.host}/secure/app:1`;
    await makeImage(test, name, [{ path: 'a', content: 'a' }]);
    if (named !== undefined) await expect(push(test, name, { auth })).rejects.toThrow(/self-signed certificate/);
    trust(test);
    await expect(push(test, name).then((all) => all.at(-1)?.error)).resolves.toMatch(/unauthorized|authentication required/);
    expect((await push(test, name, { auth })).at(-1)?.aux).toBeDefined();
    trust(target);
    await expect(pull(target, name, { auth: { username: 'alice', password: 'wrong' } })).rejects.toMatchObject({ kind: 'unauthorized', message: /authentication required/ });
    await pull(target, name, { auth: { auth: Buffer.from(`${auth.username}:${auth.password}`).toString('base64') } });
    expect(await contents(target, name)).toEqual(['a']);
  });

  it.skipIf(process.env['NO_PROXY'] === '*')('is reached through a proxy, in a tunnel', async ({ skip }) => {
    skip(named === undefined, 'needs a host name for the loopback: its addresses never go through a proxy');
    const proxy = await startTunnelProxy(registry.port);
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`;
    try {
      trust(test);
      expect(await test.room.login({ ...auth, serveraddress: registry.host })).toMatchObject({ Status: 'Login Succeeded' });
      expect(proxy.tunnels).toContain(registry.host);
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
      await proxy.stop();
    }
  });

  it('checks logins', async () => {
    trust(test);
    const serveraddress = registry.host;
    expect(await test.room.login({ ...auth, serveraddress })).toEqual({ Status: 'Login Succeeded', IdentityToken: '' });
    await expect(test.room.login({ username: 'alice', password: 'no', serveraddress })).rejects.toMatchObject({ kind: 'unauthorized' });
  });
});

describe.skipIf(reason)(title('a registry with a token server', reason), () => {
  let registry: Registry;
  let tokens: TokenServer;
  let directory: string;
  const auth = { username: 'bob', password: 'pw' };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tsc-token-'));
    const certificate = makeCertificate(directory, ['token']);
    tokens = await startTokenServer(certificate, { user: auth.username, password: auth.password, anonymous: true });
    registry = await startRegistry({ token: { realm: tokens.realm, certificate } });
  });
  afterAll(async () => {
    await registry?.stop();
    await tokens?.stop();
    rmSync(directory, { recursive: true });
  });

  it('pushes with credentials, mounts between repositories, and lets anybody pull', async () => {
    const [one, two] = [`${registry.host}/t/one:1`, `${registry.host}/t/two:1`];
    const id = await makeImage(test, one, [{ path: 'a', content: 'a' }]);
    expect((await push(test, one).then((all) => all.at(-1)?.error))).toMatch(/denied|authentication required/);
    await push(test, one, { auth });
    await test.room.api.tag(id, { repo: `${registry.host}/t/two`, tag: '1' });
    expect(statuses(await push(test, two, { auth }))).toContain('Mounted from t/one');
    expect(tokens.asked.at(-1)?.scopes.join(' ')).toContain('repository:t/one:pull');
    await pull(target, two);
    expect(await contents(target, two)).toEqual(['a']);
    expect(await test.room.login({ ...auth, serveraddress: `http://${registry.host}/v2/` })).toMatchObject({ Status: 'Login Succeeded' });
    await expect(test.room.login({ username: 'bob', password: 'x', serveraddress: registry.host })).rejects.toThrow('incorrect username or password');
  });
});

describe('search', () => {
  it('asks the registry and filters what it answers', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify({ results: [{ name: 'a', is_official: true, star_count: 5 }, { name: 'b', is_official: false, star_count: 1 }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await test.room.api.search({ term: `${host}/some app`, limit: 7, filters: { 'is-official': ['true'], stars: ['3'] } })).toEqual([{ name: 'a', is_official: true, star_count: 5 }]);
      expect(asked).toEqual(['/v1/search?q=some%20app&n=7']);
      await expect(test.room.api.search({ term: 'x', limit: 101 })).rejects.toThrow('limit 101 is outside the range of [1, 100]');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe.skipIf(reason)(title('a mirror', reason), () => {
  it('is asked first, may be a pull-through cache, and may fail', async () => {
    const origin = await startRegistry();
    const mirror = await startRegistry({ proxyOf: `http://${origin.host}` });
    try {
      const name = `${origin.host}/mirrored/app:1`;
      await makeImage(test, name, [{ path: 'a', content: 'a' }]);
      await push(test, name);
      writeFileSync(join(target.root, 'config.json'), JSON.stringify({ mirrors: { [origin.host]: ['http://127.0.0.1:1', `http://${mirror.host}`] } }));
      await pull(target, name);
      expect(await contents(target, name)).toEqual(['a']);
      expect(readdirSync(join(mirror.data, 'docker/registry/v2/repositories'))).toEqual(['mirrored']);
      await mirror.stop();
      await target.room.api.remove(name);
      await pull(target, name);
      expect((await target.room.resolve(name)).record.tags).toEqual([name]);
    } finally {
      await origin.stop();
      await mirror.stop().catch(() => {});
    }
  });
});
