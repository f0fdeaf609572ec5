/**
 * Deleting without waiting. What goes is renamed out of the way, which is one cheap step and, for a reader, the whole deletion; the files
 * are removed later.
 */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, type Logger, newId } from '../../base/index.ts';
import { LateRemoval } from './late-removal.ts';

export class Trash {
  readonly #directory: string;
  readonly #removal: LateRemoval;

  /** @param directory  on the same file system as everything that is discarded; what a former engine left in it is removed */
  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#removal = new LateRemoval(logger);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) this.#removal.add(join(directory, name));
  }

  /** Takes a file or a directory out of the way. A missing one is fine. @throws system errors of the rename */
  discard(path: string): void {
    const target = join(this.#directory, newId().slice(0, 16));
    try {
      renameSync(path, target);
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      throw error;
    }
    this.#removal.add(target);
  }

  /** Resolves when everything discarded so far is gone from the disk. */
  async empty(): Promise<void> {
    await this.#removal.settled();
  }
}
