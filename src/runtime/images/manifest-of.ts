/** The manifest under which a stored image can leave: the one it came with when that names the blobs we have, else a new one. */
import { errnoCode, isEngineError } from '../../base/index.ts';
import type { Digest, ImageRecord } from '../parts.ts';
import { digestOf } from './content-store.ts';
import { MediaType, type Descriptor, type Manifest } from './media-types.ts';
import type { Store } from './store.ts';

export interface ManifestBytes {
  mediaType: string;
  digest: Digest;
  bytes: Buffer;
}

const OCI_LAYER: Readonly<Record<string, string>> = {
  [MediaType.dockerLayer]: MediaType.ociLayer,
  [MediaType.dockerLayerGzip]: MediaType.ociLayerGzip,
};

/** @param layers  what the manifest shall name; the stored blobs by default */
export function manifestOf(store: Store, record: ImageRecord, layers: readonly Descriptor[] = record.layers): ManifestBytes {
  const kept = storedManifest(store, record, layers);
  if (kept) return kept;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: record.id, size: store.content.size(record.id) ?? 0 },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType: OCI_LAYER[mediaType] ?? mediaType, digest, size })),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes };
}

function storedManifest(store: Store, record: ImageRecord, layers: readonly Descriptor[]): ManifestBytes | undefined {
  const { mediaType, digest } = record.manifest;
  let bytes: Buffer;
  try {
    bytes = store.content.read(digest);
  } catch (error) {
    if (isEngineError(error, 'notFound') || errnoCode(error) !== undefined) return undefined;
    throw error;
  }
  const manifest = JSON.parse(bytes.toString('utf8')) as Partial<Manifest>;
  const fits = manifest.layers?.length === layers.length && manifest.layers.every((layer, i) => layer.digest === layers[i]?.digest);
  return fits ? { mediaType, digest, bytes } : undefined;
}
