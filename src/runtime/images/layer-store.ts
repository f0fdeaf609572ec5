/**
 * Layers by diff id (the digest of the plain tar). A layer is a record, an unpacked directory and, when its bytes came from outside, a
 * blob. Layers made here (`adopt`) have no blob: the directory is the truth and gives the same tar whenever one is asked for.
 *
 * Invariants: a record exists only when the directory or the blob does; directories appear complete, by rename; unpacking the same
 * layer twice at once happens once.
 */
import { createReadStream, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EngineError, newId, removeFile, writeFileAtomic, type Logger } from '../../base/index.ts';
import type { Layout } from '../layout.ts';
import type { Digest, LayerDescriptor } from '../parts.ts';
import type { ContentStore, Ingest } from './content-store.ts';
import type { Durability } from './durability.ts';
import { unpackLayer, type UnpackedLayer } from './layer-ingest.ts';
import { layerTar } from './layer-tar.ts';
import { layerMediaType, MediaType, type Descriptor } from './media-types.ts';
import { digestHex, isDigest } from './reference.ts';

/** What the record file of a layer says. */
export interface StoredLayer extends LayerDescriptor {
  /** Bytes of the plain tar. */
  readonly tarSize: number;
  /** `snapshot`: no blob, the directory is written out as a tar on demand. */
  readonly source: 'blob' | 'snapshot';
  /** The tar has a member for the root directory, so the directory's own attributes count. */
  readonly hasRoot: boolean;
  /** Everything below this layer is hidden. */
  readonly hasOpaqueRoot: boolean;
  readonly createdAt: string;
  /** Compressed forms that a push made, with the repositories that are known to have them. */
  readonly pushed?: readonly (Descriptor & { repositories: readonly string[] })[];
}

export interface AddLayerOptions {
  /** Digest of the blob as it comes, when known beforehand. */
  digest?: Digest;
  diffId?: Digest;
  mediaType?: string;
  onChunk?(chunk: Uint8Array): void;
  signal?: AbortSignal;
}

export class LayerStore {
  readonly #layout: Layout;
  readonly #content: ContentStore;
  readonly #durability: Durability;
  readonly #logger: Logger;
  readonly #layers = new Map<Digest, StoredLayer>();
  readonly #unpacked = new Set<Digest>();
  readonly #unpacking = new Map<Digest, Promise<void>>();
  readonly #deletions = new Set<Promise<void>>();
  readonly #adding = new Set<Promise<unknown>>();

