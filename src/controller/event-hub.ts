/** One subscription to an engine's events, shared by everything that waits for containers of a project. */
import type { Engine, EventMessage } from '../engine-api/index.ts';
import { Label } from './identity.ts';

/** Poll interval once the event stream is lost. */
const FALLBACK_MS = 500;

/**
 * Tells when something happened to a container. Waiters look at the container themselves: take `mark(id)`, inspect, and when that
 * did not settle the matter `changed(id, mark)`; what happens in between is not lost.
 */
export class EventHub {
  readonly #engine: Engine;
  readonly #project: string;
  readonly #stop = new AbortController();
  readonly #counts = new Map<string, number>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(event: EventMessage) => void>();
  #opened: Promise<void> | undefined;
  #isLost = false;

  constructor(engine: Engine, project: string) {
    this.#engine = engine;
    this.#project = project;
  }

  /** Subscribes at the first call; resolves when nothing can be missed any more. @throws EngineError */
  open(): Promise<void> {
    this.#opened ??= this.#subscribe();
    return this.#opened;
  }

  mark(container: string): number {
    return this.#counts.get(container) ?? 0;
  }

  /** Resolves at the next event of the container after `mark`, or after a while when events do not come any more. */
  async changed(container: string, mark: number, signal?: AbortSignal): Promise<void> {
    if (this.mark(container) !== mark) return;
    await new Promise<void>((resolve) => {
      const waiters = this.#waiters.get(container) ?? new Set();
      this.#waiters.set(container, waiters);
      const timer = this.#isLost ? setTimeout(() => done(), FALLBACK_MS) : undefined;
      const done = (): void => {
        clearTimeout(timer);
        waiters.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      waiters.add(done);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted) done();
    });
  }

  /** Calls back for every event of the project's containers. @returns the function that ends it */
  listen(listener: (event: EventMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop.abort();
  }

  async #subscribe(): Promise<void> {
    const filters = { type: ['container'], label: [`${Label.project}=${this.#project}`] };
    const events = await this.#engine.system.events({ filters }, { signal: this.#stop.signal });
    void this.#read(events);
  }

  async #read(events: AsyncIterable<EventMessage>): Promise<void> {
    try {
      for await (const event of events) {
        for (const listener of [...this.#listeners]) listener(event);
        this.#note(event.Actor.ID);
      }
    } catch {
      // A lost stream is no failure of what waits: it goes on by looking from time to time.
    }
    this.#isLost = true;
    for (const container of [...this.#waiters.keys()]) this.#note(container);
  }

  #note(container: string): void {
    this.#counts.set(container, this.mark(container) + 1);
    for (const wake of [...(this.#waiters.get(container) ?? [])]) wake();
  }
}
