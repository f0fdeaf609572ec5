import { withStep, scratchState, type ImageState } from '../config/index.ts';
import { Copier, digestSources, type CopySource } from '../copy/index.ts';
import { WorkRoot } from './roots.ts';
import type { BuildSession, ContentSource } from './session.ts';
import { cacheKey } from './step-cache.ts';
import { layerStep } from './step.ts';
import { commit } from './workdir-step.ts';

/** `FROM name` where the name is a directory among the named contexts: an image without configuration whose one layer is that directory. */
export async function stateOfContext(session: BuildSession, name: string, context: ContentSource, useCache: boolean): Promise<ImageState> {
  const nothingExcluded = (): boolean => false;
  const find = async (): Promise<CopySource[]> => {
    const tree = await context.tree();
    const node = tree.stat('');
    return node ? [{ tree, path: '', node, name: '', parents: [] }] : [];
  };
  const digest = await digestSources(await find(), nothingExcluded, session.signal);
  const outcome = await layerStep(session, {
    key: cacheKey(['context', digest, session.epochS ?? null]),
    description: `FROM ${name}`,
    useCache,
    make: async () => {
      const root = new WorkRoot(session.images);
      try {
        const { path } = await root.open([]);
        const copier = new Copier({ root: path, destination: '/', owner: undefined, mode: undefined, exclude: nothingExcluded, signal: session.signal });
        for (const source of await find()) await copier.copy(source);
        const layer = await commit(session, root);
        return { layer, cacheable: context.mayChange !== true || (await digestSources(await find(), nothingExcluded, session.signal)) === digest };
      } finally {
        await root.discard();
      }
    },
  });
  return withStep(scratchState(session.platform), `FROM ${name}`, outcome);
}
