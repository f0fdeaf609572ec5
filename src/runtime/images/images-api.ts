/** The images part of the engine's interface on top of the stores. Methods parse and delegate. */
import type { ImagesRoom } from '../parts.ts';
import { loadImages } from './archive-load.ts';
import { saveImages } from './archive-save.ts';
import { importImage } from './image-import.ts';
import { imageHistory, inspectImage } from './image-inspect.ts';
import { listImages } from './image-list.ts';
import { pruneImages, removeImage } from './image-remove.ts';
import type { ImagesOptions } from './index.ts';
import { digestHex, familiarString, parseTagTarget } from './reference.ts';
import { inspectDistribution, pullImage, pushImage, searchHub, Transfers } from './registry/index.ts';
import { publishImage, type Store } from './store.ts';

export function createImagesApi(store: Store, options: ImagesOptions): ImagesRoom['api'] {
  const { root } = store.context.layout;
  const { retryDelayMs } = options;
  const transfers = new Transfers();
  return {
    list: async (query) => listImages(store, query),
    inspect: async (image) => inspectImage(store, store.index.find(image)),
    history: async (image) => imageHistory(store, store.index.find(image)),
    pull: async (query, o) => pullImage({ store, transfers, retryDelayMs }, query, o?.signal),
    push: async (image, query, o) => pushImage({ store, retryDelayMs }, image, query, o?.signal),
    import: async (query, archive, o) => importImage(store, query, archive, options.applyChanges, o?.signal),
    load: (archive, query, o) => loadImages(store, archive, { quiet: query?.quiet ?? false, ...(o?.signal && { signal: o.signal }) }),
    save: async (images) => saveImages(store, images),
    async tag(image, query) {
      const { id } = store.index.find(image).record;
      const target = parseTagTarget(query.repo, query.tag);
      store.index.tag(id, target);
      publishImage(store, 'tag', id, familiarString(target));
      await store.durability.persist(store.context.layout.image(digestHex(id)));
    },
    remove: async (image, query) => removeImage(store, image, query),
    prune: async (filters) => pruneImages(store, filters),
    search: (query, o) => searchHub(query, { root }, o?.signal),
    distribution: (image, auth, o) => inspectDistribution(image, { root, auth, retryDelayMs }, o?.signal),
  };
}
