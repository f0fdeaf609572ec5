/** The builder as the runtime sees it: builds, what they keep, and how that is removed again. */
import { availableParallelism } from 'node:os';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedMutex, Limiter } from '../../base/index.ts';
import { startProgress } from '../images/index.ts';
import type { Builder, ImagesRoom, NetworksRoom, RoomContext, StepRunner } from '../parts.ts';
import { FileStore } from './context/index.ts';
import { cacheRecords, pruneCache } from './prune.ts';
import type { BuilderShared } from './open-session.ts';
import { runBuild } from './run-build.ts';
import { CacheMounts } from './solve/cache-mounts.ts';
import { Downloads } from './solve/downloads.ts';
import { sweepPrivateFiles } from './solve/private-files.ts';
import { isStepId } from './solve/roots.ts';
import { StepCache } from './solve/step-cache.ts';

/**
 * Opens the builder of a state root. What a killed engine left of its builds is removed before the first build begins.
 * @see the README of this folder
 */
export function createBuilder(ctx: RoomContext, deps: { images: ImagesRoom; steps: StepRunner; networks: NetworksRoom }): Builder {
  const directory = ctx.layout.buildCache;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = new FileStore(join(directory, 'files'));
  const shared: BuilderShared = {
    ctx,
    images: deps.images,
    steps: deps.steps,
    networks: deps.networks,
    directory,
    files,
    cache: new StepCache(join(directory, 'steps')),
    cacheMounts: new CacheMounts(join(directory, 'mounts')),
    downloads: new Downloads(join(directory, 'http'), files),
    stepLocks: new KeyedMutex(),
    runLimit: new Limiter(Math.max(2, availableParallelism())),
    held: new Set(),
  };
  deps.images.writer.keepLayers(() => [...shared.cache.layers(), ...[...shared.held].flatMap((layers) => [...layers])]);
  const recovered = recover(shared).catch((error: unknown) => ctx.logger.error('cannot clean up after earlier builds', { error }));
  return {
    async build(options, context, o = {}) {
      context?.on('error', () => {}); // reported where it is read; a stream that is never read must not end the engine
      await recovered;
      return startProgress((emit, signal) => runBuild(shared, options, context, emit, signal), o.signal);
    },
    pruneCache: (query = {}) => pruneCache(shared, query),
    cacheRecords: async () => cacheRecords(shared),
  };
}

async function recover({ ctx, images, directory }: BuilderShared): Promise<void> {
  sweepPrivateFiles(ctx.layout);
  rmSync(join(directory, 'tmp'), { recursive: true, force: true });
  for (const name of readdirSync(join(directory, 'files'))) if (name.startsWith('.')) rmSync(join(directory, 'files', name), { force: true });
  for (const id of await images.snapshots.list()) if (isStepId(id)) await images.snapshots.remove(id);
}
