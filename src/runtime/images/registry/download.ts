/** A blob as one unbroken stream of bytes: when the connection breaks, it goes on where it stopped. */
import { EngineError, isEngineError } from '../../../base/index.ts';
import type { Descriptor } from '../media-types.ts';
import type { RepositoryClient } from './client.ts';
import { retryAfterMs, TransportError, type HttpResponse } from './http.ts';
import { RegistryError } from './registry-error.ts';

/** Attempts in a row that bring no byte. */
const MAX_FRUITLESS = 5;

/**
 * Yields every byte once. The digest is the reader's to check.
 * @throws EngineError unavailable after several fruitless attempts; notFound; cancelled; internal when there are more bytes than said
 */
export async function* downloadBlob(client: RepositoryClient, descriptor: Descriptor, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let offset = 0;
  let fruitless = 0;
  while (offset < descriptor.size || descriptor.size === 0) {
    const before = offset;
    let failure: unknown;
    try {
      const response = await client.openBlob(descriptor.digest, offset, signal);
      for await (const chunk of bytesFrom(response, offset)) {
        offset += chunk.length;
        if (offset > descriptor.size) throw new EngineError('internal', `content of ${descriptor.digest} is longer than ${descriptor.size} bytes`);
        yield chunk;
      }
      if (offset >= descriptor.size) return;
      failure = new TransportError('unavailable', 'unexpected EOF');
    } catch (error) {
      if (!isWorthAnother(error, signal)) throw error;
      failure = error;
    }
    fruitless = offset > before ? 0 : fruitless + 1;
    if (fruitless >= MAX_FRUITLESS) throw failure;
    await client.http.pause(pauseMs(failure, client, fruitless), signal);
  }
}

/** The bytes from `offset` on: as asked for (206), or picked out of the whole (200). */
async function* bytesFrom(response: HttpResponse, offset: number): AsyncGenerator<Buffer> {
  let skip = response.status === 206 ? 0 : offset;
  try {
    for await (const chunk of response.stream as AsyncIterable<Buffer>) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      yield skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
    }
  } finally {
    response.stream.destroy();
  }
}

function isWorthAnother(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || isEngineError(error, 'cancelled')) return false;
  if (error instanceof RegistryError) return error.status === 429 || error.status >= 500;
  return error instanceof TransportError || !(error instanceof EngineError); // others come from the socket
}

function pauseMs(failure: unknown, client: RepositoryClient, fruitless: number): number {
  const header = failure instanceof RegistryError ? failure.retryAfter : undefined;
  return retryAfterMs(header) ?? client.http.backoffMs(Math.max(1, fruitless));
}
