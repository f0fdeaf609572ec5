/** `docker import`: a root file system as one layer under a new config. */
import type { Progress } from '../../engine-api/index.ts';
import { EngineError } from '../../base/index.ts';
import type { ApplyChanges, ImageConfigFile } from '../parts.ts';
import { hostPlatform, parsePlatform } from './platform.ts';
import { startProgress } from './progress.ts';
import { formatReference, parseTagTarget } from './reference.ts';
import { publishImage, recordImage, type Store } from './store.ts';

export interface ImportQuery {
  repo?: string;
  tag?: string;
  message?: string;
  changes?: string[];
  platform?: string;
}

/** @throws EngineError invalid */
export function importImage(
  store: Store,
  query: ImportQuery,
  archive: AsyncIterable<Uint8Array>,
  applyChanges: ApplyChanges | undefined,
  signal: AbortSignal | undefined,
): Promise<Progress> {
  const target = query.repo !== undefined && query.repo !== '' ? parseTagTarget(query.repo, query.tag) : undefined;
  const platform = query.platform !== undefined && query.platform !== '' ? parsePlatform(query.platform) : hostPlatform();
  const changes = query.changes ?? [];
  if (changes.length > 0 && !applyChanges) throw new EngineError('notImplemented', 'changes on import are not supported');
  const config = applyChanges && changes.length > 0 ? applyChanges({}, changes) : {};
  return startProgress(async (emit, both) => {
    const layer = await store.layers.add(archive, { signal: both });
    const created = new Date().toISOString();
    const comment = query.message !== undefined && query.message !== '' ? query.message : 'Imported from -';
    const file: ImageConfigFile = {
      architecture: platform.architecture,
      comment,
      config,
      created,
      history: [{ created, comment }],
      os: platform.os,
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      ...(platform.variant !== undefined && { variant: platform.variant }),
    };
    const { id } = recordImage(store, { config: Buffer.from(JSON.stringify(file)), layers: [layer], tags: target ? [formatReference(target)] : [] });
    publishImage(store, 'import', id, id);
    emit({ status: id });
  }, signal);
}
