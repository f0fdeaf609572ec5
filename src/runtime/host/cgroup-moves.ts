import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CgroupHost, controllerDir } from './cgroup.ts';

/** Well below one grace period of RCU, the time for which one move makes the next ones cheap. */
const REPEAT_MS = 4;
/** How long a move may take to come after it was announced; in a chain of starts, the time until the next one. */
const EXPECTED_WITHIN_MS = 60;

/**
 * Makes moves of processes into control groups fast, just before they come.
 *
 * A write to `cgroup.procs` takes a lock of the kernel (`cgroup_threadgroup_rwsem`) for which the first writer after a pause waits a grace
 * period of RCU: 10 to 14 ms on Linux 6.18, half of a container's start. Who comes while that wait goes on, or soon after, shares it. So
 * a thread of the pool takes the lock early, while the OCI runtime is still being loaded, by moving the engine to where it already is, and
 * again every few milliseconds for as long as moves are expected. Measured with crun: a start takes 11 ms instead of 24.
 *
 * `favordynmods`, the mount option for the same end, would change the whole host.
 */
export class CgroupMoves {
  readonly #host: CgroupHost;
  #until = 0;
  #going: Promise<void> | undefined;

  constructor(host: CgroupHost) {
    this.#host = host;
  }

  /** A process will be moved into a control group within some milliseconds. Costs the caller nothing, and never fails. */
  expect(): void {
    this.#until = performance.now() + EXPECTED_WITHIN_MS;
    this.#going ??= this.#keepReady().finally(() => (this.#going = undefined));
  }

  async #keepReady(): Promise<void> {
    let file: FileHandle | undefined;
    try {
      // Read each time: who moved the engine to another group meant it to stay there.
      const path = ownProcsFile(this.#host, readFileSync('/proc/self/cgroup', 'utf8'));
      if (path === undefined) return;
      file = await open(path, 'r+');
      while (performance.now() < this.#until) {
        await file.write(`${process.pid}`, 0);
        await delay(REPEAT_MS, undefined, { ref: false });
      }
    } catch {
      // A group that may not be written to. Moves then take as long as they take.
    } finally {
      await file?.close().catch(() => {});
    }
  }
}

/** The `cgroup.procs` in which this very process is listed, in any hierarchy. @param self  text of /proc/self/cgroup */
export function ownProcsFile(host: CgroupHost, self: string): string | undefined {
  for (const line of self.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined || path.startsWith('/..')) continue;
    const directory = controllerDir(host, controllers.split(',')[0] ?? '', path);
    if (directory !== undefined && (host.version === 1) === (controllers !== '')) return join(directory, 'cgroup.procs');
  }
  return undefined;
}
