/** The images room: content store, names, layers, snapshots, archives, registries. See README.md. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ApplyChanges, ImagesRoom, RoomContext } from '../parts.ts';
import { createImagesApi } from './images-api.ts';
import { openContentStore } from './content-store.ts';
import { openDurability } from './durability.ts';
import { ImageIndex } from './image-index.ts';
import { createImageWriter } from './image-writer.ts';
import { LayerStore } from './layer-store.ts';
import { recover } from './recovery.ts';
import { checkLogin } from './registry/index.ts';
import { Snapshots } from './snapshots.ts';
import { requirePlatform } from './platform.ts';
import { Pins, resolved, type Store } from './store.ts';

export { hostPlatform, parsePlatform, formatPlatform, platformScore, type Platform } from './platform.ts';
export { familiar, familiarName, familiarString, formatReference, isDigest, parseReference, parseTagTarget, tryParseReference, withDefaultTag, type Reference } from './reference.ts';
export { chainIds } from './store.ts';
export { encodeHeader, END_OF_ARCHIVE, padding, TarError, TarReader, type TarEntry, type TarSink, type TarType } from './tar/index.ts';
export { consumePlain } from './plain-stream.ts';
export { withWeb, type HttpResponse } from './registry/index.ts';
export { startProgress, type Emit } from './progress.ts';

export interface ImagesOptions {
  /** `import --change`. Without it, changes are refused. */
  applyChanges?: ApplyChanges;
  /** First pause before a registry is asked again; tests make it short. */
  retryDelayMs?: number;
}

/** Opens the images of a state root and recovers them: what a crash left half-made is gone afterwards. */
export async function openImages(context: RoomContext, options: ImagesOptions = {}): Promise<ImagesRoom> {
  const { layout, logger } = context;
  const contentRoot = dirname(layout.layerRecords);
  mkdirSync(contentRoot, { recursive: true, mode: 0o700 });
  const durability = openDurability(contentRoot, logger);
  const content = openContentStore(layout, durability);
  const layers = new LayerStore(layout, content, durability, logger);
  const index = new ImageIndex(layout, durability, logger);
  const snapshots = new Snapshots(layout, layers, logger);
  const store: Store = { context, durability, content, layers, index, snapshots, configs: new Map(), pins: new Pins() };
  await recover(store);
  return {
    api: createImagesApi(store, options),
    resolve: async (reference, platform) => {
      const image = resolved(store, store.index.find(reference));
      if (platform) requirePlatform(reference, image, platform);
      return image;
    },
    snapshots,
    writer: createImageWriter(store),
    login: (auth, o) => checkLogin(auth, { root: layout.root, retryDelayMs: options.retryDelayMs }, o?.signal),
    diskUsage: async () => ({ layersSize: layers.list().reduce((sum, layer) => sum + layer.unpackedSize, 0) }),
    async close() {
      await Promise.all([layers.settled(), snapshots.settled()]);
      durability.close();
    },
  };
}
