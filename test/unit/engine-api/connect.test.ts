import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatEndpoint, resolveEndpoint } from '../../../src/engine-api/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tscompose-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** As `docker context create NAME --docker host=HOST` and `docker context use NAME` leave it. */
function writeContext(name: string, docker: Record<string, unknown>, options: { use?: boolean; ca?: boolean } = {}): void {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = join(home, '.docker/contexts/meta', id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
  if (options.use) writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
  if (!options.ca) return;
  mkdirSync(join(home, '.docker/contexts/tls', id, 'docker'), { recursive: true });
  writeFileSync(join(home, '.docker/contexts/tls', id, 'docker/ca.pem'), 'PEM');
}

const where = (env: Record<string, string> = {}, host?: string, context?: string): string => {
  const endpoint = resolveEndpoint({ host, context, env: { HOME: home, ...env } });
  return `${formatEndpoint(endpoint)} ${endpoint.source}`;
};

describe('the endpoint', () => {
  it('is our own engine when nothing else is said', () => {
    expect(where()).toBe('unix:///run/tscompose/engine.sock default');
    expect(where({ TSCOMPOSE_RUN: '/tmp/r' })).toBe('unix:///tmp/r/engine.sock default');
  });

  it('is chosen by --host, --context, DOCKER_HOST, DOCKER_CONTEXT and the current context, in this order', () => {
    writeContext('used', { Host: 'unix:///used.sock' }, { use: true });
    writeContext('other', { Host: 'tcp://10.0.0.1:2375' });
    const all = { DOCKER_HOST: 'unix:///env.sock', DOCKER_CONTEXT: 'other' };
    expect(where(all, '/flag.sock', 'other')).toBe('unix:///flag.sock --host');
    expect(where(all, undefined, 'other')).toBe('tcp://10.0.0.1:2375 --context');
    expect(where(all)).toBe('unix:///env.sock DOCKER_HOST');
    expect(where({ DOCKER_CONTEXT: 'other' })).toBe('tcp://10.0.0.1:2375 DOCKER_CONTEXT');
    expect(where()).toBe('unix:///used.sock docker context');
    expect(where({ DOCKER_CONTEXT: 'default' })).toBe('unix:///run/tscompose/engine.sock default');
  });

  it.each([
    ['tcp://127.0.0.1:1234', 'tcp://127.0.0.1:1234'],
    ['tcp://box', 'tcp://box:2375'],
    ['tcp://[::1]:99', 'tcp://[::1]:99'],
    ['http://box:80/', 'tcp://box:80'],
  ])('reads %s', (host, expected) => expect(where({}, host)).toBe(`${expected} --host`));

  it('takes TLS from the environment or from the context', () => {
    expect(resolveEndpoint({ host: 'tcp://box', env: { HOME: home, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' } })).toEqual({
      kind: 'tcp', host: 'box', port: 2376, source: '--host',
      tls: { ca: '/certs/ca.pem', cert: '/certs/cert.pem', key: '/certs/key.pem', skipVerify: false },
    });
    writeContext('secure', { Host: 'tcp://box:2376', SkipTLSVerify: true }, { ca: true });
    expect(resolveEndpoint({ context: 'secure', env: { HOME: home } })).toMatchObject({ tls: { skipVerify: true, ca: expect.stringContaining('ca.pem') as unknown } });
  });

  it.each([
    ['ssh://me@box', 'ssh is not supported'],
    ['tcp://box:99999', 'not an engine'],
    ['npipe:////./pipe/docker', 'not an engine'],
    ['relative.sock', 'not an engine'],
    [`unix:///${'x'.repeat(120)}`, '107 bytes'],
  ])('refuses %s', (host, message) => expect(() => where({}, host)).toThrow(message));

  it('names a context that is missing and a configuration that is broken', () => {
    expect(() => where({}, undefined, 'nope')).toThrow('docker context "nope" (from --context): not found');
    mkdirSync(join(home, '.docker'));
    writeFileSync(join(home, '.docker/config.json'), '{');
    expect(() => where()).toThrow('config.json: not valid JSON');
  });
});
