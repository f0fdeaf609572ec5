/** `DELETE /images/{name}` and prune, with dockerd's rules about names, containers and force, and its messages. */
import { EngineError, isEngineError, shortId } from '../../base/index.ts';
import type { Filters, ImageDeleteItem, PruneReport } from '../../engine-api/index.ts';
import { collectBlobs, collectLayers } from './gc.ts';
import { booleanFilter, checkFilters, matchesLabels, untilFilter } from './image-filters.ts';
import { nameOf, type StoredImage } from './image-index.ts';
import { familiar, parseReference, repositoryOf } from './reference.ts';
import { publishImage, type Store } from './store.ts';
import type { Digest } from '../parts.ts';

export interface RemoveOptions {
  force?: boolean;
  /** Keeps untagged parents. */
  noprune?: boolean;
}

/** Counts bytes for prune. */
interface Removal {
  store: Store;
  items: ImageDeleteItem[];
  bytes: number;
}

/**
 * Removes a name; with its last name, or by id, the image as well.
 * @throws EngineError notFound, conflict
 */
export function removeImage(store: Store, text: string, options: RemoveOptions = {}): ImageDeleteItem[] {
  const removal: Removal = { store, items: [], bytes: 0 };
  removeOne(removal, text, options);
  return removal.items;
}

function removeOne(removal: Removal, text: string, options: RemoveOptions): void {
  const { store } = removal;
  const image = store.index.find(text);
  const { id } = image.record;
  const names = namesOf(image);
  let removedName = false;
  if (!isIdPrefix(id, text)) {
    const user = store.context.usage.ofImage(id)[0];
    if (options.force !== true && isSingleReference(names) && user)
      throw new EngineError(
        'conflict',
        `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(id)}`,
      );
    removeName(removal, id, nameOf(parseReference(text)));
    if (namesOf(store.index.get(id)).length > 0) return;
    removedName = true;
  } else if (isSingleReference(names)) {
    checkConflicts(store, id, { soft: options.force !== true, names: false });
    for (const name of names) untag(removal, id, name);
  }
  deleteImage(removal, id, { force: options.force === true, prune: options.noprune !== true, quiet: removedName });
}

function namesOf(image: StoredImage | undefined): string[] {
  return image ? [...image.record.tags, ...image.record.repoDigests] : [];
}

function isIdPrefix(id: Digest, text: string): boolean {
  return id.startsWith(text) || id.slice('sha256:'.length).startsWith(text);
}

/** At most one tag, and digests only of the same repository. */
function isSingleReference(names: readonly string[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter((name) => !name.includes('@'));
  const repositories = new Set(names.map((name) => repositoryOf(parseReference(name))));
  return tags.length <= 1 && repositories.size === 1;
}

/** Removes a name; when it was the repository's last tag, its digests go too. */
function removeName(removal: Removal, id: Digest, name: string): void {
  untag(removal, id, name);
  if (name.includes('@')) return;
  const repository = repositoryOf(parseReference(name));
  const same = namesOf(removal.store.index.get(id)).filter((other) => repositoryOf(parseReference(other)) === repository);
  if (same.every((other) => other.includes('@'))) for (const other of same) untag(removal, id, other);
}

function untag(removal: Removal, id: Digest, name: string): void {
  if (!removal.store.index.untag(name)) return;
  removal.items.push({ Untagged: familiar(name) });
  publishImage(removal.store, 'untag', id, id);
}

interface Conflict {
  message: string;
  isHard: boolean;
  isUsed: boolean;
}

function findConflict(store: Store, id: Digest, check: { soft: boolean; names: boolean }): Conflict | undefined {
  if (store.index.children(id).length > 0) return { isHard: true, isUsed: false, message: 'image has dependent child images' };
  const users = store.context.usage.ofImage(id);
  const running = users.find((user) => user.running);
  if (running) return { isHard: true, isUsed: true, message: `image is being used by running container ${shortId(running.id)}` };
  if (!check.soft) return undefined;
  if (check.names && namesOf(store.index.get(id)).length > 0) return { isHard: false, isUsed: false, message: 'image is referenced in multiple repositories' };
  const stopped = users[0];
  return stopped && { isHard: false, isUsed: true, message: `image is being used by stopped container ${shortId(stopped.id)}` };
}

function conflictError(id: Digest, conflict: Conflict): EngineError {
  const force = conflict.isHard ? 'cannot be forced' : 'must be forced';
  return new EngineError('conflict', `conflict: unable to delete ${shortId(id)} (${force}) - ${conflict.message}`);
}

function checkConflicts(store: Store, id: Digest, check: { soft: boolean; names: boolean }): void {
  const conflict = findConflict(store, id, check);
  if (conflict) throw conflictError(id, conflict);
}

/** @param how.quiet  a name has gone already: what keeps the image itself is no error, unless nothing uses it */
function deleteImage(removal: Removal, id: Digest, how: { force: boolean; prune: boolean; quiet: boolean }): void {
  const { store } = removal;
  const conflict = findConflict(store, id, { soft: !how.force, names: true });
  if (conflict) {
    const isDangling = namesOf(store.index.get(id)).length === 0 && store.index.children(id).length === 0;
    if (how.quiet && (!isDangling || conflict.isUsed)) return;
    throw conflictError(id, conflict);
  }
  const image = store.index.get(id);
  if (!image) return;
  for (const name of namesOf(image)) untag(removal, id, name);
  publishImage(store, 'delete', id, id);
  store.index.delete(id);
  store.configs.delete(id);
  removal.items.push({ Deleted: id });
  const { removed, bytes } = collectLayers(store, new Set(image.record.layers.map((layer) => layer.diffId).reverse()));
  removal.bytes += bytes;
  const chainOf = new Map(image.record.layers.map((layer, i) => [layer.diffId, image.record.chain[i] ?? layer.diffId]));
  for (const diffId of removed) removal.items.push({ Deleted: chainOf.get(diffId) ?? diffId });
  collectBlobs(store, [id, image.record.manifest.digest]);
  if (how.prune && image.parent !== undefined && namesOf(store.index.get(image.parent)).length === 0)
    deleteImage(removal, image.parent, { force: false, prune: true, quiet: true });
}

const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

/** `dangling=false` removes every image that no container uses. @throws EngineError invalid (filters) */
export function pruneImages(store: Store, filters: Filters = {}): PruneReport {
  checkFilters(filters, PRUNE_FILTERS);
  const danglingOnly = booleanFilter(filters, 'dangling') ?? true;
  const until = untilFilter(filters) ?? Number.POSITIVE_INFINITY;
  const removal: Removal = { store, items: [], bytes: 0 };
  for (const image of store.index.list()) {
    const current = store.index.get(image.record.id);
    if (!current || Date.parse(current.record.createdAt) > until || !matchesLabels(current.labels, filters)) continue;
    if (danglingOnly && current.record.tags.length > 0) continue;
    const names = namesOf(current);
    for (const text of names.length > 0 ? names : [current.record.id]) tryRemove(removal, text);
  }
  if (danglingOnly || Object.keys(filters).length <= 1) removal.bytes += collectLayers(store).bytes;
  return { ImagesDeleted: removal.items.length > 0 ? removal.items : null, SpaceReclaimed: removal.bytes };
}

function tryRemove(removal: Removal, text: string): void {
  try {
    removeOne(removal, text, {});
  } catch (error) {
    if (!isEngineError(error, 'conflict', 'notFound')) throw error;
  }
}
