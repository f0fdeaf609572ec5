/** The common course of a step that makes a layer: look into the cache, else make it once and remember it. */
import { EngineError } from '../../../base/index.ts';
import type { LayerDescriptor } from '../../parts.ts';
import type { BuildSession } from './session.ts';
import type { StepRecord } from './step-cache.ts';

export interface StepOutcome {
  readonly layer: LayerDescriptor | undefined;
  readonly createdAt: string;
  readonly cached: boolean;
}

export interface LayerStep {
  readonly key: string;
  readonly description: string;
  /** False for `--no-cache`: what is known is not used, but what comes out is remembered. */
  readonly useCache: boolean;
  /** Makes the layer. @returns `cacheable: false` when the inputs changed meanwhile */
  make(): Promise<{ layer: LayerDescriptor | undefined; cacheable?: boolean }>;
}

export async function layerStep(session: BuildSession, step: LayerStep): Promise<StepOutcome> {
  if (session.signal.aborted) throw new EngineError('cancelled', 'the build was cancelled');
  const early = step.useCache ? lookUp(session, step.key) : undefined;
  if (early) return early;
  if (!step.useCache) return make(session, step);
  return session.stepLocks.run(step.key, () => lookUp(session, step.key) ?? make(session, step)); // an equal step may just have ended
}

async function make(session: BuildSession, step: LayerStep): Promise<StepOutcome> {
  const { layer, cacheable = true } = await step.make();
  if (layer) session.heldLayers.add(layer.diffId);
  const createdAt = new Date().toISOString();
  const record: StepRecord = { ...(layer && { layer: layer.diffId }), createdAt, description: step.description, size: layer?.unpackedSize ?? 0 };
  if (cacheable) session.cache.put(step.key, record);
  session.usedSteps.set(step.key, record);
  return { layer, createdAt, cached: false };
}

function lookUp(session: BuildSession, key: string): StepOutcome | undefined {
  const record: StepRecord | undefined = session.cache.get(key) ?? session.importedSteps.get(key);
  if (!record) return undefined;
  session.usedSteps.set(key, record);
  if (record.layer === undefined) return { layer: undefined, createdAt: record.createdAt, cached: true };
  const layer = session.images.writer.getLayer(record.layer);
  if (!layer) return undefined;
  session.heldLayers.add(layer.diffId);
  return { layer, createdAt: record.createdAt, cached: true };
}
