/** Operations that report as they go, in the shape that docker's clients print. */
import { EngineError, errorMessage } from '../../base/index.ts';
import type { Progress, ProgressMessage } from '../../engine-api/index.ts';

export type Emit = (message: ProgressMessage) => void;

/**
 * Starts `body` and resolves with its messages as soon as there is the first one, or it is over. What fails before the first
 * message rejects, so that the HTTP status can say it; what fails later is the last message. When the reader stops, `body` is aborted.
 */
export async function startProgress(body: (emit: Emit, signal: AbortSignal) => Promise<void>, signal?: AbortSignal): Promise<Progress> {
  const controller = new AbortController();
  const both = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  const queue: ProgressMessage[] = [];
  let isOver = false;
  let wake: () => void = () => {};
  let begun: () => void = () => {};
  let failed: (error: unknown) => void = () => {};
  const beginning = new Promise<void>((resolve, reject) => {
    begun = resolve;
    failed = reject;
  });
  let hasBegun = false;
  const emit: Emit = (message) => {
    queue.push(message);
    hasBegun = true;
    begun();
    wake();
  };
  body(emit, both)
    .catch((error: unknown) => {
      if (!hasBegun) failed(error);
      else emit(errorMessageOf(error));
    })
    .finally(() => {
      isOver = true;
      begun();
      wake();
    });
  await beginning;
  return (async function* (): AsyncGenerator<ProgressMessage> {
    try {
      for (;;) {
        yield* queue.splice(0);
        if (isOver && queue.length === 0) return;
        if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      controller.abort();
    }
  })();
}

function errorMessageOf(error: unknown): ProgressMessage {
  const message = errorMessage(error);
  return { errorDetail: { message }, error: message };
}

const INTERVAL_MS = 100;

/** A progress line with bar and numbers as clients print them, at most ten times a second. */
export function createMeter(emit: Emit, status: string, id: string, total: number): { add(bytes: number): void; set(current: number): void } {
  let current = 0;
  let last = 0;
  const report = () => {
    const now = performance.now();
    if (now - last < INTERVAL_MS && current < total) return;
    last = now;
    emit({ status, progressDetail: { current, total }, progress: progressBar(current, total), id });
  };
  return {
    add(bytes) {
      current += bytes;
      report();
    },
    set(bytes) {
      current = bytes;
      report();
    },
  };
}

const BAR = 50;

/** `[=====>      ]  1.5MB/3MB`, as dockerd's old clients want it. */
export function progressBar(current: number, total: number): string {
  if (total <= 0) return humanSize(current).padStart(8);
  const done = Math.min(BAR, Math.floor((current / total) * BAR));
  const bar = done >= BAR ? '='.repeat(BAR) + '>' : `${'='.repeat(done)}>${' '.repeat(BAR - done)}`;
  const numbers = `${humanSize(Math.min(current, total)).padStart(8)}/${humanSize(total)}`;
  return `[${bar}] ${numbers}`;
}

/** Four significant digits with decimal units, as Go's units package prints. */
function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

/** Rejects with kind `cancelled`. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new EngineError('cancelled', `${what} was cancelled`);
}
