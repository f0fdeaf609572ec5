/**
 * One pass over a layer's bytes: hash the blob while it is stored, undo its compression on the thread pool, hash the plain tar, write
 * the tree. Nothing is held but a few chunks; the hashing and writing thread lets other work run between chunks.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EngineError, errnoCode, errorMessage, explainFullDisk, fullDisk } from '../../base/index.ts';
import type { Compression } from '../host/decompressor.ts';
import type { Digest } from '../parts.ts';
import { LayerUnpacker } from './layer-unpack.ts';
import { consumePlain, type PlainSource } from './plain-stream.ts';
import { TarError, TarReader } from './tar/index.ts';

/** Expansion that no honest layer needs: this much, and then this many times the compressed size. */
const FREE_EXPANSION = 2 * 1024 ** 3;
const MAX_RATIO = 200;
/** Disk space that stays free, and how often to look. */
const RESERVE = 64 * 1024 ** 2;
const CHECK_EVERY = 32 * 1024 ** 2;
const SLICE = 64 * 1024;
const SLICE_MS = 5;

export interface UnpackedLayer {
  diffId: Digest;
  compression: Compression;
  /** Bytes of the plain tar. */
  tarSize: number;
  /** Bytes of all files. */
  unpackedSize: number;
  hasRoot: boolean;
  hasOpaqueRoot: boolean;
}

/**
 * Unpacks a layer tar, plain or compressed, into `directory/fs`, which is made. On failure the caller removes `directory`.
 * @throws EngineError invalid for bad or hostile archives; cancelled
 */
export async function unpackLayer(source: PlainSource, directory: string): Promise<UnpackedLayer> {
  const root = join(directory, 'fs');
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const guard = createGuard(directory);
  const unpacker = new LayerUnpacker(root, { account: guard.content });
  const plain = new PlainSink(unpacker, guard.plain);
  const onChunk = (chunk: Uint8Array) => {
    guard.source(chunk.length);
    source.onChunk?.(chunk);
  };
  try {
    const compression = await consumePlain({ ...source, onChunk }, (bytes) => plain.consume(bytes));
    plain.reader.end();
    unpacker.finish();
    const { bytes, hasRoot, hasOpaqueRoot } = unpacker;
    return { diffId: plain.diffId(), compression, tarSize: plain.size, unpackedSize: bytes, hasRoot, hasOpaqueRoot };
  } catch (error) {
    unpacker.abort();
    throw archiveError(error, directory, source.signal);
  }
}

/** Feeds plain bytes to the hash and the tar reader, in slices. */
class PlainSink {
  readonly reader: TarReader;
  readonly #hash = createHash('sha256');
  readonly #account: (bytes: number) => void;
  size = 0;

  constructor(unpacker: LayerUnpacker, account: (bytes: number) => void) {
    this.reader = new TarReader(unpacker);
    this.#account = account;
  }

  async consume(bytes: AsyncIterable<Buffer>): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    for await (const chunk of bytes) {
      this.#account(chunk.length);
      this.#hash.update(chunk);
      this.size += chunk.length;
      for (let at = 0; at < chunk.length; at += SLICE) {
        this.reader.write(chunk.subarray(at, at + SLICE));
        if (performance.now() < sliceEnd) continue;
        await setImmediate();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
  }

  diffId(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

/** Refuses decompression bombs, and stops before the disk is full. */
export function createGuard(directory: string): { source(bytes: number): void; plain(bytes: number): void; content(bytes: number): void } {
  let compressed = 0;
  let expanded = 0;
  let sinceCheck = CHECK_EVERY;
  return {
    source: (bytes) => void (compressed += bytes),
    plain(bytes) {
      expanded += bytes;
      if (expanded > FREE_EXPANSION + compressed * MAX_RATIO) throw new EngineError('invalid', 'layer refused: it expands to more than 200 times its size');
    },
    content(bytes) {
      sinceCheck += bytes;
      if (sinceCheck < CHECK_EVERY) return;
      sinceCheck = 0;
      const { bavail, bsize } = statfsSync(directory);
      if (bavail * bsize < RESERVE + CHECK_EVERY) throw fullDisk(directory);
    },
  };
}

/** Turns what reading an archive can throw into what users shall see. */
export function archiveError(error: unknown, directory: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new EngineError('cancelled', 'unpacking was cancelled', { cause: error });
  if (error instanceof EngineError) return error;
  const code = errnoCode(error) ?? '';
  if (error instanceof TarError || code.startsWith('Z_')) return new EngineError('invalid', `invalid layer archive: ${errorMessage(error)}`, { cause: error });
  return explainFullDisk(error, directory);
}
