/**
 * After a power cut or a crash of the kernel: what was written since the last time everything was on disk is looked at again. Blobs are
 * hashed; unpacked trees that have a blob are thrown away and come back from it; trees without a blob must still give their digest.
 * What is damaged goes, and with it the images that need it. Costs nothing after a mere crash of the engine.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { collectBlobs } from './gc.ts';
import type { StoredLayer } from './layer-store.ts';
import type { Store } from './store.ts';

export async function recover(store: Store): Promise<void> {
  const since = store.durability.suspectSinceMs;
  if (since !== undefined) {
    await verifyBlobs(store, since);
    for (const layer of store.layers.list()) if (Date.parse(layer.createdAt) >= since) await verifyLayer(store, layer);
    store.durability.verified();
  }
  dropIncompleteImages(store);
  collectBlobs(store);
}

async function verifyBlobs(store: Store, since: number): Promise<void> {
  for (const digest of store.content.list()) {
    if (statSync(store.content.path(digest)).mtimeMs < since) continue;
    if ((await digestOfStream(store.content.stream(digest))) !== digest) store.content.remove(digest);
  }
}

async function verifyLayer(store: Store, layer: StoredLayer): Promise<void> {
  if (layer.source === 'blob') {
    store.layers.discardTree(layer.diffId);
    if (!store.content.has(layer.digest)) store.layers.remove(layer.diffId);
  } else if ((await digestOfStream(store.layers.blob(layer)).catch(() => '')) !== layer.diffId) {
    store.layers.remove(layer.diffId);
  }
}

/** Images whose config or layers are gone cannot run; better no image than half of one. */
function dropIncompleteImages(store: Store): void {
  for (const { record } of store.index.list()) {
    if (store.content.has(record.id) && record.layers.every((layer) => store.layers.get(layer.diffId))) continue;
    store.context.logger.warn('dropped an image whose content is incomplete', { image: record.id, tags: record.tags });
    store.index.delete(record.id);
  }
}

async function digestOfStream(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
