import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseReference } from '../../../../src/runtime/images/reference.ts';
import { platformScore, parsePlatform } from '../../../../src/runtime/images/platform.ts';
import { progressBar, startProgress } from '../../../../src/runtime/images/progress.ts';
import { credentialsOf, parseChallenges } from '../../../../src/runtime/images/registry/auth.ts';
import { retryAfterMs } from '../../../../src/runtime/images/registry/http.ts';
import { proxyFor } from '../../../../src/runtime/images/registry/proxy.ts';
import { endpointsOf, readRegistryConfig } from '../../../../src/runtime/images/registry/registry-config.ts';
import { pullError, registryError } from '../../../../src/runtime/images/registry/registry-error.ts';

describe('parseChallenges', () => {
  it('reads several schemes, quoted commas and escapes', () => {
    expect(parseChallenges('Bearer realm="https://auth/token",service="reg",scope="repository:a/b:pull,push", Basic realm="a \\"b\\""')).toEqual([
      { scheme: 'bearer', parameters: { realm: 'https://auth/token', service: 'reg', scope: 'repository:a/b:pull,push' } },
      { scheme: 'basic', parameters: { realm: 'a "b"' } },
    ]);
  });

  it('ignores schemes that it cannot answer, and nonsense', () => {
    expect(parseChallenges('Negotiate abc, Basic realm=x')).toEqual([{ scheme: 'basic', parameters: { realm: 'x' } }]);
    expect(parseChallenges(undefined)).toEqual([]);
    expect(parseChallenges('"')).toEqual([]);
  });
});

describe('credentialsOf', () => {
  it('takes a pair, the encoded pair, or tokens', () => {
    expect(credentialsOf({ username: 'u', password: 'p' })).toEqual({ username: 'u', password: 'p' });
    expect(credentialsOf({ auth: Buffer.from('u:p:q').toString('base64') })).toEqual({ username: 'u', password: 'p:q' });
    expect(credentialsOf({ identitytoken: 't' })).toEqual({ username: '', password: '', identityToken: 't' });
    expect(credentialsOf({ serveraddress: 'x' })).toBeUndefined();
  });
});

describe('endpointsOf', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tsc-config-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const urls = async (domain: string, use: 'pull' | 'push' = 'pull') => (await endpointsOf(domain, readRegistryConfig(root), use)).map((endpoint) => endpoint.url);
  const configure = (config: object) => writeFileSync(join(root, 'config.json'), JSON.stringify(config));

  it('goes by https alone, except to loopback addresses', async () => {
    expect(await urls('docker.io')).toEqual(['https://registry-1.docker.io']);
    expect(await urls('registry.example')).toEqual(['https://registry.example']);
    for (const domain of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000']) expect(await urls(domain)).toEqual([`https://${domain}`, `http://${domain}`]);
  });

  it('takes insecure registries by name and by network', async () => {
    configure({ 'insecure-registries': ['registry.lan:5000', '10.1.0.0/16', 'nonsense/99'] });
    expect(await urls('registry.lan:5000')).toContain('http://registry.lan:5000');
    expect(await urls('10.1.2.3')).toContain('http://10.1.2.3');
    expect(await urls('10.2.2.3')).toEqual(['https://10.2.2.3']);
  });

  it('asks mirrors first, for pulls only', async () => {
    configure({ 'registry-mirrors': ['https://mirror.example/'], mirrors: { 'other.example': ['http://m'] } });
    expect(await urls('docker.io')).toEqual(['https://mirror.example', 'https://registry-1.docker.io']);
    expect(await urls('docker.io', 'push')).toEqual(['https://registry-1.docker.io']);
    expect(await urls('other.example')).toEqual(['http://m', 'https://other.example']);
  });

  it('names the file that is malformed', () => {
    writeFileSync(join(root, 'config.json'), '{');
    expect(() => readRegistryConfig(root)).toThrow(join(root, 'config.json'));
  });
});

