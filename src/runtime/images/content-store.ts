/**
 * Blobs by SHA-256. A blob appears under its name by a rename, complete and verified, or not at all; what is still arriving lives in
 * the ingest directory, which is emptied at start. Writes are synchronous in the caller's slices: streams hand over one chunk at a time.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineError, errnoCode, newId, removeFile, writeFully } from '../../base/index.ts';
import type { Layout } from '../layout.ts';
import type { Digest } from '../parts.ts';
import type { Durability } from './durability.ts';
import { digestHex, isDigest } from './reference.ts';

export interface ContentStore {
  has(digest: Digest): boolean;
  /** Bytes of a stored blob, or undefined. */
  size(digest: Digest): number | undefined;
  path(digest: Digest): string;
  /** For small blobs (configs, manifests). @throws EngineError notFound */
  read(digest: Digest): Buffer;
  /** @param range  `end` is exclusive */
  stream(digest: Digest, range?: { start?: number; end?: number }): Readable;
  /** Stores a small blob. Idempotent. */
  put(content: Uint8Array | string): { digest: Digest; size: number };
  /** Begins a blob. The caller ends with `commit` or `abort`. */
  ingest(): Ingest;
  /** A file of the spool as a blob to be: `write` only hashes, `commit` renames it. */
  adopt(path: string): Ingest;
  /** A directory of its own below the ingest directory, for what is spooled. The caller removes it. */
  spool(): string;
  remove(digest: Digest): void;
  list(): Digest[];
}

export interface Ingest {
  /** Where the bytes are until commit. */
  readonly path: string;
  readonly size: number;
  write(chunk: Uint8Array): void;
  /** Digest of what was written; ends hashing. */
  digest(): Digest;
  /** Verifies and publishes. @throws EngineError internal on a wrong digest; the ingest is gone then */
  commit(expected?: Digest): { digest: Digest; size: number };
  abort(): void;
}

export function openContentStore(layout: Layout, durability: Durability): ContentStore {
  for (const directory of [layout.blobs, layout.ingest]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(layout.ingest)) rmSync(join(layout.ingest, name), { recursive: true, force: true });
  const path = (digest: Digest): string => {
    if (!isDigest(digest)) throw new EngineError('invalid', `invalid digest: ${digest}`);
    return layout.blob(digestHex(digest));
  };
  const size = (digest: Digest): number | undefined => {
    try {
      return statSync(path(digest)).size;
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  const ingest = (): Ingest => {
    durability.touch();
    const file = join(layout.ingest, newId().slice(0, 16));
    return new FileIngest(file, path, openSync(file, 'wx', 0o600));
  };
  return {
    path,
    size,
    has: (digest) => size(digest) !== undefined,
    read(digest) {
      try {
        return readFileSync(path(digest));
      } catch (cause) {
        if (errnoCode(cause) === 'ENOENT') throw new EngineError('notFound', `content ${digest} not found`, { cause });
        throw cause;
      }
    },
    stream: (digest, range = {}) =>
      createReadStream(path(digest), {
        highWaterMark: 256 * 1024,
        ...(range.start !== undefined && { start: range.start }),
        ...(range.end !== undefined && { end: range.end - 1 }),
      }),
    put(content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const digest = digestOf(bytes);
      if (size(digest) === bytes.length) return { digest, size: bytes.length };
      const writer = ingest();
      writer.write(bytes);
      return writer.commit(digest);
    },
    ingest,
    adopt: (file) => new FileIngest(file, path, undefined),
    spool() {
      durability.touch();
      const directory = join(layout.ingest, `spool-${newId().slice(0, 16)}`);
      mkdirSync(directory, { mode: 0o700 });
      return directory;
    },
    remove: (digest) => removeFile(path(digest)),
    list: () => readdirSync(layout.blobs).map((hex) => `sha256:${hex}`).filter(isDigest),
  };
}

/** `sha256:…` of some bytes. */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

class FileIngest implements Ingest {
  readonly path: string;
  readonly #blobPath: (digest: Digest) => string;
  readonly #hash: Hash = createHash('sha256');
  #fd: number | undefined;
  #digest: Digest | undefined;
  #size = 0;

  /** @param fd  undefined when the bytes are in the file already */
  constructor(path: string, blobPath: (digest: Digest) => string, fd: number | undefined) {
    this.path = path;
    this.#blobPath = blobPath;
    this.#fd = fd;
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): void {
    if (this.#fd !== undefined) writeFully(this.#fd, chunk);
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  digest(): Digest {
    this.#digest ??= `sha256:${this.#hash.digest('hex')}`;
    return this.#digest;
  }

  commit(expected?: Digest): { digest: Digest; size: number } {
    const digest = this.digest();
    this.#close();
    if (expected !== undefined && digest !== expected) {
      removeFile(this.path);
      throw new EngineError('internal', `content digest ${expected}: got ${digest}: digest mismatch`);
    }
    renameSync(this.path, this.#blobPath(digest));
    return { digest, size: this.#size };
  }

  abort(): void {
    this.#close();
    removeFile(this.path);
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
