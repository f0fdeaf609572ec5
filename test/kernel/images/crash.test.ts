import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRoom, type TestRoom } from './room.ts';

const ROUNDS = 15;
/** Inside the checkout, so that it finds node_modules. */
const bundle = resolve(import.meta.dirname, `.crash-child-${process.pid}.mjs`);
let test: TestRoom;
beforeAll(async () => {
  await build({ entryPoints: [join(import.meta.dirname, 'crash-child.ts')], bundle: true, platform: 'node', format: 'esm', external: ['koffi'], outfile: bundle, logLevel: 'error' });
  test = await openRoom();
});
afterAll(async () => {
  rmSync(bundle, { force: true });
  await test?.dispose();
});

async function workAndDie(afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [bundle, test.root], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect([code, signal]).toEqual([null, 'SIGKILL']);
}

/** Every image is whole, every name belongs to one image, and nothing lies around that nobody needs. */
async function check(): Promise<number> {
  await test.reopen();
  for (const id of await test.room.snapshots.list()) await test.room.snapshots.remove(id);
  const images = await test.room.api.list({ all: true });
  const names = images.flatMap((image) => image.RepoTags);
  expect(new Set(names).size).toBe(names.length);
  for (const image of images) {
    await test.room.snapshots.prepare('look', (await test.room.resolve(image.Id)).record);
    const content = readFileSync(join(await test.room.snapshots.mount('look'), 'content'), 'utf8');
    const label = image.Labels?.['content'];
    if (label !== undefined) expect(content).toBe(label);
    await test.room.snapshots.remove('look');
  }
  await test.room.close();
  expect(readdirSync(test.layout.ingest)).toEqual([]);
  expect(readdirSync(test.layout.snapshots).filter((name) => /^(?:new|old)-/.test(name))).toEqual([]);
  const records = readdirSync(test.layout.layerRecords).map((name) => name.replace('.json', ''));
  const trees = readdirSync(test.layout.snapshots).filter((name) => name.length === 64);
  for (const tree of trees) expect(records).toContain(tree);
  return images.length;
}

it('loses no image and keeps no rubbish when it is killed at any moment', async () => {
  let most = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await workAndDie(5 + Math.random() * 150);
    most = Math.max(most, await check());
  }
  expect(most).toBeGreaterThan(3); // the child got somewhere
});