describe('proxyFor', () => {
  const environment = { HTTPS_PROXY: 'http://user:p%40ss@proxy:3128', NO_PROXY: 'internal.example,.corp, 10.0.0.1:443' };
  it.each([
    ['https://registry.example', true],
    ['http://registry.example', false],
    ['https://internal.example', false],
    ['https://a.internal.example', false],
    ['https://notinternal.example', true],
    ['https://x.corp', false],
    ['https://10.0.0.1', false],
    ['https://10.0.0.1:5000', true],
    ['https://localhost:5000', false],
    ['https://127.0.0.1', false],
  ])('%s: %s', (url, proxied) => {
    const proxy = proxyFor(new URL(url), environment);
    expect(proxy !== undefined).toBe(proxied);
    if (proxy) expect([proxy.host, proxy.port, proxy.headers]).toEqual(['proxy', 3128, { 'Proxy-Authorization': `Basic ${Buffer.from('user:p@ss').toString('base64')}` }]);
  });
});

describe('answers of registries', () => {
  it('waits as long as it is told, within reason', () => {
    expect(retryAfterMs('2')).toBe(2000);
    expect(retryAfterMs('100000')).toBe(60_000);
    expect(retryAfterMs(new Date(Date.now() - 5000).toUTCString())).toBe(0);
    expect(retryAfterMs('soon')).toBeUndefined();
  });

  const answer = (status: number, code: string, message: string) => registryError({ status, headers: {} }, Buffer.from(JSON.stringify({ errors: [{ code, message }] })), 'Get "x"');
  it.each([
    [404, 'MANIFEST_UNKNOWN', 'manifest unknown', 'manifest for app:1 not found: manifest unknown: manifest unknown', 'notFound'],
    [404, 'NAME_UNKNOWN', 'repository name not known to registry', 'repository app not found: name unknown: repository name not known to registry', 'notFound'],
    [403, 'DENIED', 'requested access', "pull access denied for app, repository does not exist or may require 'docker login': denied: requested access", 'notFound'],
    [401, 'UNAUTHORIZED', 'authentication required', 'unauthorized: authentication required', 'unauthorized'],
    [500, '', '', 'Get "x": unexpected status 500', 'unavailable'],
  ])('words %i %s as dockerd does', (status, code, message, expected, kind) => {
    expect(pullError(answer(status, code, message), parseReference('app:1'))).toMatchObject({ message: expected, kind });
  });
});

describe('platforms', () => {
  it('prefers the exact variant, takes a lower one for arm, and never another architecture', () => {
    const score = (wanted: string, offered: string) => platformScore(parsePlatform(wanted), parsePlatform(offered));
    expect(score('linux/arm64', 'linux/arm64/v8')).toBe(3);
    expect(score('linux/arm/v7', 'linux/arm/v6')).toBe(1);
    expect(score('linux/arm/v6', 'linux/arm/v7')).toBe(0);
    expect(score('linux/amd64', 'linux/arm64')).toBe(0);
    expect(score('x86_64', 'linux/amd64')).toBe(3);
    expect(() => parsePlatform('a/b/c/d')).toThrow('invalid component');
    expect(parsePlatform('aarch64')).toEqual({ os: 'linux', architecture: 'arm64' });
    expect(parsePlatform('windows')).toMatchObject({ os: 'windows' });
    expect(() => parsePlatform('amd46')).toThrow('"amd46": unknown operating system or architecture');
  });
});

describe('progress', () => {
  it('draws the bar that docker draws', () => {
    expect(progressBar(1_500_000, 3_000_000)).toBe(`[=========================>${' '.repeat(25)}]    1.5MB/3MB`);
    expect(progressBar(10, 10)).toBe(`[${'='.repeat(50)}>]      10B/10B`);
  });

  it('rejects what fails before the first message and reports what fails later', async () => {
    await expect(startProgress(async () => Promise.reject(new Error('early')))).rejects.toThrow('early');
    const messages = [];
    const progress = await startProgress(async (emit) => {
      emit({ status: 'one' });
      throw new Error('late');
    });
    for await (const message of progress) messages.push(message);
    expect(messages).toEqual([{ status: 'one' }, { error: 'late', errorDetail: { message: 'late' } }]);
  });

  it('aborts the work when the reader stops', async () => {
    let aborted = false;
    const progress = await startProgress(async (emit, signal) => {
      emit({ status: 'one' });
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      aborted = true;
    });
    for await (const _message of progress) break;
    await Promise.resolve();
    expect(aborted).toBe(true);
  });
});
