/** A throw-away images room, and tars made by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EngineError, silentLogger } from '../../../src/base/index.ts';
import { createLayout, type Layout } from '../../../src/runtime/layout.ts';
import type { ContainerUser, ImagesRoom, RoomContext } from '../../../src/runtime/parts.ts';
import { encodeHeader, END_OF_ARCHIVE, openImages, padding, type ImagesOptions, type TarEntry } from '../../../src/runtime/images/index.ts';

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

export type Member = Partial<Omit<TarEntry, 'size' | 'path'>> & { path: string; content?: string | Uint8Array };

/** A tar of members in the given order. */
export function tar(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  for (const { content, ...member } of members) {
    const bytes = Buffer.from(content ?? '');
    const entry: TarEntry = {
      type: member.path.endsWith('/') ? 'dir' : 'file',
      mode: member.path.endsWith('/') ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      size: bytes.length,
      mtime: 1_600_000_000,
      linkPath: '',
      major: 0,
      minor: 0,
      ...member,
    };
    parts.push(encodeHeader(entry), bytes, padding(bytes.length));
  }
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

export function stream(bytes: Uint8Array, chunk = 60_000): Readable {
  return Readable.from((function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  })(), { objectMode: false });
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

export async function drain(messages: AsyncIterable<{ error?: string; stream?: string; status?: string; id?: string }>): Promise<{ error?: string; stream?: string; status?: string; id?: string }[]> {
  const all = [];
  for await (const message of messages) all.push(message);
  return all;
}
