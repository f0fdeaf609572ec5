import { EngineError, type EngineErrorKind } from '../base/index.ts';
import type { ProgressMessage } from './types.ts';

/**
 * The error that a progress line carries, or undefined. A pull, push, load or build that fails after its first byte can no longer
 * change the HTTP status, so the engine says it in the stream. The kind is guessed from the text, as dockerd gives no more.
 */
export function imageProgressError(message: ProgressMessage): EngineError | undefined {
  const text = message.errorDetail?.message ?? message.error;
  if (text === undefined || text === '') return undefined;
  return new EngineError(kindOfText(text), text);
}

const KIND_PATTERNS: readonly (readonly [RegExp, EngineErrorKind])[] = [
  [/unauthorized|authentication required|denied/i, 'unauthorized'],
  [/manifest unknown|not found|does not exist/i, 'notFound'],
  [/no such host|connection refused|timeout|timed out|temporarily unavailable/i, 'unavailable'],
];

function kindOfText(text: string): EngineErrorKind {
  return KIND_PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? 'internal';
}

/** Passes progress lines on and throws the first error line. */
export async function* throwProgressErrors(progress: AsyncIterable<ProgressMessage>): AsyncGenerator<ProgressMessage> {
  for await (const message of progress) {
    const error = imageProgressError(message);
    if (error) throw error;
    yield message;
  }
}

/** Reads a progress stream to its end. @throws EngineError for an error line @returns the last `aux` value, if any */
export async function drainProgress(progress: AsyncIterable<ProgressMessage>): Promise<unknown> {
  let aux: unknown;
  for await (const message of throwProgressErrors(progress)) if (message.aux !== undefined) aux = message.aux;
  return aux;
}
