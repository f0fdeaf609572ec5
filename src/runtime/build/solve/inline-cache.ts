/** Steps of a build inside an image: in the image itself (`BUILDKIT_INLINE_CACHE=1`), or in one that is made to carry them. */
import type { ImageConfigFile, ImagesRoom, LayerDescriptor } from '../../parts.ts';
import type { StepRecord } from './step-cache.ts';

const INLINE_CACHE = 'tscompose.cache.v1';

/** Adds the steps that made an image to its config. */
export function withInlineCache(config: ImageConfigFile, steps: ReadonlyMap<string, StepRecord>): ImageConfigFile {
  const layers = new Set(config.rootfs.diff_ids);
  const kept = [...steps].filter(([, { layer }]) => layer === undefined || layers.has(layer)).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...config, [INLINE_CACHE]: Object.fromEntries(kept) } as ImageConfigFile;
}

/** The steps that an image carries. Whoever gave the image could have written anything. */
export function inlineCache(config: ImageConfigFile): [string, StepRecord][] {
  const carried = (config as unknown as Record<string, unknown>)[INLINE_CACHE];
  if (typeof carried !== 'object' || carried === null) return [];
  return Object.entries(carried).filter((entry): entry is [string, StepRecord] => {
    const record = entry[1] as Partial<StepRecord> | null;
    return /^[0-9a-f]{64}$/.test(entry[0]) && typeof record === 'object' && record !== null && typeof record.createdAt === 'string' && record.digest === undefined;
  });
}

/**
 * An image that only carries steps and their layers. `max`: those of every stage that was built, not only what ended up in the image.
 * @param plain  config of the image that was built
 */
export async function createCacheImage(images: ImagesRoom, plain: ImageConfigFile, layers: readonly LayerDescriptor[], steps: ReadonlyMap<string, StepRecord>, target: { reference: string; mode: 'min' | 'max' }): Promise<void> {
  const all = new Map(layers.map((layer) => [layer.diffId, layer]));
  for (const { layer } of target.mode === 'max' ? steps.values() : []) {
    const descriptor = layer === undefined ? undefined : images.writer.getLayer(layer);
    if (descriptor) all.set(descriptor.diffId, descriptor);
  }
  const { history: _, config: __, ...rest } = plain;
  const config = withInlineCache({ ...rest, config: {}, rootfs: { type: 'layers', diff_ids: [...all.keys()] } }, steps);
  await images.writer.createImage(config, [...all.values()], [target.reference]);
}
