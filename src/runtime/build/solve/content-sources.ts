/** From `--from=x` to something that can be read: a named context, an earlier stage, an image. */
import type { ProgressMessage } from '../../../engine-api/index.ts';
import { stateOfImage, type ImageState } from '../config/index.ts';
import type { LayerDescriptor, ResolvedImage } from '../../parts.ts';
import { EngineError } from '../../../base/index.ts';
import { chainIds } from '../../images/index.ts';
import { DirectoryTree, type SourceTree } from '../tree/index.ts';
import type { BuildSession, ContentSource } from './session.ts';
import { findStage, stageByNumber } from './stage-plan.ts';

/** The content of a stack of layers. */
export function layersSource(session: Pick<BuildSession, 'roots'>, layers: readonly LayerDescriptor[]): ContentSource {
  return {
    identity: chainOf(layers),
    tree: async () => new DirectoryTree(await session.roots.path(layers)),
    directory: () => session.roots.path(layers),
  };
}

/** A tree that is not a directory of its own on this machine. */
export function treeSource(tree: SourceTree, directory?: string): ContentSource {
  return { identity: undefined, tree: () => Promise.resolve(tree), directory: () => Promise.resolve(directory) };
}

/** Digest of a stack of layers; `scratch` for none. */
export function chainOf(layers: readonly LayerDescriptor[]): string {
  return chainIds(layers.map(({ diffId }) => diffId)).at(-1) ?? 'scratch';
}

/** Descriptors of an image's layers. @throws EngineError notFound when one is lost */
export function layersOf(session: Pick<BuildSession, 'images'>, image: ResolvedImage): LayerDescriptor[] {
  return image.record.layers.map(({ diffId }) => {
    const layer = session.images.writer.getLayer(diffId);
    if (!layer) throw new EngineError('notFound', `layer ${diffId} of image ${image.record.id} is missing`);
    return layer;
  });
}

/** An image as the start of a stage. */
export function imageState(session: BuildSession, image: ResolvedImage): ImageState {
  const layers = layersOf(session, image);
  for (const { diffId } of layers) session.heldLayers.add(diffId);
  return stateOfImage(image.config, layers);
}

/**
 * @param before  number of the stage that asks: only earlier ones can be meant
 * @throws EngineError notFound
 */
export async function sourceNamed(session: BuildSession, name: string, before: number, say: (message: ProgressMessage) => void): Promise<ContentSource> {
  const named = await session.namedContext(name);
  if (named && !('image' in named)) return named;
  const stage = named ? undefined : (findStage(session.file, name, before) ?? stageByNumber(session.file, name, before));
  if (stage) return layersSource(session, (await session.stage(stage.index)).state.layers);
  if (!named) refuseStage(session, name, before);
  if (!named && name.toLowerCase() === 'scratch') return layersSource(session, []);
  const image = await session.image(named ? named.image : name, undefined, say);
  return layersSource(session, imageState(session, image).layers);
}

/** A number always means a stage, and a stage copies from earlier ones only. @throws EngineError invalid */
function refuseStage({ file }: BuildSession, name: string, index: number): void {
  const own = file.stages[index]?.name;
  if (name === String(index) || name.toLowerCase() === own) throw new EngineError('invalid', `circular dependency detected on stage: ${own ?? `stage-${index}`}`);
  if (/^\d+$/.test(name)) throw new EngineError('invalid', `invalid stage index ${name}`);
  // Nobody who names a stage wants an image of that name from a registry.
  if (findStage(file, name, file.stages.length)) {
    throw new EngineError('invalid', `cannot copy from stage ${JSON.stringify(name)}, it needs to be defined before current stage ${JSON.stringify(own ?? `stage-${index}`)}`);
  }
}
