/** Plain bytes of a stream that may be compressed: the compression is told from the first bytes and undone off the main thread. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createDecompressor, detectCompression, MAGIC_LENGTH, type Compression } from '../host/decompressor.ts';

export interface PlainSource {
  bytes: AsyncIterable<Uint8Array>;
  /** Every chunk as it comes, before it is decompressed. */
  onChunk?(chunk: Uint8Array): void;
  signal?: AbortSignal;
}

/**
 * Hands the plain bytes to `consume` and waits until it has seen them all. The source is closed, whatever happens.
 * @throws what the source, the decompressor or `consume` threw
 */
export async function consumePlain(source: PlainSource, consume: (bytes: AsyncIterable<Buffer>) => Promise<void>): Promise<Compression> {
  // A stream whose iteration stops early is destroyed with an error that nobody else listens for.
  if (source.bytes instanceof Readable) source.bytes.on('error', () => {});
  const iterator = source.bytes[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const compression = detectCompression(head);
  const input = Readable.from(feed(head, iterator, (chunk) => source.onChunk?.(chunk)), { objectMode: false });
  let failure: unknown; // what the consumer threw: pipeline reports the abort that follows from it instead
  const last = (bytes: AsyncIterable<Buffer>) =>
    consume(bytes).catch((error: unknown) => {
      failure = error;
      throw error;
    });
  const options = source.signal ? { signal: source.signal } : {};
  try {
    const decompressor = createDecompressor(compression);
    if (decompressor) await pipeline(input, decompressor, last, options);
    else await pipeline(input, last, options);
  } catch (error) {
    input.destroy();
    throw failure ?? error;
  }
  return compression;
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_LENGTH) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? asBuffer(next.value) : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* feed(head: Buffer, rest: AsyncIterator<Uint8Array>, seen: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) {
      seen(head);
      yield head;
    }
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      const chunk = asBuffer(next.value);
      seen(chunk);
      yield chunk;
    }
  } finally {
    await rest.return?.();
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
