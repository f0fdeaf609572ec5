/** `docker pull`: manifest, config, layers; the image appears when all of it is here. */
import { EngineError, errorMessage, isEngineError, Limiter, shortId } from '../../../base/index.ts';
import type { Progress, RegistryAuth } from '../../../engine-api/index.ts';
import type { Digest, ImageRecord } from '../../parts.ts';
import type { StoredLayer } from '../layer-store.ts';
import { isIndexType, isManifestType, MediaType, type Descriptor, type Index, type Manifest } from '../media-types.ts';
import { formatPlatform, hostPlatform, parsePlatform, platformScore, type Platform } from '../platform.ts';
import { createMeter, startProgress, type Emit } from '../progress.ts';
import { familiarName, familiarString, formatReference, isDigest, parseReference, repositoryOf, type Reference } from '../reference.ts';
import { parseConfig, publishImage, recordImage, type Store } from '../store.ts';
import type { FetchedManifest, RepositoryClient } from './client.ts';
import { downloadBlob } from './download.ts';
import { pullError, RegistryError } from './registry-error.ts';
import { withRegistry } from './session.ts';
import type { Transfers } from './transfers.ts';

export interface PullQuery {
  fromImage: string;
  /** A tag, or a digest. Neither here nor in the name: every tag. */
  tag?: string;
  platform?: string;
  auth?: RegistryAuth;
}

export interface PullContext {
  store: Store;
  transfers: Transfers;
  retryDelayMs?: number | undefined;
}

/** @throws EngineError invalid, notFound, unauthorized, unavailable as long as nothing was reported; later as the last message */
export function pullImage(context: PullContext, query: PullQuery, signal?: AbortSignal): Promise<Progress> {
  const reference = pullReference(query);
  const wanted = query.platform !== undefined && query.platform !== '' ? parsePlatform(query.platform) : undefined;
  return startProgress(async (emit, both) => {
    const { root } = context.store.context.layout;
    try {
      await withRegistry(reference, 'pull', { root, auth: query.auth, retryDelayMs: context.retryDelayMs }, async (client, config) => {
        const limiter = new Limiter(config.downloads);
        const pull = new Pull(context, client, limiter, wanted, emit, both);
        if (reference.tag !== undefined || reference.digest !== undefined) return pull.one(reference);
        for (const tag of await client.tags(both)) await pull.one({ ...reference, tag });
      });
    } catch (error) {
      throw pullError(error, reference);
    }
  }, signal);
}

function pullReference(query: PullQuery): Reference {
  const reference = parseReference(query.fromImage);
  const { tag } = query;
  if (tag === undefined || tag === '') return reference;
  const named = familiarName(reference);
  return parseReference(tag.includes(':') ? `${named}@${tag}` : `${named}:${tag}`);
}

class Pull {
  readonly #context: PullContext;
  readonly #client: RepositoryClient;
  readonly #limiter: Limiter;
  readonly #wanted: Platform | undefined;
  readonly #emit: Emit;
  readonly #signal: AbortSignal;

  constructor(context: PullContext, client: RepositoryClient, limiter: Limiter, wanted: Platform | undefined, emit: Emit, signal: AbortSignal) {
    this.#context = context;
    this.#client = client;
    this.#limiter = limiter;
    this.#wanted = wanted;
    this.#emit = emit;
    this.#signal = signal;
  }

  async one(reference: Reference): Promise<void> {
    const { store } = this.#context;
    const top = await this.#client.manifest(reference.digest ?? reference.tag ?? 'latest', this.#signal);
    this.#emit({ status: `Pulling from ${reference.path}`, id: reference.digest ?? reference.tag ?? 'latest' });
    const fetched = await this.#platformManifest(top);
    const manifest = parseManifest(fetched);
    const before = store.index.named(formatReference({ domain: reference.domain, path: reference.path, tag: reference.tag ?? 'latest' }))?.record.id;
    const known = store.index.get(manifest.config.digest) !== undefined;
    const record = await this.#image(reference, top, fetched, manifest);
    this.#emit({ status: `Digest: ${top.digest}` });
    const isNew = reference.digest === undefined ? before !== record.id : !known;
    const what = familiarString(reference.digest === undefined ? reference : { domain: reference.domain, path: reference.path, digest: reference.digest });
    this.#emit({ status: `Status: ${isNew ? 'Downloaded newer image for' : 'Image is up to date for'} ${what}` });
    publishImage(store, 'pull', record.id, familiarName(reference), what);
  }

