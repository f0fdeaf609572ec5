/** Layers on their way: two pulls that need the same layer at once fetch it once, and both see its progress. */
import { EngineError } from '../../../base/index.ts';
import type { StoredLayer } from '../layer-store.ts';
import type { Emit } from '../progress.ts';

interface Transfer {
  readonly watchers: Set<Emit>;
  readonly abort: AbortController;
  readonly result: Promise<StoredLayer>;
}

export class Transfers {
  readonly #running = new Map<string, Transfer>();

  /**
   * @param key  what makes two transfers the same
   * @param start  begins one; its signal is aborted when the last watcher has gone
   * @throws what `start` throws; EngineError cancelled when this watcher's signal is aborted
   */
  async join(key: string, emit: Emit, signal: AbortSignal, start: (emit: Emit, signal: AbortSignal) => Promise<StoredLayer>): Promise<StoredLayer> {
    let transfer = this.#running.get(key);
    if (!transfer || transfer.abort.signal.aborted) {
      transfer = this.#begin(key, start);
      this.#running.set(key, transfer);
    }
    const mine = transfer;
    mine.watchers.add(emit);
    try {
      return await untilAborted(mine.result, signal);
    } finally {
      mine.watchers.delete(emit);
      if (mine.watchers.size === 0) mine.abort.abort();
    }
  }

  #begin(key: string, start: (emit: Emit, signal: AbortSignal) => Promise<StoredLayer>): Transfer {
    const watchers = new Set<Emit>();
    const abort = new AbortController();
    const result = start((message) => watchers.forEach((watcher) => watcher(message)), abort.signal).finally(() => {
      if (this.#running.get(key)?.abort === abort) this.#running.delete(key);
    });
    result.catch(() => {}); // every watcher may have gone
    return { watchers, abort, result };
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new EngineError('cancelled', 'the operation was cancelled'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
