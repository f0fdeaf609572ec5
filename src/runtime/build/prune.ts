/** What the builder keeps from build to build: listed for `system df`, removed by `builder prune`. */
import { lstatSync, readdirSync, rmSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EngineError, errnoCode, parseDurationNs } from '../../base/index.ts';
import type { BuildCacheRecord } from '../../engine-api/index.ts';
import type { BuilderShared } from './open-session.ts';
import type { ListedStep } from './solve/step-cache.ts';

export interface PruneQuery {
  all?: boolean;
  filters?: Record<string, string[]>;
}

/** One record per cached step, per cache mount, and one for the files of contexts and downloads. */
export async function cacheRecords(shared: BuilderShared): Promise<BuildCacheRecord[]> {
  const inImages = await imageLayers(shared);
  const steps = shared.cache.list().map(({ key, record, lastUsedMs }): BuildCacheRecord => ({
    ID: key,
    Type: 'regular',
    Description: record.description,
    InUse: false,
    Shared: record.layer !== undefined && inImages.has(record.layer),
    Size: record.size,
    CreatedAt: record.createdAt,
    LastUsedAt: new Date(lastUsedMs).toISOString(),
    UsageCount: 1,
  }));
  const others = [
    ...shared.cacheMounts.list().map(({ id, path, lastUsedMs }) => ({ id, type: 'exec.cachemount', description: 'cache mount', path, lastUsedMs })),
    { id: 'files', type: 'source.local', description: 'files of build contexts and downloads', path: shared.files.directory, lastUsedMs: Date.now() },
  ];
  const records: BuildCacheRecord[] = [];
  for (const { id, type, description, path, lastUsedMs } of others) {
    const at = new Date(lastUsedMs).toISOString();
    records.push({ ID: id, Type: type, Description: description, InUse: false, Shared: false, Size: await treeSize(path), CreatedAt: at, LastUsedAt: at, UsageCount: 1 });
  }
  return [...steps, ...records];
}

async function imageLayers(shared: BuilderShared): Promise<Set<string>> {
  const layers = new Set<string>();
  for (const { Id } of await shared.images.api.list({ all: true })) {
    for (const { diffId } of (await shared.images.writer.findImage(Id))?.record.layers ?? []) layers.add(diffId);
  }
  return layers;
}

/**
 * Without `all`: steps whose layers no image has, and files that no build runs with. With `all`: everything that no build runs with.
 * @param query.filters  `until` (duration or Unix seconds: not used since), `id`
 */
export async function pruneCache(shared: BuilderShared, query: PruneQuery): Promise<{ ids: string[]; bytes: number }> {
  const before = untilMs(query.filters?.['until']?.[0] ?? query.filters?.['unused-for']?.[0]);
  const wanted = query.filters?.['id'];
  const inImages = query.all === true ? new Set<string>() : await imageLayers(shared);
  const isChosen = (id: string, lastUsedMs: number): boolean => lastUsedMs <= before && (!wanted || wanted.some((prefix) => id.startsWith(prefix)));
  const isFree = ({ record }: ListedStep): boolean => record.layer === undefined || !inImages.has(record.layer);
  const ids: string[] = [];
  for (const step of shared.cache.list()) {
    if (!isChosen(step.key, step.lastUsedMs) || !isFree(step)) continue;
    shared.cache.remove(step.key);
    ids.push(step.key);
  }
  let { bytes } = await shared.images.writer.collectLayers();
  if (query.all === true) {
    for (const { id, path, lastUsedMs } of shared.cacheMounts.list()) {
      if (!isChosen(id, lastUsedMs)) continue;
      const size = await treeSize(path);
      if (!shared.cacheMounts.remove(id)) continue;
      ids.push(id);
      bytes += size;
    }
  }
  // Running builds may stand on these files; they only save work, so they wait for a quiet moment.
  if (!wanted && shared.held.size === 0) bytes += await removeFiles(shared, before);
  return { ids, bytes };
}

async function removeFiles(shared: BuilderShared, before: number): Promise<number> {
  let bytes = 0;
  for (const prefix of readdirSync(shared.files.directory)) {
    const directory = join(shared.files.directory, prefix);
    await setImmediate();
    if (shared.held.size > 0) return bytes; // a build has begun
    for (const name of prefix.startsWith('.') ? [] : readdirSync(directory)) {
      const stats = statSync(join(directory, name));
      if (stats.mtimeMs > before) continue;
      rmSync(join(directory, name), { force: true });
      bytes += stats.size;
    }
  }
  return bytes;
}

/** @throws EngineError invalid */
function untilMs(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const ns = parseDurationNs(text);
  const date = ns === undefined ? Date.parse(text) : Date.now() - ns / 1e6;
  if (Number.isNaN(date)) throw new EngineError('invalid', `invalid filter until=${text}`);
  return date;
}

/** Bytes of all files below a directory. Lets other work run between directories. */
async function treeSize(path: string): Promise<number> {
  let bytes = 0;
  await setImmediate();
  for (const entry of entriesOf(path)) {
    const full = join(path, entry.name);
    if (entry.isDirectory()) bytes += await treeSize(full);
    else bytes += lstatSync(full, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** None when the directory has gone since it was seen: a build that began meanwhile uses its caches. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
}