  async #platformManifest(top: FetchedManifest, depth = 0): Promise<FetchedManifest> {
    if (!isIndexType(top.mediaType)) return top;
    const platform = this.#wanted ?? hostPlatform();
    const candidates = (parseJson(top.bytes) as Index).manifests ?? [];
    const score = (child: Descriptor) => (child.platform ? platformScore(platform, child.platform) : 0);
    const best = candidates.filter((child) => score(child) > 0).sort((a, b) => score(b) - score(a))[0];
    if (!best || depth > 3) throw new EngineError('notFound', `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`);
    return this.#platformManifest(await this.#client.manifest(best.digest, this.#signal), depth + 1);
  }

  async #image(reference: Reference, top: FetchedManifest, fetched: FetchedManifest, manifest: Manifest): Promise<ImageRecord> {
    const { store } = this.#context;
    const id = manifest.config.digest;
    const config = store.content.has(id) ? store.content.read(id) : await this.#client.blob(manifest.config, this.#signal);
    const parsed = parseConfig(config);
    const diffIds = parsed.rootfs.diff_ids;
    this.#checkPlatform(reference, { os: parsed.os, architecture: parsed.architecture, ...(parsed.variant !== undefined && { variant: parsed.variant }) });
    if (diffIds.length !== manifest.layers.length || !diffIds.every(isDigest)) throw new EngineError('internal', 'the layers of the manifest do not fit its config');
    const unpin = store.pins.pin([...diffIds, id, fetched.digest]);
    const abort = new AbortController(); // one failed layer ends the others
    const signal = AbortSignal.any([this.#signal, abort.signal]);
    try {
      const layers = await allOrFirst(diffIds.map((diffId, i) => this.#layer(manifest.layers[i] as Descriptor, diffId, signal)), abort);
      const { digest, size } = store.content.put(fetched.bytes);
      return recordImage(store, {
        config,
        layers,
        tags: reference.digest === undefined ? [formatReference(reference)] : [],
        repoDigests: [`${repositoryOf(reference)}@${top.digest}`],
        manifest: { mediaType: fetched.mediaType, digest, size },
        quiet: true,
      });
    } finally {
      unpin();
    }
  }

  #checkPlatform(reference: Reference, actual: Platform): void {
    if (!this.#wanted || platformScore(this.#wanted, actual) > 0) return;
    throw new EngineError(
      'notFound',
      `image with reference ${familiarString(reference)} was found but does not match the specified platform: wanted ${formatPlatform(this.#wanted)}, actual: ${formatPlatform(actual)}`,
    );
  }

  async #layer(descriptor: Descriptor, diffId: Digest, signal: AbortSignal): Promise<StoredLayer> {
    const { store, transfers } = this.#context;
    const id = shortId(descriptor.digest);
    this.#emit({ status: 'Pulling fs layer', progressDetail: {}, id });
    const known = store.layers.get(diffId);
    if (known) {
      await store.layers.ensureUnpacked(diffId);
      this.#emit({ status: 'Already exists', progressDetail: {}, id });
      return known;
    }
    return transfers.join(`${descriptor.digest} ${diffId}`, this.#emit, signal, (emit, both) => this.#limiter.run(() => this.#fetch(descriptor, diffId, emit, both)));
  }

  /** A wrong digest may be a broken proxy: once more from the beginning, then it is the registry's fault. */
  async #fetch(descriptor: Descriptor, diffId: Digest, emit: Emit, signal: AbortSignal, attempt = 1): Promise<StoredLayer> {
    const { layers } = this.#context.store;
    const id = shortId(descriptor.digest);
    const meter = createMeter(emit, 'Downloading', id, descriptor.size);
    const report = (status: string) => emit({ status, progressDetail: {}, id });
    let received = 0;
    const onChunk = (chunk: Uint8Array) => {
      meter.add(chunk.length);
      received += chunk.length;
      if (received < descriptor.size) return;
      report('Verifying Checksum');
      report('Download complete');
    };
    const extracting = createMeter(emit, 'Extracting', id, descriptor.size);
    try {
      const bytes = downloadBlob(this.#client, descriptor, signal);
      const layer = await layers.add(bytes, { digest: descriptor.digest, diffId, mediaType: descriptor.mediaType, onChunk, signal });
      extracting.set(descriptor.size);
      report('Pull complete');
      return layer;
    } catch (error) {
      const isWrong = isEngineError(error, 'internal', 'invalid') && /digest mismatch|verification failed|invalid layer archive|is longer than/.test(errorMessage(error));
      if (!isWrong || error instanceof RegistryError) throw error;
      if (attempt < 2) return this.#fetch(descriptor, diffId, emit, signal, attempt + 1);
      throw new EngineError('internal', `filesystem layer verification failed for digest ${descriptor.digest}: ${errorMessage(error)}`, { cause: error });
    }
  }
}

/** Waits for all even when one fails, so that nothing goes on behind the caller's back. */
async function allOrFirst<T>(promises: Promise<T>[], abort: AbortController): Promise<T[]> {
  let failure: { error: unknown } | undefined;
  const guarded = promises.map((promise) =>
    promise.catch((error: unknown) => {
      failure ??= { error };
      abort.abort();
      throw error;
    }),
  );
  const settled = await Promise.allSettled(guarded);
  if (failure) throw failure.error;
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new EngineError('internal', 'the manifest is not JSON', { cause });
  }
}

const CONFIG_TYPES: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig, 'application/octet-stream', ''];

function parseManifest(fetched: FetchedManifest): Manifest {
  if (fetched.mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+')) throw new EngineError('invalid', 'docker image manifests of version 2, schema 1 are not supported');
  if (!isManifestType(fetched.mediaType)) throw new EngineError('invalid', `unsupported manifest type "${fetched.mediaType}"`);
  const manifest = parseJson(fetched.bytes) as Partial<Manifest>;
  const isDescriptor = (value: Descriptor | undefined) => value !== undefined && isDigest(value.digest) && Number.isSafeInteger(value.size) && value.size >= 0;
  if (!isDescriptor(manifest.config) || !Array.isArray(manifest.layers) || !manifest.layers.every(isDescriptor)) throw new EngineError('invalid', 'invalid image manifest');
  const type = manifest.config?.mediaType ?? '';
  if (!CONFIG_TYPES.includes(type)) throw new EngineError('invalid', `unsupported media type "${type}": this is no container image`);
  return manifest as Manifest;
}
