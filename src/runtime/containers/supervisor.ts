import { type FSWatcher, watch } from 'node:fs';
import type { Containers } from './context.ts';
import { checkExit } from './exit.ts';
import { hasProcess } from './record.ts';

/** How often every running container is looked at, for what the watch does not show: a killed conmon, a lost notification. */
const TICK_MS = 1000;

/** Notices the ends of processes: conmon's exit files as they appear, and a slow round over all running containers. */
export class Supervisor {
  readonly #room: Containers;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(room: Containers) {
    this.#room = room;
  }

  start(): void {
    this.#watch();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  stop(): void {
    this.#watcher?.close();
    clearInterval(this.#timer);
  }

  #watch(): void {
    try {
      // Temporary names have a suffix and fit no container.
      this.#watcher = watch(this.#room.ctx.layout.exits, { persistent: false }, (_, name) => {
        const container = name === null ? undefined : this.#room.registry.get(name);
        if (container) void checkExit(this.#room, container);
      });
      this.#watcher.on('error', (error) => this.#room.ctx.logger.warn('the watch on exit files broke: polling', { error }));
    } catch (error) {
      this.#room.ctx.logger.warn('exit files cannot be watched: polling', { error }); // out of inotify instances
    }
  }

  #tick(): void {
    for (const container of this.#room.registry.all()) if (hasProcess(container.state)) void checkExit(this.#room, container);
  }
}
