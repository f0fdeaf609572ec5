import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { up, watch, type WatchReport } from '../../../src/controller/index.ts';
import { noDockerd, startDockerd, type Dockerd } from '../../support/dockerd.ts';
import { eventually } from '../../support/workspace.ts';
import { stackOn } from './stack.ts';

const missing = noDockerd();

describe.skipIf(missing)(`watch on dockerd${missing ? ` (${missing})` : ''}`, () => {
  let dockerd: Dockerd;
  const cleanups: (() => Promise<unknown>)[] = [];
  beforeAll(async () => void (dockerd = await startDockerd()));
  afterAll(() => dockerd?.stop());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('syncs, deletes, restarts and rebuilds as files change', async () => {
    const root = mkdtempSync('/tmp/ctl-watch-live-');
    cleanups.push(async () => rmSync(root, { recursive: true, force: true }));
    mkdirSync(join(root, 'src'));
    mkdirSync(join(root, 'conf'));
    writeFileSync(join(root, 'src/first'), 'one');
    writeFileSync(join(root, 'conf/a'), 'a');
    writeFileSync(join(root, 'Dockerfile'), 'FROM busybox\nCMD ["sleep", "1000"]\n');
    const s = stackOn(dockerd.socket, {
      services: {
        web: {
          image: undefined,
          user: '65534',
          build: { context: root },
          stop_grace_period: 0,
          develop: {
            watch: [
              { path: join(root, 'src'), action: 'sync', target: '/app', initial_sync: true },
              { path: join(root, 'conf'), action: 'sync+restart', target: '/conf' },
              { path: join(root, 'Dockerfile'), action: 'rebuild' },
            ],
          },
        },
      },
    }, cleanups);
    cleanups.push(() => s.context.engine.images.remove(`${s.project.name}-web`, { force: true }));
    await up(s.context);
    const stop = new AbortController();
    const reports: WatchReport[] = [];
    let ready = false;
    const watching = watch({ ...s.context, signal: stop.signal }, { onReady: () => (ready = true), onReaction: (report) => void reports.push(report) });
    cleanups.push(async () => { stop.abort(); await watching; });
    const read = async (path: string) => (await s.exec('web', 'cat', path)).stdout;
    await eventually('the first sync', () => ready);
    expect(await read('/app/first')).toBe('one');
    expect((await s.exec('web', 'ls', '-ln', '/app/first')).stdout).toMatch(/ 65534 /);

    mkdirSync(join(root, 'src/deep'));
    writeFileSync(join(root, 'src/deep/second'), 'two');
    await eventually('a new file in a new directory', async () => (await read('/app/deep/second')) === 'two');
    rmSync(join(root, 'src/first'));
    await eventually('the end of a deleted file', async () => !(await s.exec('web', 'ls', '/app')).stdout.includes('first'));

    const startedAt = async () => (await s.context.engine.containers.inspect(`${s.project.name}-web-1`)).State.StartedAt;
    const before = await startedAt();
    writeFileSync(join(root, 'conf/a'), 'changed');
    await eventually('a restart', async () => (await startedAt()) !== before);
    expect(await read('/conf/a')).toBe('changed');

    const image = (await s.containers())[0]?.imageId;
    writeFileSync(join(root, 'Dockerfile'), 'FROM busybox\nLABEL changed=yes\nCMD ["sleep", "1000"]\n');
    await eventually('a container from a new image', async () => {
      const [c] = await s.containers();
      return c?.state === 'running' && c.imageId !== image;
    });
    await eventually('the report of the rebuild', () => reports.some((report) => report.action === 'rebuild'));
    expect(reports.map((report) => report.error).filter(Boolean)).toEqual([]);
    expect(new Set(reports.map((report) => report.action))).toEqual(new Set(['sync', 'restart', 'rebuild']));
  });
});
