/** `docker push`: layers (compressed when they are stored plain), config, manifest. */
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { EngineError, Limiter, shortId } from '../../../base/index.ts';
import type { Progress, RegistryAuth } from '../../../engine-api/index.ts';
import type { Digest, ImageRecord } from '../../parts.ts';
import type { StoredLayer } from '../layer-store.ts';
import { manifestOf, type ManifestBytes } from '../manifest-of.ts';
import { MediaType, type Descriptor, type Manifest } from '../media-types.ts';
import { createMeter, startProgress, type Emit } from '../progress.ts';
import { digestOf } from '../content-store.ts';
import { familiarName, familiarString, parseReference, repositoryOf, type Reference } from '../reference.ts';
import { publishImage, type Store } from '../store.ts';
import type { RepositoryClient } from './client.ts';
import { RegistryError } from './registry-error.ts';
import { withRegistry } from './session.ts';
import { uploadBlob, type UploadSource } from './upload.ts';

export interface PushContext {
  store: Store;
  retryDelayMs?: number | undefined;
}

/** @param query.tag  undefined or '': the name's own tag, else every tag of the repository */
export function pushImage(context: PushContext, name: string, query: { tag?: string; auth?: RegistryAuth }, signal?: AbortSignal): Promise<Progress> {
  const base = parseReference(name);
  if (base.digest !== undefined) throw new EngineError('invalid', 'cannot push a digest reference');
  const reference = query.tag !== undefined && query.tag !== '' ? parseReference(`${repositoryOf(base)}:${query.tag}`) : base;
  const images = imagesToPush(context.store, reference);
  return startProgress(async (emit, both) => {
    const { root } = context.store.context.layout;
    await withRegistry(reference, 'push', { root, auth: query.auth, retryDelayMs: context.retryDelayMs }, async (client, config) => {
      await client.ping(both);
      emit({ status: `The push refers to repository [${repositoryOf(reference)}]` });
      const push = new Push(context.store, client, reference, new Limiter(config.uploads), emit, both);
      for (const { record, tag } of images) await push.one(record, tag);
    });
  }, signal);
}

/** @throws EngineError notFound with dockerd's sentence */
function imagesToPush(store: Store, reference: Reference): { record: ImageRecord; tag: string }[] {
  const repository = repositoryOf(reference);
  const images = store.index.list().flatMap(({ record }) =>
    record.tags.map(parseReference).filter((name) => repositoryOf(name) === repository && (reference.tag === undefined || name.tag === reference.tag)).map((name) => ({ record, tag: name.tag ?? 'latest' })),
  );
  if (images.length > 0) return images.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const what = reference.tag === undefined ? `An image does not exist locally with the tag: ${familiarName(reference)}` : `tag does not exist: ${familiarString(reference)}`;
  throw new EngineError('notFound', what);
}

class Push {
  readonly #store: Store;
  readonly #client: RepositoryClient;
  readonly #reference: Reference;
  readonly #limiter: Limiter;
  readonly #emit: Emit;
  readonly #signal: AbortSignal;

  constructor(store: Store, client: RepositoryClient, reference: Reference, limiter: Limiter, emit: Emit, signal: AbortSignal) {
    this.#store = store;
    this.#client = client;
    this.#reference = reference;
    this.#limiter = limiter;
    this.#emit = emit;
    this.#signal = signal;
  }

