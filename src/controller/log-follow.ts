/**
 * Following: containers that start later join through the engine's events, a container that restarts goes on where it stopped, and
 * a broken connection is opened again from the last timestamp: no line is lost and none comes twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isEngineError } from '../base/index.ts';
import { decodeOutput, type EventMessage, type LogsQuery } from '../engine-api/index.ts';
import { projectNameOf, shared, type NamedContext } from './context.ts';
import { EventHub } from './event-hub.ts';
import { findContainers } from './find-containers.ts';
import { Label } from './identity.ts';
import { TimestampStripper } from './log-lines.ts';
import { queryOf, readOnce, type LogsOptions, type LogSink, type LogSource } from './log-stream.ts';

const EVENT_PATIENCE_MS = 1000;
const RETRY_MS = 100;
const RETRY_DEADLINE_MS = 30_000;

/** Containers come and go; each has one reader as long as it lives. */
export class Follow {
  readonly #context: NamedContext;
  readonly #options: LogsOptions;
  readonly #sink: LogSink;
  readonly #hub: EventHub;
  readonly #stop = new AbortController();
  readonly #readers = new Map<string, Promise<void>>();
  /** Exit codes that were not told yet. */
  readonly #deaths = new Map<string, number[]>();
  /** The timestamp of the last line of a container's runs so far, for those that have one behind them. */
  readonly #ends = new Map<string, string>();
  #failure: { error: unknown } | undefined;
  #pending = false;
  #wake: () => void = () => {};

  constructor(context: NamedContext, options: LogsOptions, sink: LogSink) {
    this.#context = context;
    this.#options = options;
    this.#sink = sink;
    this.#hub = new EventHub(context.engine, projectNameOf(context));
  }