  constructor(layout: Layout, content: ContentStore, durability: Durability, logger: Logger) {
    this.#layout = layout;
    this.#content = content;
    this.#durability = durability;
    this.#logger = logger;
    // Nobody but root may reach into images: they have set-uid programs.
    for (const directory of [layout.layerRecords, layout.snapshots]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(layout.snapshots)) {
      if (/^(?:new|old)-/.test(name)) this.#deleteInBackground(join(layout.snapshots, name));
      else if (isDigest(`sha256:${name}`)) this.#unpacked.add(`sha256:${name}`);
    }
    for (const name of readdirSync(layout.layerRecords)) this.#readRecord(name);
    for (const diffId of this.#unpacked) if (!this.#layers.has(diffId)) this.#discard(diffId);
  }

  #readRecord(name: string): void {
    const path = join(this.#layout.layerRecords, name);
    try {
      const layer = JSON.parse(readFileSync(path, 'utf8')) as StoredLayer;
      const present = this.#unpacked.has(layer.diffId) || (layer.source === 'blob' && this.#content.has(layer.digest));
      if (present && `${digestHex(layer.diffId)}.json` === name) this.#layers.set(layer.diffId, layer);
      else removeFile(path);
    } catch (error) {
      this.#logger.warn('dropped an unreadable layer record', { path, error });
      removeFile(path);
    }
  }

  get(diffId: Digest): StoredLayer | undefined {
    return this.#layers.get(diffId);
  }

  list(): StoredLayer[] {
    return [...this.#layers.values()];
  }

  /** @throws EngineError notFound */
  require(diffId: Digest): StoredLayer {
    const layer = this.#layers.get(diffId);
    if (!layer) throw new EngineError('notFound', `layer ${diffId} does not exist`);
    return layer;
  }

  isUnpacked(diffId: Digest): boolean {
    return this.#unpacked.has(diffId);
  }

  /** The unpacked tree. It exists once `ensureUnpacked` has resolved. */
  directory(diffId: Digest): string {
    return join(this.#layout.layer(digestHex(diffId)), 'fs');
  }

  /** Unpacks from the blob if need be. @throws EngineError notFound */
  async ensureUnpacked(diffId: Digest): Promise<void> {
    if (this.#unpacked.has(diffId)) return;
    let running = this.#unpacking.get(diffId);
    if (!running) {
      running = this.#unpackStored(this.require(diffId)).finally(() => this.#unpacking.delete(diffId));
      this.#unpacking.set(diffId, running);
    }
    await running;
  }

  async #unpackStored(layer: StoredLayer): Promise<void> {
    const directory = this.#newDirectory();
    try {
      const unpacked = await unpackLayer({ bytes: this.#content.stream(layer.digest) }, directory);
      if (unpacked.diffId !== layer.diffId) throw new EngineError('internal', `layer ${layer.diffId} is damaged: its content is ${unpacked.diffId}`);
      this.#publish(directory, layer.diffId);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Stores and unpacks a layer as its bytes come.
   * @throws EngineError invalid (archive), internal (digest mismatch), cancelled; nothing is left behind then
   */
  add(bytes: AsyncIterable<Uint8Array>, options: AddLayerOptions = {}): Promise<StoredLayer> {
    return this.#tracked(this.#add(bytes, this.#content.ingest(), options));
  }

  /** The same for a spooled file, which becomes the blob by rename. */
  addFile(path: string, options: AddLayerOptions = {}): Promise<StoredLayer> {
    this.#durability.touch();
    return this.#tracked(this.#add(createReadStream(path, { highWaterMark: 256 * 1024 }), this.#content.adopt(path), options));
  }

  #tracked<T>(running: Promise<T>): Promise<T> {
    this.#adding.add(running);
    return running.finally(() => this.#adding.delete(running));
  }

  async #add(bytes: AsyncIterable<Uint8Array>, ingest: Ingest, options: AddLayerOptions): Promise<StoredLayer> {
    const directory = this.#newDirectory();
    const onChunk = (chunk: Uint8Array) => {
      ingest.write(chunk);
      options.onChunk?.(chunk);
    };
    try {
      const unpacked = await unpackLayer({ bytes, onChunk, ...(options.signal && { signal: options.signal }) }, directory);
      if (options.diffId !== undefined && unpacked.diffId !== options.diffId)
        throw new EngineError('internal', `layer verification failed: diff id is ${unpacked.diffId}, expected ${options.diffId}`);
      return this.#record(unpacked, ingest, directory, options);
    } catch (error) {
      ingest.abort();
      this.#deleteInBackground(directory);
      throw error;
    }
  }

  #record(unpacked: UnpackedLayer, ingest: Ingest, directory: string, options: AddLayerOptions): StoredLayer {
    const known = this.#layers.get(unpacked.diffId);
    if (options.digest !== undefined && ingest.digest() !== options.digest)
      throw new EngineError('internal', `content digest ${options.digest}: got ${ingest.digest()}: digest mismatch`);
    if (known) {
      ingest.abort();
      this.#publish(directory, known.diffId);
      return known;
    }
    const blob = ingest.commit(options.digest);
    this.#publish(directory, unpacked.diffId);
    const { compression, ...facts } = unpacked;
    return this.#save({ ...facts, ...blob, mediaType: options.mediaType ?? layerMediaType(compression), source: 'blob', createdAt: new Date().toISOString() });
  }

  /**
   * Makes a layer of an overlay upper directory by renaming it, after its tar was hashed. Nobody may write to it any more.
   * @returns the layer; `upper` is gone, also when the layer existed before
   */
  adopt(upper: string, facts: Pick<StoredLayer, 'diffId' | 'tarSize' | 'unpackedSize' | 'hasRoot'>): StoredLayer {
    this.#durability.touch();
    const known = this.#layers.get(facts.diffId);
    const directory = this.#newDirectory();
    mkdirSync(directory, { mode: 0o700 });
    renameSync(upper, join(directory, 'fs'));
    this.#publish(directory, facts.diffId);
    if (known) return known;
    const descriptor = { mediaType: MediaType.ociLayer, digest: facts.diffId, size: facts.tarSize };
    return this.#save({ ...facts, ...descriptor, source: 'snapshot', hasOpaqueRoot: false, createdAt: new Date().toISOString() });
  }

  /** Remembers that a registry has a compressed form of a layer. */
  recordPushed(diffId: Digest, descriptor: Descriptor, repository: string): void {
    const layer = this.#layers.get(diffId);
    if (!layer) return;
    const others = (layer.pushed ?? []).filter((form) => form.digest !== descriptor.digest);
    const before = layer.pushed?.find((form) => form.digest === descriptor.digest)?.repositories ?? [];
    const repositories = [...new Set([repository, ...before])].slice(0, 20);
    this.#save({ ...layer, pushed: [{ ...descriptor, repositories }, ...others].slice(0, 10) });
  }

  /** The bytes that the layer's descriptor names: the blob, or the tar of the directory. */
  blob(layer: StoredLayer): Readable {
    if (layer.source === 'blob') return this.#content.stream(layer.digest);
    return Readable.from(layerTar(this.directory(layer.diffId), { includeRoot: layer.hasRoot }), { objectMode: false, highWaterMark: 256 * 1024 });
  }

  /** Deletes a layer. The caller knows that nothing uses it. */
  remove(diffId: Digest): void {
    const layer = this.#layers.get(diffId);
    if (!layer) return;
    this.#layers.delete(diffId);
    removeFile(this.#layout.layerRecord(digestHex(diffId)));
    if (layer.source === 'blob') this.#content.remove(layer.digest);
    if (this.#unpacked.has(diffId)) this.#discard(diffId);
  }

  /** Drops the unpacked tree only; it comes back from the blob. */
  discardTree(diffId: Digest): void {
    if (this.#unpacked.has(diffId)) this.#discard(diffId);
  }

  /** Resolves when nothing is being added any more and what was deleted has left the disk. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#adding);
    await Promise.all(this.#deletions);
  }

  #save(layer: StoredLayer): StoredLayer {
    this.#durability.touch();
    writeFileAtomic(this.#layout.layerRecord(digestHex(layer.diffId)), JSON.stringify(layer), { durable: false });
    this.#layers.set(layer.diffId, layer);
    return layer;
  }

  #newDirectory(): string {
    this.#durability.touch();
    return join(this.#layout.snapshots, `new-${newId().slice(0, 16)}`);
  }

  #publish(directory: string, diffId: Digest): void {
    if (this.#unpacked.has(diffId)) return this.#deleteInBackground(directory); // somebody else was faster
    renameSync(directory, this.#layout.layer(digestHex(diffId)));
    this.#unpacked.add(diffId);
  }

  #discard(diffId: Digest): void {
    const trash = join(this.#layout.snapshots, `old-${newId().slice(0, 16)}`);
    renameSync(this.#layout.layer(digestHex(diffId)), trash);
    this.#unpacked.delete(diffId);
    this.#deleteInBackground(trash);
  }

  #deleteInBackground(directory: string): void {
    const deletion = rm(directory, { recursive: true, force: true })
      .catch((error: unknown) => this.#logger.warn('cannot delete', { directory, error }))
      .finally(() => this.#deletions.delete(deletion));
    this.#deletions.add(deletion);
  }
}
