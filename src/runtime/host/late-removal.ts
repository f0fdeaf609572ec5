import { rm } from 'node:fs/promises';
import { errorMessage, type Logger } from '../../base/index.ts';
import { findProgram } from './programs.ts';
import { spawnChild } from './posix-spawn.ts';

/** Long enough that the stop of a whole stack is over and answered, short enough that nobody finds the disk full. */
const DELAY_MS = 200;
/** Far below what one command line takes. */
const PATHS_AT_ONCE = 200;

/**
 * Deletes directories that nobody looks at any more, some time later and many at once, by one `rm`. Node's own recursive removal takes some
 * thirty calls for the few files of a container, 1.4 ms of the thread that serves.
 */
export class LateRemoval {
  readonly #logger: Logger;
  #waiting: string[] = [];
  #round: Promise<void> | undefined;
  #hurry = (): void => {};

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param path  absolute; a missing one is fine */
  add(path: string): void {
    this.#waiting.push(path);
    this.#round ??= this.#rounds();
  }

  /** Resolves when everything added so far is gone from the disk. */
  async settled(): Promise<void> {
    this.#hurry();
    await this.#round;
  }

  async #rounds(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, DELAY_MS);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    while (this.#waiting.length > 0) await this.#remove(this.#waiting.splice(0, PATHS_AT_ONCE));
    this.#round = undefined; // in one step with the look at the list: whoever adds next starts a round
  }

  async #remove(paths: readonly string[]): Promise<void> {
    if (await removeByProgram(paths)) return;
    for (const path of paths) {
      await rm(path, { recursive: true, force: true }).catch((error: unknown) => this.#logger.warn('cannot delete', { path, error: errorMessage(error) }));
    }
  }
}

async function removeByProgram(paths: readonly string[]): Promise<boolean> {
  const program = findProgram('rm');
  if (program === undefined) return false;
  try {
    const child = await spawnChild({ path: program, args: ['-rf', '--', ...paths], env: {}, stdin: false, output: false });
    return (await child.exit).code === 0;
  } catch {
    return false; // Node does it, and says what is wrong
  }
}
