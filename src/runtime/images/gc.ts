/**
 * Garbage collection: a layer goes when no image, no writable snapshot, no operation in progress and no build cache record needs it; a
 * blob goes when no image and no layer needs it.
 */
import type { Digest } from '../parts.ts';
import type { Store } from './store.ts';

/** Orphaned layers younger than this may be about to get an image. */
const GRACE_MS = 60_000;

/** Diff ids that something needs. */
export function usedLayers(store: Store): Set<Digest> {
  const used = store.snapshots.usedLayers();
  for (const image of store.index.list()) for (const layer of image.record.layers) used.add(layer.diffId);
  for (const digest of store.pins.all()) used.add(digest);
  return used;
}

/**
 * Removes what became free.
 * @param candidates  diff ids to look at; without it, every layer that was an orphan for a minute (only when the build cache has
 *   registered what it needs)
 * @returns the removed layers and the bytes they had unpacked
 */
export function collectLayers(store: Store, candidates?: Iterable<Digest>): { removed: Digest[]; bytes: number } {
  const used = usedLayers(store);
  const removed: Digest[] = [];
  let bytes = 0;
  for (const diffId of candidates ?? orphans(store)) {
    const layer = store.layers.get(diffId);
    if (!layer || used.has(diffId)) continue;
    bytes += layer.unpackedSize;
    removed.push(diffId);
    store.layers.remove(diffId);
  }
  return { removed, bytes };
}

function orphans(store: Store): Digest[] {
  if (!store.pins.hasRoots) return [];
  const before = Date.now() - GRACE_MS;
  return store.layers.list().filter((layer) => Date.parse(layer.createdAt) < before).map((layer) => layer.diffId);
}

/** Removes configs and manifests that no image names. @param candidates  blob digests; all when left out (only while nothing is in progress) */
export function collectBlobs(store: Store, candidates: Iterable<Digest> = store.content.list()): void {
  const used = store.pins.all();
  for (const { record } of store.index.list()) for (const digest of [record.id, record.manifest.digest]) used.add(digest);
  for (const layer of store.layers.list()) if (layer.source === 'blob') used.add(layer.digest);
  for (const digest of candidates) if (!used.has(digest)) store.content.remove(digest);
}
