/** Makes layers and images: what the builder, commit, import and load stand on. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { EngineError } from '../../base/index.ts';
import { bytePathOf } from '../host/byte-path.ts';
import type { Digest, ImageConfigFile, ImageRecord, ImageWriter, LayerDescriptor, ResolvedImage } from '../parts.ts';
import { collectLayers } from './gc.ts';
import type { StoredLayer } from './layer-store.ts';
import { layerTar, type LayerTarOptions } from './layer-tar.ts';
import { formatReference, isDigest, parseReference, withDefaultTag } from './reference.ts';
import { findMountStubs, removeMountStubs } from './snapshot-changes.ts';
import { recordImage, resolved, type Store } from './store.ts';

export function createImageWriter(store: Store): ImageWriter {
  return {
    commitSnapshot: (id, options = {}) => commitSnapshot(store, id, options),
    async addLayer(tar: Readable, options: { signal?: AbortSignal } = {}) {
      return descriptor(await store.layers.add(tar, options));
    },
    createImage: async (config: ImageConfigFile, layers: readonly LayerDescriptor[], tags: readonly string[]): Promise<ImageRecord> =>
      recordImage(store, {
        config: Buffer.from(JSON.stringify(config)),
        layers,
        tags: tags.map((tag) => formatReference(withDefaultTag(parseReference(tag)))),
      }),
    async findImage(id: Digest): Promise<ResolvedImage | undefined> {
      const image = isDigest(id) ? store.index.get(id) : undefined;
      return image && resolved(store, image);
    },
    hasLayer: (diffId) => store.layers.get(diffId) !== undefined,
    getLayer(diffId) {
      const layer = store.layers.get(diffId);
      return layer && descriptor(layer);
    },
    prepareLayers: (id, layers, options = {}) => store.snapshots.prepareLayers(id, layers, options.readonlyLower),
    keepLayers: (roots) => store.pins.addRoots(roots),
    collectLayers: async () => collectLayers(store),
  };
}

function descriptor(layer: StoredLayer): LayerDescriptor {
  const { mediaType, digest, size, diffId, unpackedSize } = layer;
  return { mediaType, digest, size, diffId, unpackedSize };
}

/**
 * A build step's upper directory itself becomes the layer, by rename, and the snapshot goes on with an empty one on top of it. A
 * container's stays where it is and is copied: the container may be running.
 */
async function commitSnapshot(store: Store, id: string, options: { epochS?: number; signal?: AbortSignal }): Promise<LayerDescriptor | undefined> {
  const { snapshots, layers } = store;
  const upper = snapshots.upperDir(id);
  const isStep = snapshots.isVolatile(id);
  if (isStep) {
    await snapshots.unmount(id);
    removeMountStubs(upper, snapshots.lowerDirs(id));
  }
  const exclude = new Set(isStep ? [] : findMountStubs(upper, snapshots.lowerDirs(id)).map(bytePathOf));
  const includeRoot = rootChanged(upper, snapshots.rootOf(id));
  if (!includeRoot && readdirSync(upper).every((name) => exclude.has(name))) return undefined;
  const tarOptions: LayerTarOptions = { ...options, includeRoot };
  if (!isStep) return descriptor(await layers.add(layerTar(upper, { ...tarOptions, exclude }), options.signal ? { signal: options.signal } : {}));
  const facts = await hashTree(upper, { ...tarOptions, rewriteTimes: true });
  const layer = layers.adopt(upper, { ...facts, hasRoot: includeRoot });
  snapshots.restack(id, layer);
  return descriptor(layer);
}

function rootChanged(upper: string, before: { mode: number; uid: number; gid: number }): boolean {
  const { mode, uid, gid } = statSync(upper);
  return (mode & 0o7777) !== before.mode || uid !== before.uid || gid !== before.gid;
}

async function hashTree(root: string, options: LayerTarOptions): Promise<{ diffId: Digest; tarSize: number; unpackedSize: number }> {
  const hash = createHash('sha256');
  let tarSize = 0;
  let unpackedSize = 0;
  try {
    for await (const chunk of layerTar(root, { ...options, onFile: (bytes) => (unpackedSize += bytes) })) {
      hash.update(chunk);
      tarSize += chunk.length;
    }
  } catch (error) {
    if (options.signal?.aborted === true) throw new EngineError('cancelled', 'commit was cancelled', { cause: error });
    throw error;
  }
  return { diffId: `sha256:${hash.digest('hex')}`, tarSize, unpackedSize };
}
