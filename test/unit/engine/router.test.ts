import { describe, expect, it } from 'vitest';
import type { Handler } from '../../../src/engine/call.ts';
import { Router } from '../../../src/engine/router.ts';
import { allRoutes } from '../../../src/engine/server.ts';
import { checkVersion, splitVersion } from '../../../src/engine/version.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';

const handler: Handler = () => Promise.resolve();

describe('the router', () => {
  const router = new Router([
    ['GET', '/images/json', handler],
    ['GET', '/images/:name*/json', handler],
    ['GET', '/containers/:id/json', handler],
  ]);
  it.each([
    ['GET', '/images/json', {}],
    ['GET', '/images/busybox/json', { name: 'busybox' }],
    ['GET', '/images/host:5000/a/b@sha256:12/json', { name: 'host:5000/a/b@sha256:12' }],
    ['GET', '/images/a%2Fb/json', { name: 'a/b' }],
    ['GET', '/containers/x%20y/json', { id: 'x y' }],
    ['GET', '/containers/a/b/json', undefined],
    ['GET', '/containers/%zz/json', undefined],
    ['POST', '/images/json', undefined],
    ['GET', '/', undefined],
    ['GET', '', undefined],
  ])('takes %s %s apart', (method, path, params) => expect(router.find(method, path)?.params).toEqual(params));

  it('finds every route of the table by a path of its own pattern', () => {
    const engine = new HttpEngine({ endpoint: { kind: 'unix', path: '/nowhere', source: '--host' } });
    const routes = allRoutes(engine);
    const all = new Router(routes);
    const lost = routes.filter(([method, pattern]) => all.find(method, pattern.replace(/:\w+\*?/g, 'name')) === undefined);
    expect(lost).toEqual([]);
    expect(routes.length).toBeGreaterThan(100);
  });
});

describe('the version of a path', () => {
  it.each([
    ['/info', { version: '1.47', rest: '/info' }],
    ['/v1.24/info', { version: '1.24', rest: '/info' }],
    ['/v1.24', { version: '1.47', rest: '/v1.24' }],
    ['/volumes', { version: '1.47', rest: '/volumes' }],
  ])('%s', (path, expected) => expect(splitVersion(path)).toEqual(expected));

  it.each(['1.24', '1.41', '1.47'])('%s is served', (version) => expect(() => checkVersion(version)).not.toThrow());
  it.each([['1.23', 'too old'], ['1.48', 'too new'], ['2.0', 'too new'], ['1..2', 'too old'], ['0', 'too old']])('%s is %s', (version, message) =>
    expect(() => checkVersion(version)).toThrow(message));
});
