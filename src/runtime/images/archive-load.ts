/** `docker load`: Docker archives (manifest.json) and OCI layouts (index.json), plain or compressed. */
import { rmSync } from 'node:fs';
import { EngineError, shortId } from '../../base/index.ts';
import type { Progress } from '../../engine-api/index.ts';
import type { Digest, LayerDescriptor } from '../parts.ts';
import { spoolArchive, type SpooledArchive } from './archive-spool.ts';
import { digestOf } from './content-store.ts';
import { isIndexType, type Descriptor, type Index, type Manifest } from './media-types.ts';
import { hostPlatform, platformScore } from './platform.ts';
import { createMeter, startProgress, type Emit } from './progress.ts';
import { digestHex, familiar, formatReference, isDigest, tryParseReference, withDefaultTag } from './reference.ts';
import { parseConfig, publishImage, recordImage, type Store } from './store.ts';

/** One image of an archive, whichever its format. */
interface ArchivedImage {
  config: Buffer;
  /** Where each layer lies in the archive, base first. */
  layers: { name: string; digest?: Digest; mediaType?: string }[];
  tags: string[];
}

/** @throws EngineError invalid when the archive is none */
export function loadImages(store: Store, archive: AsyncIterable<Uint8Array>, options: { quiet?: boolean; signal?: AbortSignal }): Promise<Progress> {
  return startProgress(async (emit, signal) => {
    const spool = store.content.spool();
    try {
      const files = await spoolArchive(archive, spool, signal);
      for (const image of readImages(files)) await loadImage(store, files, image, options.quiet === true ? () => {} : emit, emit, signal);
    } finally {
      rmSync(spool, { recursive: true, force: true });
    }
  }, options.signal);
}

function readImages(files: SpooledArchive): ArchivedImage[] {
  if (files.find('manifest.json')) return readDockerArchive(files);
  if (files.find('index.json')) return readOciLayout(files);
  throw new EngineError('invalid', 'invalid archive: does not contain a manifest.json');
}

function json(files: SpooledArchive, name: string): unknown {
  try {
    return JSON.parse(files.read(name).toString('utf8'));
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('invalid', `invalid image archive: ${name} is not JSON`, { cause });
  }
}

