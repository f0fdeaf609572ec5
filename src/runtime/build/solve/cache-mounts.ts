/** `RUN --mount=type=cache`: directories that live from build to build, under `build-cache/mounts`. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedMutex, newId } from '../../../base/index.ts';
import type { RunMount } from '../dockerfile/index.ts';

type CacheMount = Extract<RunMount, { type: 'cache' }>;

export interface CacheMountUse {
  /** Host directory to bind. */
  readonly path: string;
  release(): void;
}

/** Shared by all builds of an engine. */
export class CacheMounts {
  readonly #directory: string;
  readonly #locks = new KeyedMutex();
  readonly #users = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) if (name.startsWith('.')) rmSync(join(directory, name), { recursive: true, force: true });
  }

  /**
   * Takes a cache. `locked` waits until nobody else has it; `private` takes another one when it is in use.
   * @param fill  writes the first content into an empty directory
   */
  async use(mount: CacheMount, namespace: string, fill: (directory: string) => Promise<void>): Promise<CacheMountUse> {
    const base = createHash('sha256').update(JSON.stringify([namespace, mount.id, mount.from ?? '', mount.from === undefined ? '' : mount.source])).digest('hex').slice(0, 32);
    const unlock = mount.sharing === 'locked' ? await this.#locks.acquire(base) : () => {};
    try {
      const name = mount.sharing === 'private' ? this.#freeName(base) : base;
      this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
      const release = (): void => {
        this.#users.set(name, (this.#users.get(name) ?? 1) - 1);
        if (this.#users.get(name) === 0) this.#users.delete(name);
        unlock();
      };
      try {
        return { path: await this.#make(name, mount, fill), release };
      } catch (error) {
        release();
        throw error;
      }
    } catch (error) {
      unlock();
      throw error;
    }
  }

  #freeName(base: string): string {
    let name = base;
    for (let n = 1; this.#users.has(name); n++) name = `${base}-${n}`;
    return name;
  }

  async #make(name: string, mount: CacheMount, fill: (directory: string) => Promise<void>): Promise<string> {
    const path = join(this.#directory, name);
    if (!existsSync(path)) {
      const fresh = join(this.#directory, `.${newId().slice(0, 16)}`);
      mkdirSync(fresh, { mode: 0o755 });
      await fill(fresh);
      lchownSync(fresh, mount.uid, mount.gid);
      chmodSync(fresh, mount.mode);
      if (existsSync(path)) rmSync(fresh, { recursive: true, force: true });
      else renameSync(fresh, path);
    }
    return path;
  }

  /** Caches that nobody uses now. */
  list(): { id: string; path: string; lastUsedMs: number }[] {
    return readdirSync(this.#directory)
      .filter((name) => !name.startsWith('.') && !this.#users.has(name))
      .map((id) => ({ id, path: join(this.#directory, id), lastUsedMs: statSync(join(this.#directory, id)).mtimeMs }));
  }

  /** @returns false when it is in use */
  remove(id: string): boolean {
    if (this.#users.has(id) || this.#locks.isHeld(id)) return false;
    rmSync(join(this.#directory, id), { recursive: true, force: true });
    return true;
  }
}
