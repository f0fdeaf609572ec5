/** `GET /images/json`, answered from memory. */
import type { Filters, ImageSummary } from '../../engine-api/index.ts';
import type { Digest } from '../parts.ts';
import type { StoredImage } from './image-index.ts';
import { booleanFilter, checkFilters, createdBounds, matchesLabels, matchReferences, untilFilter } from './image-filters.ts';
import { familiar } from './reference.ts';
import type { Store } from './store.ts';

const FILTERS = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

export interface ListQuery {
  all?: boolean;
  filters?: Filters;
  sharedSize?: boolean;
  digests?: boolean;
}

/** Newest first. @throws EngineError invalid (filters), notFound (before, since) */
export function listImages(store: Store, query: ListQuery = {}): ImageSummary[] {
  const filters = query.filters ?? {};
  checkFilters(filters, FILTERS);
  const dangling = booleanFilter(filters, 'dangling');
  const { before, since } = createdBounds(store.index, filters);
  const until = untilFilter(filters) ?? Number.POSITIVE_INFINITY;
  const images = store.index.list();
  const parents = new Set(images.map((image) => image.parent));
  const shared = query.sharedSize === true ? layerUsers(images) : undefined;
  const summaries: ImageSummary[] = [];
  for (const image of images) {
    const created = Date.parse(image.record.createdAt) || 0;
    if (!(created < before && created > since && created <= until) || !matchesLabels(image.labels, filters)) continue;
    const names = matchReferences(image, filters['reference']);
    if (!names || (dangling !== undefined && dangling !== (image.record.tags.length === 0))) continue;
    const isIntermediate = image.record.tags.length + image.record.repoDigests.length === 0 && parents.has(image.record.id);
    if (isIntermediate && query.all !== true) continue;
    summaries.push(summary(store, image, names, shared));
  }
  return summaries.sort((a, b) => b.Created - a.Created);
}

function summary(store: Store, image: StoredImage, names: { tags: string[]; digests: string[] }, shared: Map<Digest, number> | undefined): ImageSummary {
  const { record } = image;
  return {
    Containers: shared ? store.context.usage.ofImage(record.id).length : -1,
    Created: Math.floor((Date.parse(record.createdAt) || 0) / 1000),
    Id: record.id,
    Labels: image.labels ?? null,
    ParentId: image.parent ?? '',
    RepoDigests: names.digests.map(familiar),
    RepoTags: names.tags.map(familiar),
    SharedSize: shared ? sharedSize(store, image, shared) : -1,
    Size: record.size,
  };
}

function layerUsers(images: readonly StoredImage[]): Map<Digest, number> {
  const users = new Map<Digest, number>();
  for (const image of images)
    for (const diffId of new Set(image.record.layers.map((layer) => layer.diffId))) users.set(diffId, (users.get(diffId) ?? 0) + 1);
  return users;
}

function sharedSize(store: Store, image: StoredImage, users: ReadonlyMap<Digest, number>): number {
  return image.record.layers
    .filter((layer) => (users.get(layer.diffId) ?? 0) > 1)
    .reduce((sum, layer) => sum + (store.layers.get(layer.diffId)?.unpackedSize ?? 0), 0);
}
