/** Caches that travel: `cache_from` and `cache_to` through the controller, on an engine in this process. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Build } from '../../../src/compose/index.ts';
import { build, type ControllerEvent, type EngineContext } from '../../../src/controller/index.ts';
import { project } from '../../unit/controller/model.ts';
import { startRegistry, type Registry } from '../images/registry-support.ts';
import { openBuildLab, type BuildLab } from './support.ts';

let lab: BuildLab;
let directory = '';
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsc-cache-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox:test AS tools\nRUN echo tool > /tool\nFROM busybox:test\nCOPY --from=tools /tool /copied\nRUN echo end > /end\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** @returns which steps came from the cache, and the warnings */
async function run(definition: Build, credentials?: EngineContext['credentials']): Promise<{ cached: string[]; warnings: string[] }> {
  const cached: string[] = [];
  const warnings: string[] = [];
  const onEvent = (event: ControllerEvent): void => {
    if (event.type === 'warning') warnings.push(event.message);
    const step = event.type === 'build' ? (event.message.aux as { step?: { state: string; instruction: string } } | undefined)?.step : undefined;
    if (step?.state === 'cached') cached.push(step.instruction.split(' ')[0] ?? '');
  };
  const model = project({ services: { web: { image: 'cached:test', build: { context: directory, ...definition } } } });
  await build({ project: model, engine: lab.runtime, ownEngine: true, onEvent, ...(credentials && { credentials }) }, {});
  return { cached, warnings };
}

/** What another machine would start with. */
async function forget(): Promise<void> {
  await lab.runtime.images.remove('cached:test', { force: true });
  await lab.runtime.images.pruneBuildCache({ all: true });
}

const tags = async (): Promise<string[]> => (await lab.runtime.images.list()).flatMap(({ RepoTags }) => RepoTags ?? []).sort();

describe('caches', () => {
  it('of type local bring every step to another machine with mode=max, and those of the image without', async () => {
    const before = await tags();
    expect(await run({ cache_to: [`type=local,dest=${join(directory, 'all')},mode=max`, `type=local,dest=${join(directory, 'own')}`] })).toEqual({ cached: [], warnings: [] });
    expect(existsSync(join(directory, 'all/tscompose-cache.tar'))).toBe(true);
    expect(await tags()).toEqual([...before, 'cached:test'].sort());
    await forget();
    expect((await run({ cache_from: [`type=local,src=${join(directory, 'all')}`] })).cached).toEqual(['RUN', 'COPY', 'RUN']);
    await forget();
    expect((await run({ cache_from: [`type=local,src=${join(directory, 'own')}`] })).cached).toEqual(['COPY', 'RUN']);
    await forget();
    expect(await tags()).toEqual(before);
  });

  it('of type registry are pushed and pulled with the credentials for that host, and leave no name behind', async () => {
    const registry: Registry = await startRegistry({ htpasswd: { user: 'u', password: 'p' } });
    try {
      const reference = `${registry.host}/caches/web:v1`;
      const before = await tags();
      const credentials = async (host: string) => (host === registry.host ? { username: 'u', password: 'p', serveraddress: host } : undefined);
      expect((await run({ cache_to: [`type=registry,ref=${reference},mode=max`] }, credentials)).warnings).toEqual([]);
      expect(await tags()).toEqual([...before, 'cached:test'].sort());
      await forget();
      expect(await run({ cache_from: [`type=registry,ref=${reference}`] }, credentials)).toEqual({ cached: ['RUN', 'COPY', 'RUN'], warnings: [] });
      await lab.runtime.images.remove(reference, { force: true });
      await forget();
      expect((await run({ cache_to: [`type=registry,ref=${reference}`] })).warnings).toEqual([expect.stringMatching(/cache_to\[0\]: the cache of web was not written/)]);
      await forget();
    } finally {
      await registry.stop();
    }
  });

  it('that cannot be had are named with their place and stop nothing', async () => {
    const { warnings } = await run({ cache_from: ['type=gha', `type=local,src=${directory}`], cache_to: ['type=s3,bucket=x', 'type=registry', 'type=registry,ref=cached:test'] });
    expect(warnings).toEqual([
      'services.web.build.cache_from[0]: a cache of type "gha" is not supported (registry, local and inline are); it is not used',
      expect.stringMatching(/^services\.web\.build\.cache_from\[1\]: cannot use the cache in .*: ENOENT/),
      'services.web.build.cache_to[0]: a cache of type "s3" is not supported (registry, local and inline are); nothing is written',
      expect.stringMatching(/cache_to\[1\]: a cache of type "registry" needs ref/),
      expect.stringMatching(/cache_to\[2\]: cached:test is the image itself/),
    ]);
    await forget();
  });

  it('of type inline are in the image', async () => {
    await run({ cache_to: ['type=inline'] });
    await lab.runtime.images.tag('cached:test', { repo: 'kept', tag: 'test' });
    await forget();
    expect((await run({ cache_from: ['kept:test'] })).cached).toEqual(['COPY', 'RUN']);
    await lab.runtime.images.remove('kept:test', { force: true });
    await forget();
  });
});
