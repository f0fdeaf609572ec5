/**
 * `docker save`: one tar that is a Docker archive (manifest.json, repositories) and an OCI layout (index.json) at once, as dockerd
 * writes since 25. Layers go out in their stored form; every reader of either format takes gzip.
 */
import { Readable } from 'node:stream';
import type { Digest } from '../parts.ts';
import type { StoredImage } from './image-index.ts';
import { manifestOf } from './manifest-of.ts';
import { MediaType, type Descriptor } from './media-types.ts';
import { digestHex, familiarName, familiarString, formatReference, parseReference, repositoryOf, tryParseReference, type Reference } from './reference.ts';
import { publishImage, type Store } from './store.ts';
import { encodeHeader, END_OF_ARCHIVE, padding, type TarEntry } from './tar/index.ts';

interface SavedImage {
  image: StoredImage;
  names: Reference[];
}

interface Blob {
  digest: Digest;
  size: number;
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** @throws EngineError notFound before anything is written */
export function saveImages(store: Store, texts: readonly string[]): Readable {
  const saved = selectImages(store, texts);
  const unpin = store.pins.pin(saved.flatMap(({ image }) => [image.record.id, image.record.manifest.digest, ...image.record.layers.map((layer) => layer.diffId)]));
  const stream = Readable.from(writeArchive(store, saved), { objectMode: false, highWaterMark: 256 * 1024 });
  stream.once('close', unpin);
  return stream;
}

/** A name without tag means all tags of the repository; an id means no name at all. */
function selectImages(store: Store, texts: readonly string[]): SavedImage[] {
  const saved = new Map<Digest, SavedImage>();
  const add = (image: StoredImage, name: Reference | undefined) => {
    const entry = saved.get(image.record.id) ?? { image, names: [] };
    saved.set(image.record.id, entry);
    if (name?.tag !== undefined && !entry.names.some((other) => formatReference(other) === formatReference(name))) entry.names.push(name);
  };
  for (const text of texts) {
    const reference = tryParseReference(text);
    const all = reference && reference.tag === undefined && reference.digest === undefined ? tagsOf(store, repositoryOf(reference)) : [];
    for (const { image, name } of all) add(image, name);
    if (all.length > 0) continue;
    const image = store.index.find(text);
    add(image, reference && store.index.named(formatReference(reference)) ? reference : undefined);
  }
  return [...saved.values()];
}

function tagsOf(store: Store, repository: string): { image: StoredImage; name: Reference }[] {
  return store.index.list().flatMap((image) =>
    image.record.tags.map(parseReference).filter((name) => repositoryOf(name) === repository).map((name) => ({ image, name })),
  );
}

async function* writeArchive(store: Store, saved: readonly SavedImage[]): AsyncGenerator<Buffer> {
  const written = new Set<Digest>();
  const manifests: Descriptor[] = [];
  const legacy: { Config: string; RepoTags: string[] | null; Layers: string[] }[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  yield* directory('blobs/');
  yield* directory('blobs/sha256/');
  for (const { image, names } of saved) {
    const { record } = image;
    const manifest = manifestOf(store, record);
    for (const blob of blobsOf(store, image, manifest)) if (!written.has(blob.digest)) yield* writeBlob(blob, written);
    const descriptor = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
    manifests.push(...(names.length > 0 ? names.map((name) => ({ ...descriptor, annotations: nameAnnotations(name) })) : [descriptor]));
    legacy.push({
      Config: blobPath(record.id),
      RepoTags: names.length > 0 ? names.map(familiarString) : null,
      Layers: record.layers.map((layer) => blobPath(layer.digest)),
    });
    for (const name of names) (repositories[familiarName(name)] ??= {})[name.tag ?? 'latest'] = digestHex(record.layers.at(-1)?.diffId ?? record.id);
    publishImage(store, 'save', record.id, record.id);
  }
  yield* file('index.json', JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }));
  yield* file('manifest.json', JSON.stringify(legacy));
  yield* file('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  if (Object.keys(repositories).length > 0) yield* file('repositories', JSON.stringify(repositories));
  yield END_OF_ARCHIVE;
}

function nameAnnotations(name: Reference): Record<string, string> {
  return { 'io.containerd.image.name': formatReference(name), 'org.opencontainers.image.ref.name': name.tag ?? 'latest' };
}

function blobsOf(store: Store, image: StoredImage, manifest: { digest: Digest; bytes: Buffer }): Blob[] {
  const config = store.content.read(image.record.id);
  const layers = image.record.layers.map(({ diffId }): Blob => {
    const layer = store.layers.require(diffId);
    return { digest: layer.digest, size: layer.size, open: () => store.layers.blob(layer) };
  });
  return [
    ...layers,
    { digest: image.record.id, size: config.length, open: () => [config] },
    { digest: manifest.digest, size: manifest.bytes.length, open: () => [manifest.bytes] },
  ];
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

async function* writeBlob(blob: Blob, written: Set<Digest>): AsyncGenerator<Buffer> {
  written.add(blob.digest);
  yield encodeHeader(member(blobPath(blob.digest), 'file', blob.size));
  let size = 0;
  for await (const chunk of blob.open()) {
    size += chunk.length;
    yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  }
  if (size !== blob.size) throw new Error(`content ${blob.digest} has ${size} bytes instead of ${blob.size}`);
  if (size % 512 !== 0) yield padding(size);
}

function* directory(path: string): Generator<Buffer> {
  yield encodeHeader(member(path, 'dir', 0));
}

function* file(path: string, text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  yield Buffer.concat([encodeHeader(member(path, 'file', bytes.length)), bytes, padding(bytes.length)]);
}

function member(path: string, type: 'file' | 'dir', size: number): TarEntry {
  return { path, type, mode: type === 'dir' ? 0o755 : 0o644, uid: 0, gid: 0, size, mtime: 0, linkPath: '', major: 0, minor: 0 };
}
