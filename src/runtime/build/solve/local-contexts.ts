/** Contexts that the engine reads in place, because client and engine see the same directory. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { EngineError, errnoCode } from '../../../base/index.ts';
import type { BuildExtra } from '../../../engine-api/index.ts';
import { StatDigestCache } from '../context/index.ts';
import { LiveDirectory, type SourceTree } from '../tree/index.ts';

type Place = NonNullable<BuildExtra['localContexts']>[string];

/**
 * The directories of one build. Each is opened once and its descriptor held to the build's end, so that the one that was checked is the
 * one that is read, whatever its path means later. Whether the client may have it read is for who took the request to decide.
 */
export class LocalContexts {
  readonly #places: ReadonlyMap<string, Place>;
  readonly #directory: string;
  readonly #caches: StatDigestCache[] = [];
  readonly #descriptors: number[] = [];

  /** @param directory  where digests are kept from build to build */
  constructor(extra: BuildExtra | undefined, directory: string) {
    this.#places = new Map(Object.entries(extra?.localContexts ?? {}));
    this.#directory = directory;
  }

  /** Names other than the main context's, which is ''. */
  names(): string[] {
    return [...this.#places.keys()].filter((name) => name !== '');
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** @throws EngineError conflict when the engine sees another directory there, or none */
  get(name: string): SourceTree | undefined {
    const place = this.#places.get(name);
    if (!place) return undefined;
    const fd = openDirectory(place.path);
    if (fd !== undefined) this.#descriptors.push(fd);
    const stats = fd === undefined ? undefined : fstatSync(fd, { bigint: true });
    if (fd === undefined || !stats || String(stats.dev) !== place.device || String(stats.ino) !== place.inode) {
      throw new EngineError('conflict', `the engine does not see the build context ${place.path}`);
    }
    const cache = new StatDigestCache(this.#directory, place.path);
    this.#caches.push(cache);
    return new LiveDirectory(fd, cache);
  }

  /** Keeps the digests of files for the next build. */
  save(): void {
    for (const cache of this.#caches) cache.save();
  }

  close(): void {
    for (const fd of this.#descriptors.splice(0)) closeSync(fd);
  }
}

function openDirectory(path: string): number | undefined {
  if (!isAbsolute(path) || path.includes('\0')) return undefined;
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoCode(error) !== undefined) return undefined; // whatever the reason: the client can still send it
    throw error;
  }
}
