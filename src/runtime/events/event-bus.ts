import { EngineError } from '../../base/index.ts';
import type { EventMessage, Filters, StringMap } from '../../engine-api/index.ts';
import { wallClockMs } from '../host/clock.ts';
import type { EventSink } from '../parts.ts';
import { matchesEvent } from './event-filter.ts';

/** Events kept for `since`. dockerd keeps 256; ours is larger because a whole `up` of 100 services should fit. */
const HISTORY = 2048;
/** A subscriber that is this far behind is cut off: it could as well be dead. */
const BACKLOG = 100_000;

export interface EventQuery {
  /** Unix seconds, fractions allowed. */
  readonly since?: number;
  readonly until?: number;
  readonly filters?: Filters;
}

/** What happened, in order. Publishing is synchronous and never fails; every subscriber has its own queue. */
export class EventBus implements EventSink {
  readonly #history: EventMessage[] = [];
  readonly #subscribers = new Set<(event: EventMessage) => void>();
  #closed = false;
  readonly #ends = new Set<() => void>();

  publish(type: EventMessage['Type'], action: string, id: string, attributes: StringMap = {}): void {
    const nowMs = wallClockMs();
    const event: EventMessage = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Math.floor(nowMs / 1000),
      timeNano: Math.round(nowMs * 1000) * 1000,
    };
    if (type === 'container' || type === 'image') Object.assign(event, legacyFields(type, action, id, attributes));
    this.#history.push(event);
    if (this.#history.length > HISTORY) this.#history.splice(0, this.#history.length - HISTORY);
    for (const subscriber of this.#subscribers) subscriber(event);
  }

  /** Every event from now on, synchronously. @returns the function that ends it */
  onEvent(listener: (event: EventMessage) => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  /** Subscribed when it returns. Ends at `until`, when aborted, and when the bus closes. */
  subscribe(query: EventQuery = {}, signal?: AbortSignal): AsyncIterable<EventMessage> {
    const filters = query.filters ?? {};
    const untilNano = query.until === undefined ? Number.POSITIVE_INFINITY : query.until * 1e9;
    const queue: EventMessage[] = [];
    if (query.since !== undefined) {
      const sinceNano = query.since * 1e9;
      queue.push(...this.#history.filter((e) => e.timeNano >= sinceNano && e.timeNano <= untilNano && matchesEvent(e, filters)));
    }
    let done = this.#closed || signal?.aborted === true || untilNano <= Date.now() * 1e6;
    let overrun = false;
    let wake = (): void => {};
    const stop = (): void => {
      done = true;
      wake();
    };
    const unsubscribe = this.onEvent((event) => {
      if (done || event.timeNano > untilNano || !matchesEvent(event, filters)) return;
      queue.push(event);
      if (queue.length > BACKLOG) {
        overrun = true;
        stop();
      }
      wake();
    });
    this.#ends.add(stop);
    signal?.addEventListener('abort', stop, { once: true });
    const timer = Number.isFinite(untilNano) && !done ? setTimeout(stop, Math.max(0, untilNano / 1e6 - Date.now())) : undefined;
    const cleanUp = (): void => {
      unsubscribe();
      this.#ends.delete(stop);
      signal?.removeEventListener('abort', stop);
      clearTimeout(timer);
    };
    const events = async function* (): AsyncGenerator<EventMessage> {
      try {
        for (;;) {
          const next = queue.shift();
          if (next) yield next;
          else if (done) break;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
        if (overrun) throw new EngineError('internal', 'the client reads events too slowly');
      } finally {
        cleanUp();
      }
    };
    return whenDropped(events(), cleanUp);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }
}

/** A generator that was never started does not run its `finally`; `return()` then must clean up itself. */
function whenDropped(generator: AsyncGenerator<EventMessage>, cleanUp: () => void): AsyncIterable<EventMessage> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => generator.next(),
      return: async () => {
        cleanUp();
        return generator.return(undefined);
      },
    }),
  };
}

/** Fields of API versions before 1.22 that the docker CLI still prints in some templates. */
function legacyFields(type: string, action: string, id: string, attributes: StringMap): Partial<EventMessage> {
  const from = type === 'container' ? attributes['image'] : undefined;
  return { status: action, id, ...(from !== undefined && { from }) };
}
