/** A throw-away images room. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, silentLogger } from '../../../src/base/index.ts';
import { createLayout, type Layout } from '../../../src/runtime/layout.ts';
import type { ContainerUser, ImagesRoom, RoomContext } from '../../../src/runtime/parts.ts';
import { openImages, type ImagesOptions } from '../../../src/runtime/images/index.ts';
import { stream, tar, type Member } from './tars.ts';

export { drain, stream, tar, type Member } from './tars.ts';

export interface TestRoom {
  room: ImagesRoom;
  layout: Layout;
  root: string;
  events: { action: string; id: string; attributes: Record<string, string> }[];
  /** Image id to the containers that use it. */
  users: Map<string, ContainerUser[]>;
  /** Closes and opens the room again on the same state, as after a crash of the engine. */
  reopen(): Promise<void>;
  dispose(): Promise<void>;
}

export async function openRoom(options: ImagesOptions = {}): Promise<TestRoom> {
  const root = mkdtempSync(join(tmpdir(), 'tsc-img-'));
  const layout = createLayout({ root, run: join(root, 'run') });
  const events: TestRoom['events'] = [];
  const users: TestRoom['users'] = new Map();
  const context: RoomContext = {
    layout,
    logger: silentLogger,
    events: { publish: (_type, action, id, attributes) => void events.push({ action, id, attributes: { ...attributes } }) },
    usage: {
      ofImage: (image) => users.get(image) ?? [],
      ofVolume: () => [],
      resolve: (name) => {
        throw new EngineError('notFound', `No such container: ${name}`);
      },
      list: () => [...users.values()].flat(),
    },
  };
  const test: TestRoom = {
    room: await openImages(context, options),
    layout,
    root,
    events,
    users,
    async reopen() {
      test.room = await openImages(context, options);
    },
    async dispose() {
      for (const id of await test.room.snapshots.list()) await test.room.snapshots.remove(id);
      await test.room.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return test;
}

/** An image of one layer per tar. */
export async function makeImage(test: TestRoom, tag: string, ...layers: Member[][]): Promise<string> {
  const stored = [];
  for (const members of layers) stored.push(await test.room.writer.addLayer(stream(tar(members))));
  const record = await test.room.writer.createImage(
    { architecture: 'amd64', os: 'linux', created: new Date().toISOString(), config: {}, rootfs: { type: 'layers', diff_ids: stored.map((layer) => layer.diffId) } },
    stored,
    tag === '' ? [] : [tag],
  );
  return record.id;
}