  async run(): Promise<void> {
    shared(this.#stop.signal);
    const forward = (): void => this.#stop.abort();
    this.#context.signal?.addEventListener('abort', forward, { once: true });
    if (this.#context.signal?.aborted) forward();
    const { whilePending } = this.#options;
    if (whilePending) {
      this.#pending = true;
      void whilePending.catch(() => {}).finally(() => {
        this.#pending = false;
        this.#wake();
      });
    }
    try {
      await this.#follow();
      if (this.#failure) throw this.#failure.error;
    } catch (error) {
      if (!this.#context.signal?.aborted) throw error;
    } finally {
      this.#context.signal?.removeEventListener('abort', forward);
      this.#stop.abort();
      this.#hub.close();
      await Promise.allSettled(this.#readers.values());
    }
  }

  async #follow(): Promise<void> {
    const { services = [], index, history = true } = this.#options;
    this.#hub.listen((event) => this.#onEvent(event));
    await this.#hub.open();
    const containers = await findContainers({ ...this.#context, signal: this.#stop.signal }, { services, all: true, ...(index !== undefined && { index }) });
    const seen: Promise<void>[] = [];
    for (const container of containers) {
      const runs = container.state === 'running' || container.state === 'restarting' || container.state === 'paused';
      if (!history && container.state !== 'created') seen.push(this.#rememberLastLine(container.id));
      if (!history && !runs) continue;
      this.#begin(container, { ...queryOf(this.#options), ...(!history && { tail: 0 }) });
    }
    await Promise.all(seen);
    this.#sink.ready?.();
    const aborted = new Promise<void>((resolve) => this.#stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!this.#stop.signal.aborted && !this.#failure && (this.#readers.size > 0 || this.#pending)) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, aborted, ...this.#readers.values()]);
    }
  }

  #onEvent(event: EventMessage): void {
    if (event.Action === 'die') this.#deaths.set(event.Actor.ID, [...(this.#deaths.get(event.Actor.ID) ?? []), Number(event.Actor.Attributes['exitCode'] ?? 0)]);
    if (event.Action !== 'start') return;
    const { services = [], index } = this.#options;
    const attributes = event.Actor.Attributes;
    const service = attributes[Label.service] ?? '';
    const number = Number(attributes[Label.containerNumber] ?? 0);
    if (attributes[Label.oneOff] === 'True' || (services.length > 0 && !services.includes(service)) || (index !== undefined && number !== index)) return;
    if (this.#readers.has(event.Actor.ID)) return;
    this.#begin({ id: event.Actor.ID, name: attributes['name'] ?? event.Actor.ID.slice(0, 12), service, number }, undefined);
    this.#wake();
  }

  /** @param query  undefined: the output of the run that has just begun */
  #begin(source: LogSource, query: LogsQuery | undefined): void {
    const reader = this.#read({ id: source.id, name: source.name, service: source.service, number: source.number }, query)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#failure ??= { error };
      })
      .finally(() => {
        this.#readers.delete(source.id);
        this.#wake();
      });
    this.#readers.set(source.id, reader);
  }

  async #read(source: LogSource, query: LogsQuery | undefined): Promise<void> {
    const stripper = new TimestampStripper({ keep: this.#options.timestamps ?? false });
    const before = query ? undefined : this.#ends.get(source.id);
    if (before !== undefined) {
      stripper.last = before;
      stripper.reconnected();
    }
    const first = query ?? this.#queryOfThisRun(before);
    this.#sink.attached?.(source);
    try {
      await this.#readRuns(source, first, stripper);
    } finally {
      if (stripper.last !== '') this.#ends.set(source.id, stripper.last);
    }
  }

  async #readRuns(source: LogSource, query: LogsQuery, stripper: TimestampStripper): Promise<void> {
    for (let next = query; ; next = { stdout: true, stderr: true, ...sinceOf(stripper.last) }) {
      await this.#readUntilEnd(source, { ...next, follow: true }, stripper);
      if (this.#stop.signal.aborted) return;
      const codes = await this.#exitCodes(source.id);
      const state = await this.#stateOf(source.id);
      stripper.reconnected();
      const isOver = !state?.Running && state?.Status !== 'restarting';
      if (isOver && state) {
        // Short runs may have come and gone since the stream ended.
        await this.#readUntilEnd(source, { stdout: true, stderr: true, ...sinceOf(stripper.last) }, stripper);
        codes.push(...this.#takeDeaths(source.id));
        if (codes.length === 0) codes.push(state.ExitCode);
      }
      codes.forEach((code, index) => this.#sink.exited?.(source, code, !isOver || index < codes.length - 1));
      if (isOver) return;
      await this.#whileRestarting(source.id);
      if (this.#stop.signal.aborted) return;
    }
  }

  async #whileRestarting(id: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const mark = this.#hub.mark(id);
      if ((await this.#stateOf(id))?.Status !== 'restarting') return;
      await this.#hub.changed(id, mark, this.#stop.signal);
    }
  }

  #takeDeaths(id: string): number[] {
    return this.#deaths.get(id)?.splice(0) ?? [];
  }

  /**
   * A stream ends because the process did, so its `die` event is there or on its way; a restart may be quicker than any look at the
   * container, and one stream may cover several runs. @returns none when no event comes: then the stream ended for another reason
   */
  async #exitCodes(id: string): Promise<number[]> {
    const patience = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(EVENT_PATIENCE_MS)]);
    for (;;) {
      const mark = this.#hub.mark(id);
      const codes = this.#takeDeaths(id);
      if (codes.length > 0 || patience.aborted) return codes;
      await this.#hub.changed(id, mark, patience);
    }
  }

  /** Opens a broken stream again from the last line that came. */
  async #readUntilEnd(source: LogSource, query: LogsQuery, stripper: TimestampStripper): Promise<void> {
    let current = query;
    await this.#patiently(async () => {
      try {
        await readOnce(this.#context, source, { ...current, timestamps: true }, this.#sink, stripper, this.#stop.signal);
      } catch (error) {
        if (isEngineError(error, 'notFound')) return;
        if (stripper.last !== '') {
          stripper.reconnected();
          const { tail, since, ...rest } = current;
          void tail, since;
          current = { ...rest, ...sinceOf(stripper.last) };
        }
        throw error;
      }
    });
  }

  /** Tries again while the engine is away; gives up when it stays away. */
  async #patiently<T>(body: () => Promise<T>): Promise<T | undefined> {
    for (let brokenSince: number | undefined; ; ) {
      const begun = Date.now();
      try {
        return await body();
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined;
        const wasWell = Date.now() - begun > RETRY_DEADLINE_MS / 10;
        brokenSince = brokenSince === undefined || wasWell ? Date.now() : brokenSince;
        if (Date.now() - brokenSince > RETRY_DEADLINE_MS || !isEngineError(error)) throw error;
        await delay(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  /**
   * A container that ran before has older output in its log: what comes after the last line of then is shown. That line has to be known
   * before the start, because by the time the news of a start arrives a short run can be over.
   */
  #queryOfThisRun(before: string | undefined): LogsQuery {
    const { tail, since, ...rest } = queryOf(this.#options);
    void tail, since;
    return { ...rest, ...sinceOf(before ?? '') };
  }

  async #rememberLastLine(id: string): Promise<void> {
    try {
      const { output, tty } = await this.#context.engine.containers.logs(id, { stdout: true, stderr: true, tail: 1, timestamps: true }, { signal: this.#stop.signal });
      const stripper = new TimestampStripper({ keep: true });
      for await (const frames of decodeOutput(output, { tty, merge: true })) for (const { data } of frames) stripper.push(data);
      if (stripper.last !== '') this.#ends.set(id, stripper.last);
    } catch (error) {
      if (!isEngineError(error, 'notFound')) throw error;
    }
  }

  #stateOf(id: string) {
    return this.#patiently(async () => {
      try {
        return (await this.#context.engine.containers.inspect(id, {}, { signal: this.#stop.signal })).State;
      } catch (error) {
        if (isEngineError(error, 'notFound')) return undefined;
        throw error;
      }
    });
  }
}

/** A number of seconds cannot hold nanoseconds: the moment is rounded down, and the stripper drops what was seen. */
function sinceOf(stamp: string): { since?: number } {
  const ms = Date.parse(stamp);
  return stamp === '' || Number.isNaN(ms) ? {} : { since: Math.floor(ms) / 1000 };
}
