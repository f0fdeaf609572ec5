import { describe, expect, it } from 'vitest';
import { configHash, networkHash, printedConfigHash } from '../../../src/controller/config-hash.ts';
import { goJson } from '../../../src/controller/service-document.ts';
import { fixture, fixtureProject } from './fixture-project.ts';
import { project } from './model.ts';

const recorded = JSON.parse(fixture('config-hashes.json')) as { files: Record<string, { directory: string; hashes: Record<string, string> }> };

describe('printedConfigHash', () => {
  for (const [file, { directory, hashes }] of Object.entries(recorded.files)) {
    it(`gives the services of ${file} the hashes that docker compose gives them`, async () => {
      const { services } = await fixtureProject(file, directory, { resolveEnv: false });
      expect(Object.fromEntries(Object.values(services).map((service) => [service.name, printedConfigHash(service)]))).toEqual(hashes);
    });
  }

});

describe('configHash', () => {
  it('hashes what env files gave, not their names', async () => {
    const { services } = await fixtureProject('every-attribute.yaml', '/srv/rich');
    const { shares } = services;
    const { env_file: _, ...inlined } = shares ?? { name: '', command: null, entrypoint: null };
    expect(shares && configHash(shares)).toBe(configHash(inlined));
    expect(inlined.environment).toEqual({ FROMFILE: 'v1' });
  });

  const hashOf = (service: Parameters<typeof project>[0]['services'][string]) => {
    const built = project({ services: { web: service } }).services['web'];
    return built && configHash(built);
  };

  it('does not depend on how the image comes about and how many containers there are', () => {
    expect(hashOf({ build: { context: '/x' }, pull_policy: 'always', scale: 3 })).toBe(hashOf({}));
    expect(hashOf({ deploy: { replicas: 3 } })).toBe(hashOf({ deploy: {} }));
  });

  it('depends on everything else, the order of a list included', () => {
    expect(hashOf({ user: '1' })).not.toBe(hashOf({}));
    expect(hashOf({ dns: ['1.1.1.1', '9.9.9.9'] })).not.toBe(hashOf({ dns: ['9.9.9.9', '1.1.1.1'] }));
    expect(hashOf({ labels: { a: '1', b: '2' } })).toBe(hashOf({ labels: { b: '2', a: '1' } }));
  });

  it('sorts keys that look like numbers as text, as Go does', () => {
    expect(goJson(new Map([['9', 'a'], ['10', 'b'], ['x<', '&']]))).toBe('{"10":"b","9":"a","x\\u003c":"\\u0026"}');
  });
});

describe('networkHash', () => {
  it('changes with the definition and not with labels or empty parts', () => {
    const base = { name: 'demo_front' };
    expect(networkHash({ ...base, labels: { a: 'b' }, driver_opts: {}, ipam: {} })).toBe(networkHash(base));
    expect(networkHash({ ...base, internal: true })).not.toBe(networkHash(base));
  });
});
