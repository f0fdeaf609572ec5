/** `docker import`: a root file system as one layer under a new config. */
import type { Progress } from '../../engine-api/index.ts';
import { EngineError } from '../../base/index.ts';
import type { ApplyChanges, ImageConfigFile } from '../parts.ts';
import { hostPlatform, parsePlatform } from './platform.ts';
import { startProgress, type Emit } from './progress.ts';
import type { StoredLayer } from './layer-store.ts';
import { formatReference, parseTagTarget } from './reference.ts';
import { withWeb } from './registry/index.ts';
import { publishImage, recordImage, type Store } from './store.ts';

export interface ImportQuery {
  repo?: string;
  tag?: string;
  message?: string;
  changes?: string[];
  platform?: string;
  /** Where to fetch the archive; without a scheme it is http, as for dockerd. */
  source?: string;
}

/** @throws EngineError invalid */
export function importImage(
  store: Store,
  query: ImportQuery,
  archive: AsyncIterable<Uint8Array> | undefined,
  applyChanges: ApplyChanges | undefined,
  signal: AbortSignal | undefined,
): Promise<Progress> {
  const target = query.repo !== undefined && query.repo !== '' ? parseTagTarget(query.repo, query.tag) : undefined;
  const platform = query.platform !== undefined && query.platform !== '' ? parsePlatform(query.platform) : hostPlatform();
  const changes = query.changes ?? [];
  if (changes.length > 0 && !applyChanges) throw new EngineError('notImplemented', 'changes on import are not supported');
  const config = applyChanges && changes.length > 0 ? applyChanges({}, changes) : {};
  return startProgress(async (emit, both) => {
    const layer = await addLayer(store, query.source, archive, emit, both);
    const created = new Date().toISOString();
    const comment = query.message !== undefined && query.message !== '' ? query.message : `Imported from ${query.source ?? '-'}`;
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

async function addLayer(store: Store, source: string | undefined, archive: AsyncIterable<Uint8Array> | undefined, emit: Emit, signal: AbortSignal): Promise<StoredLayer> {
  if (source === undefined) {
    if (!archive) throw new EngineError('invalid', 'neither an archive nor an address to fetch it from was given');
    return store.layers.add(archive, { signal });
  }
  const url = source.includes('://') ? source : `http://${source}`;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw new EngineError('invalid', `cannot import from ${JSON.stringify(source)}: it is no http or https address`);
  emit({ status: `Downloading from ${url}` });
  return withWeb(url, { signal }, ({ status, stream }) => {
    if (status !== 200) throw new EngineError('unavailable', `cannot fetch ${url}: ${status} ${stream.statusMessage ?? ''}`.trim());
    return store.layers.add(stream, { signal });
  });
}