  async one(record: ImageRecord, tag: string): Promise<void> {
    const store = this.#store;
    const unpin = store.pins.pin([record.id, record.manifest.digest, ...record.layers.map((layer) => layer.diffId)]);
    const spool = store.content.spool();
    try {
      const unique = [...new Set(record.layers.map((layer) => layer.diffId))];
      for (const diffId of unique) this.#status('Preparing', diffId);
      const forms = new Map<Digest, Descriptor>();
      const jobs = unique.map((diffId) => this.#limiter.run(async () => forms.set(diffId, await this.#layer(store.layers.require(diffId), spool))));
      await settleAll(jobs);
      await this.#config(record);
      const layers = record.layers.map((layer) => forms.get(layer.diffId) as Descriptor); // every unique one was pushed
      const manifest = await this.#manifest(manifestOf(store, record, layers), tag);
      const size = manifest.bytes.length;
      this.#emit({ status: `${tag}: digest: ${manifest.digest} size: ${size}` });
      this.#emit({ progressDetail: {}, aux: { Tag: tag, Digest: manifest.digest, Size: size } });
      store.index.addDigest(record.id, `${repositoryOf(this.#reference)}@${manifest.digest}`);
      publishImage(store, 'push', record.id, familiarName(this.#reference), familiarString({ ...this.#reference, tag }));
    } finally {
      rmSync(spool, { recursive: true, force: true });
      unpin();
    }
  }

  #status(status: string, diffId: Digest): void {
    this.#emit({ status, progressDetail: {}, id: shortId(diffId) });
  }

  async #layer(layer: StoredLayer, spool: string): Promise<Descriptor> {
    const { diffId } = layer;
    const known = await this.#knownForm(layer);
    if (known) {
      this.#status('Layer already exists', diffId);
      return known;
    }
    const source = await this.#source(layer, spool);
    const meter = createMeter(this.#emit, 'Pushing', shortId(diffId), source.size);
    const result = await uploadBlob(this.#client, source, this.#mountCandidates(layer, source.digest), {
      onBytes: (bytes) => meter.add(bytes),
      onRestart: (offset) => meter.set(offset),
      signal: this.#signal,
    });
    this.#status({ exists: 'Layer already exists', mounted: `Mounted from ${result.kind === 'mounted' ? result.from : ''}`, pushed: 'Pushed' }[result.kind], diffId);
    const { mediaType, digest, size } = source;
    this.#store.layers.recordPushed(diffId, { mediaType, digest, size }, this.#repository());
    return { mediaType, digest, size };
  }

  #repository(): string {
    return repositoryOf(this.#reference);
  }

  /** A compressed form from an earlier push that this repository still has: nothing to compress, nothing to send. */
  async #knownForm(layer: StoredLayer): Promise<Descriptor | undefined> {
    for (const { mediaType, digest, size, repositories } of layer.pushed ?? [])
      if (repositories.includes(this.#repository()) && (await this.#client.hasBlob(digest, this.#signal))) return { mediaType, digest, size };
    return undefined;
  }

  /** Repositories of the same registry: the paths only. */
  #mountCandidates(layer: StoredLayer, digest: Digest): string[] {
    const prefix = `${this.#reference.domain}/`;
    const pushed = layer.pushed?.find((form) => form.digest === digest)?.repositories ?? [];
    const pulled = this.#store.index.list().filter((image) => image.record.layers.some((one) => one.digest === digest)).flatMap((image) => image.record.repoDigests.map((name) => repositoryOf(parseReference(name))));
    const paths = [...pushed, ...pulled].filter((repository) => repository.startsWith(prefix) && repository !== this.#repository()).map((repository) => repository.slice(prefix.length));
    return [...new Set(paths)].slice(0, 3);
  }

  /** The stored blob when it is compressed, else a gzip of it in the spool directory. */
  async #source(layer: StoredLayer, spool: string): Promise<UploadSource> {
    const { content, layers } = this.#store;
    if (layer.source === 'blob' && /(?:gzip|zstd)$/.test(layer.mediaType)) {
      const { mediaType, digest, size } = layer;
      return { mediaType, digest, size, read: (offset) => content.stream(digest, { start: offset }) };
    }
    const path = join(spool, layer.diffId.slice('sha256:'.length));
    const { digest, size } = await compress(layers.blob(layer), path, this.#signal);
    return { mediaType: MediaType.ociLayerGzip, digest, size, read: (offset) => createReadStream(path, { start: offset, highWaterMark: 256 * 1024 }) };
  }

  async #config(record: ImageRecord): Promise<void> {
    const bytes = this.#store.content.read(record.id);
    const source: UploadSource = { mediaType: MediaType.ociConfig, digest: record.id, size: bytes.length, read: (offset) => Readable.from([bytes.subarray(offset)]) };
    await uploadBlob(this.#client, source, [], { onBytes: () => {}, onRestart: () => {}, signal: this.#signal });
  }

  /** Registries that do not know OCI manifests get Docker's. */
  async #manifest(manifest: ManifestBytes, tag: string): Promise<ManifestBytes> {
    try {
      await this.#client.putManifest(tag, manifest.mediaType, manifest.bytes, this.#signal);
      return manifest;
    } catch (error) {
      const refused = error instanceof RegistryError && (error.status === 400 || error.status === 415) && manifest.mediaType === MediaType.ociManifest;
      if (!refused) throw error;
      const docker = dockerManifest(manifest.bytes);
      await this.#client.putManifest(tag, docker.mediaType, docker.bytes, this.#signal);
      return docker;
    }
  }
}

async function settleAll(jobs: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(jobs)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function dockerManifest(bytes: Buffer): ManifestBytes {
  const oci = JSON.parse(bytes.toString('utf8')) as Manifest;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: { ...oci.config, mediaType: MediaType.dockerConfig },
    layers: oci.layers.map((layer) => ({ ...layer, mediaType: layer.mediaType === MediaType.ociLayerGzip ? MediaType.dockerLayerGzip : layer.mediaType })),
  };
  const docker = Buffer.from(JSON.stringify(manifest));
  return { mediaType: MediaType.dockerManifest, digest: digestOf(docker), bytes: docker };
}

/** The same input gives the same bytes: zlib writes no time into the header. */
async function compress(plain: Readable, path: string, signal: AbortSignal): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(plain, createGzip({ level: constants.Z_BEST_SPEED + 3, chunkSize: 256 * 1024 }), meter, createWriteStream(path, { mode: 0o600 }), { signal });
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