function readDockerArchive(files: SpooledArchive): ArchivedImage[] {
  const manifests = json(files, 'manifest.json') as { Config?: unknown; RepoTags?: unknown; Layers?: unknown }[];
  if (!Array.isArray(manifests)) throw new EngineError('invalid', 'invalid image archive: manifest.json is no list');
  return manifests.map((manifest) => {
    const { Config, Layers } = manifest;
    if (typeof Config !== 'string' || !isStringArray(Layers)) throw new EngineError('invalid', 'invalid image archive: manifest.json has no Config or Layers');
    const tags = isStringArray(manifest.RepoTags) ? manifest.RepoTags : [];
    return { config: files.read(Config), layers: Layers.map((name) => ({ name })), tags: tags.flatMap(normalisedTag) };
  });
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function normalisedTag(text: string): string[] {
  const reference = tryParseReference(text);
  return reference && reference.digest === undefined ? [formatReference(withDefaultTag(reference))] : [];
}

function readOciLayout(files: SpooledArchive): ArchivedImage[] {
  const index = json(files, 'index.json') as Partial<Index>;
  const images = new Map<string, ArchivedImage>();
  for (const descriptor of index.manifests ?? []) {
    const tags = annotatedTags(descriptor);
    const found = resolveManifest(files, descriptor);
    const known = images.get(found.digest);
    if (known) known.tags.push(...tags);
    else images.set(found.digest, { ...ociImage(files, found.manifest), tags });
  }
  if (images.size === 0) throw new EngineError('invalid', 'invalid image archive: index.json names no images');
  return [...images.values()];
}

/** `ref.name` is a tag for some writers (containerd, dockerd) and a whole reference for others (skopeo). */
function annotatedTags(descriptor: Descriptor): string[] {
  const full = descriptor.annotations?.['io.containerd.image.name'];
  const name = descriptor.annotations?.['org.opencontainers.image.ref.name'];
  if (full !== undefined) return normalisedTag(full);
  return name !== undefined && /[:/]/.test(name) ? normalisedTag(name) : [];
}

const MAX_NESTING = 4;

function resolveManifest(files: SpooledArchive, descriptor: Descriptor, depth = 0): { digest: string; manifest: Manifest } {
  const value = verifiedJson(files, descriptor.digest);
  if (!isIndexType(descriptor.mediaType) && !('manifests' in value)) return { digest: descriptor.digest, manifest: value as Manifest };
  const host = hostPlatform();
  const candidates = ((value as Index).manifests ?? []).filter((child) => files.find(blobName(child.digest)));
  const score = (child: Descriptor) => (child.platform ? platformScore(host, child.platform) : 1);
  const best = candidates.filter((child) => score(child) > 0).sort((a, b) => score(b) - score(a))[0];
  if (!best || depth >= MAX_NESTING) throw new EngineError('invalid', `no image for ${host.os}/${host.architecture} in the archive`);
  return resolveManifest(files, best, depth + 1);
}

function blobName(digest: string): string {
  if (!isDigest(digest)) throw new EngineError('invalid', `invalid image archive: digest ${digest}`);
  return `blobs/sha256/${digestHex(digest)}`;
}

function verified(files: SpooledArchive, digest: string): Buffer {
  const bytes = files.read(blobName(digest));
  if (digestOf(bytes) !== digest) throw new EngineError('invalid', `invalid image archive: the content of ${digest} is different`);
  return bytes;
}

function verifiedJson(files: SpooledArchive, digest: string): object {
  const value: unknown = JSON.parse(verified(files, digest).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new EngineError('invalid', 'invalid image archive: a manifest is no object');
  return value;
}

function ociImage(files: SpooledArchive, manifest: Manifest): Omit<ArchivedImage, 'tags'> {
  if (!Array.isArray(manifest.layers) || typeof manifest.config?.digest !== 'string') throw new EngineError('invalid', 'invalid image archive: bad manifest');
  const layers = manifest.layers.map(({ digest, mediaType }) => ({ name: blobName(digest), digest, mediaType }));
  return { config: verified(files, manifest.config.digest), layers };
}

async function loadImage(store: Store, files: SpooledArchive, image: ArchivedImage, emit: Emit, report: Emit, signal: AbortSignal): Promise<void> {
  const diffIds = parseConfig(image.config).rootfs.diff_ids;
  if (diffIds.length !== image.layers.length) throw new EngineError('invalid', `invalid manifest, layers length mismatch: expected ${image.layers.length}, got ${diffIds.length}`);
  const unpin = store.pins.pin([...diffIds, digestOf(image.config)]);
  try {
    const layers: LayerDescriptor[] = [];
    for (const [i, diffId] of diffIds.entries()) layers.push(await loadLayer(store, files, image.layers[i], diffId, emit, signal));
    const record = recordImage(store, { config: image.config, layers, tags: image.tags, quiet: true });
    publishImage(store, 'load', record.id, record.id);
    for (const tag of image.tags) report({ stream: `Loaded image: ${familiar(tag)}\n` });
    if (image.tags.length === 0) report({ stream: `Loaded image ID: ${record.id}\n` });
  } finally {
    unpin();
  }
}

async function loadLayer(store: Store, files: SpooledArchive, layer: ArchivedImage['layers'][number] | undefined, diffId: Digest, emit: Emit, signal: AbortSignal): Promise<LayerDescriptor> {
  const known = store.layers.get(diffId);
  if (known) {
    await store.layers.ensureUnpacked(diffId);
    return known;
  }
  const file = layer && files.find(layer.name);
  if (!file) throw new EngineError('invalid', `invalid image archive: ${layer?.name ?? 'a layer'} is missing`);
  const meter = createMeter(emit, 'Loading layer', shortId(diffId), file.size);
  const { digest, mediaType } = layer;
  return store.layers.addFile(file.path, {
    diffId,
    onChunk: (chunk) => meter.add(chunk.length),
    signal,
    ...(digest !== undefined && { digest }),
    ...(mediaType !== undefined && { mediaType }),
  });
}
