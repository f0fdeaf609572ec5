import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/index.ts';
import { bakeFile, build, pull, push, type ControllerEvent } from '../../../src/controller/index.ts';
import type { Engine, Progress, ProgressMessage } from '../../../src/engine-api/index.ts';
import { project } from './model.ts';

async function* progress(...messages: ProgressMessage[]): Progress {
  yield* messages;
}

const engineOf = (images: Partial<Engine['images']>): Engine => ({ images }) as unknown as Engine;

describe('push', () => {
  it('leaves out what can be built but has no name of its own, and says so', async () => {
    const pushed: string[] = [];
    const events: ControllerEvent[] = [];
    const engine = engineOf({ push: (name, options) => Promise.resolve(progress()).finally(() => pushed.push(`${name}:${options?.tag ?? ''}`)) });
    const model = project({ services: { named: { image: 'reg.example/app:1', build: { tags: ['reg.example/app:2'] } }, unnamed: { image: undefined, build: {} }, foreign: { image: 'busybox' } } });
    await push({ project: model, engine, onEvent: (event) => events.push(event) });
    expect(pushed.sort()).toEqual(['reg.example/app:1', 'reg.example/app:2']);
    expect(events).toContainEqual(expect.objectContaining({ name: 'demo-unnamed', state: 'skipped' }));
  });
});

describe('pull', () => {
  it('says where the password of a registry comes from, when that is what is missing', async () => {
    const engine = engineOf({ pull: () => Promise.reject(new EngineError('unauthorized', 'authentication required')) });
    const model = project({ services: { a: { image: 'reg.example:5000/a' }, b: { image: 'reg.example:5000/b' } } });
    const hint = expect.stringContaining('for reg.example:5000 they are written by docker login');
    await expect(pull({ project: model, engine }, { services: ['a'] })).rejects.toMatchObject({ code: 'pull.failed', hint });
    await expect(pull({ project: model, engine })).rejects.toMatchObject({ code: 'pull.failed', hint });
    const gone = engineOf({ pull: () => Promise.reject(new EngineError('notFound', 'manifest unknown')) });
    await expect(pull({ project: model, engine: gone })).rejects.not.toHaveProperty('hint', hint);
  });
});

describe('build', () => {
  it('checks every Dockerfile, whatever is wrong with others', async () => {
    const engine = engineOf({ build: (options) => Promise.resolve(progress({ error: `${options.tags?.[0] ?? ''} has a warning` })) });
    const section = { context: tmpdir(), dockerfile_inline: 'FROM scratch' };
    const model = project({ services: { a: { image: 'a', build: section }, b: { image: 'b', build: section, depends_on: { a: { condition: 'service_started', required: true } } } } });
    const failure = build({ project: model, engine }, { check: true });
    await expect(failure).rejects.toThrow('failed to build a: a has a warning');
    await expect(failure).rejects.toThrow('failed to build b: b has a warning');
    await expect(build({ project: model, engine })).rejects.toThrow(/^failed to build a: a has a warning$/);
  });
});

describe('bakeFile', () => {
  const model = project({
    environment: { FROM_ENV: 'e' },
    secrets: { token: { environment: 'TOKEN' }, key: { file: '/srv/demo/key' } },
    services: {
      base: { image: undefined, build: { context: '/srv/demo/base' } },
      app: {
        image: 'app:1',
        depends_on: { db: { condition: 'service_started', required: true } },
        build: {
          context: '/srv/demo', dockerfile_inline: 'FROM base\n', additional_contexts: { base: 'service:base', files: 'files', image: 'docker-image://busybox' },
          args: { A: '1', FROM_ENV: null, UNSET: null }, tags: ['app:2'], secrets: [{ source: 'token', target: '/run/secrets/token' }, { source: 'key', target: 'id' }],
          ssh: { default: '' }, target: 'last', network: 'none', shm_size: 1 << 20, ulimits: { nofile: { soft: 1, hard: 2 } }, extra_hosts: { h: ['10.0.0.1'] },
          platforms: ['linux/amd64'], cache_from: ['app:cache'], no_cache: true, pull: false, privileged: true,
        },
      },
      db: { image: undefined, build: { context: '/srv/demo/db' } },
    },
  });

  it('has all of a build section, and the targets that are contexts of others', async () => {
    const { group, target } = await bakeFile(model, { services: ['app'], args: { X: 'cli' }, push: true });
    expect(group).toEqual({ default: { targets: ['app', 'base'] } });
    expect(target['app']).toEqual({
      context: '/srv/demo', contexts: { base: 'target:base', files: '/srv/demo/files', image: 'docker-image://busybox' }, 'dockerfile-inline': 'FROM base\n',
      args: { A: '1', FROM_ENV: 'e', X: 'cli' }, labels: expect.objectContaining({ 'com.docker.compose.service': 'app' }), tags: ['app:1', 'app:2'], 'cache-from': ['app:cache'],
      target: 'last', secret: ['id=token,type=env,env=TOKEN', 'id=id,type=file,src=/srv/demo/key'], ssh: ['default'], platforms: ['linux/amd64'], 'no-cache': true, network: 'none',
      'shm-size': '1048576', ulimits: ['nofile=1:2'], 'extra-hosts': { h: '10.0.0.1' }, entitlements: ['security.insecure'], output: ['type=image,push=true'],
    });
    expect(target['base']).toEqual({ context: '/srv/demo/base', args: { X: 'cli' }, labels: expect.anything(), tags: ['demo-base'], output: ['type=docker'] });
  });
});
