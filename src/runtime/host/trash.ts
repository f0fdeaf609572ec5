/**
 * Deleting without waiting. What goes is renamed out of the way, which is one cheap step and, for a reader, the whole deletion; the files
 * are removed in the background, one directory after the other. On ext4 an unlink takes up to milliseconds while the journal is being
 * written, and a container has a dozen files.
 */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, type Logger, newId } from '../../base/index.ts';

export class Trash {
  readonly #directory: string;
  readonly #logger: Logger;
  #work: Promise<void> = Promise.resolve();

  /** @param directory  on the same file system as everything that is discarded; what a former engine left in it is removed */
  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) this.#removeLater(join(directory, name));
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
    this.#removeLater(target);
  }

  /** Resolves when everything discarded so far is gone from the disk. */
  async empty(): Promise<void> {
    await this.#work;
  }

  #removeLater(path: string): void {
    this.#work = this.#work
      .then(() => rm(path, { recursive: true, force: true }))
      .catch((error: unknown) => this.#logger.warn('cannot delete', { path, error }));
  }
}
