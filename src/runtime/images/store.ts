/** What the files of this room share: the stores and the few operations that join them. */
import { createHash } from 'node:crypto';
import { EngineError } from '../../base/index.ts';
import type { Digest, ImageConfigFile, ImageRecord, LayerDescriptor, ResolvedImage, RoomContext } from '../parts.ts';
import type { ContentStore } from './content-store.ts';
import type { Durability } from './durability.ts';
import type { ImageIndex, StoredImage } from './image-index.ts';
import type { LayerStore } from './layer-store.ts';
import { MediaType, type Manifest } from './media-types.ts';
import { familiar } from './reference.ts';
import type { Snapshots } from './snapshots.ts';

/** The opened stores of one state root. */
export interface Store {
  readonly context: RoomContext;
  readonly durability: Durability;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly index: ImageIndex;
  readonly snapshots: Snapshots;
  readonly configs: Map<Digest, ImageConfigFile>;
  readonly pins: Pins;
}

/** Content that an operation in progress needs although no image names it yet. */
export class Pins {
  readonly #counts = new Map<Digest, number>();
  readonly #roots: (() => Iterable<Digest>)[] = [];

  /** @returns the function that gives it free */
  pin(digests: Iterable<Digest>): () => void {
    const held = [...digests];
    for (const digest of held) this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
    return () => {
      for (const digest of held.splice(0)) {
        const count = (this.#counts.get(digest) ?? 1) - 1;
        if (count > 0) this.#counts.set(digest, count);
        else this.#counts.delete(digest);
      }
    };
  }

  addRoots(roots: () => Iterable<Digest>): void {
    this.#roots.push(roots);
  }

  get hasRoots(): boolean {
    return this.#roots.length > 0;
  }

  all(): Set<Digest> {
    const digests = new Set(this.#counts.keys());
    for (const roots of this.#roots) for (const digest of roots()) digests.add(digest);
    return digests;
  }
}

const MAX_CONFIGS = 256;

/** The parsed config of a stored image. @throws EngineError notFound when the blob is lost */
export function readConfig(store: Pick<Store, 'content' | 'configs'>, id: Digest): ImageConfigFile {
  const known = store.configs.get(id);
  if (known) return known;
  const config = JSON.parse(store.content.read(id).toString('utf8')) as ImageConfigFile;
  if (store.configs.size >= MAX_CONFIGS) store.configs.delete(store.configs.keys().next().value ?? '');
  store.configs.set(id, config);
  return config;
}

export function resolved(store: Store, image: StoredImage): ResolvedImage {
  return { record: image.record, config: readConfig(store, image.record.id) };
}

/** Chain ids of a stack of layers. @see OCI image specification, "Layer ChainID" */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(parent === undefined ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`);
  }
  return chain;
}

export interface NewImage {
  /** The config's bytes exactly as they shall be stored; the id is their digest. */
  config: Uint8Array;
  layers: readonly LayerDescriptor[];
  /** Normalised references. */
  tags: readonly string[];
  repoDigests?: readonly string[];
  /** As it came from a registry or archive; else one is written. */
  manifest?: { mediaType: string; digest: Digest; size: number };
  /** No `tag` events: pull and load announce themselves. */
  quiet?: boolean;
}

/**
 * Records an image whose layers are stored. Readers see it complete or not at all.
 * @throws EngineError invalid when config and layers disagree
 */
export function recordImage(store: Store, image: NewImage): ImageRecord {
  const config = parseConfig(image.config);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== image.layers.length || diffIds.some((diffId, i) => image.layers[i]?.diffId !== diffId))
    throw new EngineError('invalid', 'the layers do not fit the image config');
  const layers = diffIds.map((diffId) => store.layers.require(diffId));
  const { digest: id, size } = store.content.put(image.config);
  const descriptors = layers.map(({ mediaType, digest, size: bytes, diffId }) => ({ mediaType, digest, size: bytes, diffId }));
  const record: ImageRecord = {
    id,
    createdAt: config.created ?? '0001-01-01T00:00:00Z',
    tags: image.tags,
    repoDigests: image.repoDigests ?? [],
    manifest: image.manifest ?? writeManifest(store, { mediaType: MediaType.ociConfig, digest: id, size }, descriptors),
    layers: descriptors,
    chain: chainIds(diffIds),
    size: layers.reduce((sum, layer) => sum + layer.unpackedSize, 0),
  };
  const stored = store.index.add({ record, labels: config.config?.Labels ?? undefined, parent: config.parent });
  if (image.quiet !== true) for (const tag of image.tags) publishImage(store, 'tag', id, familiar(tag));
  return stored;
}

function writeManifest(store: Store, config: Manifest['config'], layers: readonly Manifest['layers'][number][]): ImageRecord['manifest'] {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
  return { mediaType: MediaType.ociManifest, ...store.content.put(JSON.stringify(manifest)) };
}

/** @throws EngineError invalid */
export function parseConfig(bytes: Uint8Array): ImageConfigFile {
  let config: ImageConfigFile;
  try {
    config = JSON.parse(Buffer.from(bytes).toString('utf8')) as ImageConfigFile;
  } catch (cause) {
    throw new EngineError('invalid', 'the image config is not JSON', { cause });
  }
  const diffIds: unknown = config?.rootfs?.diff_ids ?? [];
  if (typeof config !== 'object' || config === null || !Array.isArray(diffIds)) throw new EngineError('invalid', 'invalid image config');
  return { ...config, rootfs: { type: 'layers', diff_ids: diffIds as Digest[] } };
}

/**
 * Announces an image event as dockerd words them.
 * @param name  the familiar reference, or the id where there is none
 * @param actor  what the event is about: the id, for pull and push the reference
 */
export function publishImage(store: Store, action: string, id: Digest, name: string, actor: string = id): void {
  store.context.events.publish('image', action, actor, { ...store.index.get(id)?.labels, name });
}
