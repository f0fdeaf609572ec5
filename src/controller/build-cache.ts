/** `cache_from` and `cache_to` of a build. What cannot be honoured is named with its place, and never stops a build. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorMessage, isEngineError } from '../base/index.ts';
import type { Service } from '../compose/index.ts';
import { throwProgressErrors } from '../engine-api/index.ts';
import { callOptions, type ProjectContext } from './context.ts';
import { parseImageReference } from './image-reference.ts';

export interface CacheExport {
  /** The image that the engine makes of the steps. */
  readonly reference: string;
  readonly mode: 'min' | 'max';
  /** Directory to write it to; undefined: it is pushed under its name. */
  readonly directory: string | undefined;
  /** `services.web.build.cache_to[0]` */
  readonly place: string;
}

export interface CachePlan {
  /** References of images, and `type=registry,ref=…` for an engine that knows it. */
  readonly from: readonly string[];
  readonly to: readonly CacheExport[];
  /** The built image itself carries its steps. */
  readonly inline: boolean;
  /** Images that were loaded for this build alone. */
  readonly loaded: readonly string[];
}

/** In the directory of a local cache: one archive as `docker save` writes it. */
const CACHE_FILE = 'tscompose-cache.tar';
const CACHE_NAME = 'tscompose-cache';

type Warn = (place: string, text: string) => void;

/** Loads local caches into the engine and sorts the rest. */
export async function planCaches(context: ProjectContext, service: Service, image: string): Promise<CachePlan> {
  const { cache_from = [], cache_to = [] } = service.build ?? {};
  const warn: Warn = (place, text) => context.onEvent?.({ type: 'warning', code: 'build.cache', message: `${place}: ${text}` });
  const from: string[] = [];
  for (const [index, entry] of cache_from.entries()) {
    const reference = await cacheSource(context, entry, (text) => warn(`services.${service.name}.build.cache_from[${index}]`, text));
    if (reference !== undefined) from.push(reference);
  }
  const targets = cache_to.map((entry, index) => cacheTarget(context, entry, image, { place: `services.${service.name}.build.cache_to[${index}]`, warn }));
  return { from, to: targets.flatMap((target) => (typeof target === 'object' ? target : [])), inline: targets.includes('inline'), loaded: from.filter((reference) => reference.startsWith(`${CACHE_NAME}:`)) };
}

function fieldsOf(entry: string): Map<string, string> {
  return new Map(entry.split(',').map((field): [string, string] => [field.split('=', 1)[0]?.trim() ?? '', field.slice(field.indexOf('=') + 1).trim()]));
}

async function cacheSource(context: ProjectContext, entry: string, warn: (text: string) => void): Promise<string | undefined> {
  if (!entry.includes('=')) return entry;
  const fields = fieldsOf(entry);
  const [type, reference, source] = [fields.get('type') ?? '', fields.get('ref'), fields.get('src')];
  if (type === 'registry' && reference) return context.ownEngine ? `type=registry,ref=${reference}` : reference;
  if (type === 'local' && source && context.ownEngine) return loadCache(context, directoryOf(context, source), warn);
  warn(problem(type, type === 'local' ? 'src' : 'ref', 'it is not used'));
  return undefined;
}

function cacheTarget(context: ProjectContext, entry: string, image: string, { place, warn }: { place: string; warn: Warn }): CacheExport | 'inline' | undefined {
  const fields = entry.includes('=') ? fieldsOf(entry) : new Map([['type', 'registry'], ['ref', entry]]);
  const [type, reference, destination] = [fields.get('type') ?? '', fields.get('ref'), fields.get('dest')];
  const mode = fields.get('mode') === 'max' ? 'max' : 'min';
  if (type === 'inline') return 'inline';
  if (type === 'registry' && reference && sameImage(reference, image)) {
    warn(place, `${reference} is the image itself: a cache would take its name; use type=inline`);
    return undefined;
  }
  if (type === 'registry' && reference && context.ownEngine) return { reference, mode, directory: undefined, place };
  if (type === 'local' && destination && context.ownEngine) {
    const directory = directoryOf(context, destination);
    const tag = createHash('sha256').update(`${image}\0${directory}`).digest('hex').slice(0, 16);
    return { reference: `${CACHE_NAME}:${tag}`, mode, directory, place };
  }
  warn(place, problem(type, type === 'local' ? 'dest' : 'ref', 'nothing is written'));
  return undefined;
}

function sameImage(a: string, b: string): boolean {
  const [left, right] = [parseImageReference(a), parseImageReference(b)];
  return left.name === right.name && left.tag === right.tag;
}

function problem(type: string, field: string, consequence: string): string {
  if (type === 'local' || type === 'registry') return `a cache of type "${type}" needs ${field} and an engine of tscompose; ${consequence}`;
  return `a cache of type "${type}" is not supported (registry, local and inline are); ${consequence}`;
}

function directoryOf(context: ProjectContext, path: string): string {
  return isAbsolute(path) ? path : join(context.project.directory, path);
}

/** @returns the image that the archive holds. What is missing or of another builder only costs its help. */
async function loadCache(context: ProjectContext, directory: string, warn: (text: string) => void): Promise<string | undefined> {
  try {
    let found: string | undefined;
    const archive = createReadStream(join(directory, CACHE_FILE), { highWaterMark: 256 * 1024 });
    archive.on('error', () => {}); // told by the call that reads it
    await new Promise((resolve, reject) => archive.once('open', resolve).once('error', reject));
    for await (const { stream } of throwProgressErrors(await context.engine.images.load(archive, {}, callOptions(context)))) {
      found = /^Loaded image: (tscompose-cache:[0-9a-f]{16})\n/.exec(stream ?? '')?.[1] ?? found;
    }
    return found;
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    warn(`cannot use the cache in ${directory}: ${errorMessage(error)}`);
    return undefined;
  }
}

/** Sends the caches that the engine made to where they shall be; the engine keeps their layers only as far as it uses them itself. */
export async function exportCaches(context: ProjectContext, service: Service, plan: CachePlan): Promise<void> {
  for (const target of plan.to) {
    try {
      if (target.directory === undefined) await pushCache(context, target.reference);
      else await saveCache(context, target.reference, target.directory);
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      context.onEvent?.({ type: 'warning', code: 'build.cache', message: `${target.place}: the cache of ${service.name} was not written: ${errorMessage(error)}` });
    } finally {
      await context.engine.images.remove(target.reference, {}, callOptions(context)).catch(() => {}); // it may never have been made
    }
  }
}

/** Takes the names of loaded caches away again. */
export async function releaseCaches(context: ProjectContext, plan: CachePlan): Promise<void> {
  for (const reference of plan.loaded) await context.engine.images.remove(reference).catch(() => {}); // the export may have taken it
}

async function pushCache(context: ProjectContext, reference: string): Promise<void> {
  const { name, tag, registry } = parseImageReference(reference);
  const auth = (await context.credentials?.(registry)) ?? {};
  for await (const _ of throwProgressErrors(await context.engine.images.push(name, { tag, auth }, callOptions(context)))) void _;
}

async function saveCache(context: ProjectContext, reference: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${CACHE_FILE}.${process.pid}`);
  try {
    await pipeline(await context.engine.images.save([reference], callOptions(context)), createWriteStream(temporary));
    await rename(temporary, join(directory, CACHE_FILE));
  } finally {
    await rm(temporary, { force: true });
  }
}
