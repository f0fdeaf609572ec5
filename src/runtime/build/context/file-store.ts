/**
 * Contents of files by SHA-256, kept from build to build, so that an unchanged context file is hashed but not written again.
 * A file appears by rename, whole. No fsync: after a power cut a file of the wrong size counts as missing.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newId, removeFile } from '../../../base/index.ts';

/** Kept in memory up to this size before a file is begun: most files of a context are smaller, and most of those are known. */
const BUFFER_LIMIT = 1 << 20;
const TOUCH_AFTER_MS = 24 * 3600 * 1000;

export class FileStore {
  readonly directory: string;
  readonly #made = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Path of a digest's content (hexadecimal), whether or not it is there. */
  path(digest: string): string {
    return join(this.directory, digest.slice(0, 2), digest.slice(2));
  }

  /** Whether the content is there; marks it as used. */
  has(digest: string, size: number): boolean {
    const path = this.path(digest);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.size !== size) return false;
    const now = Date.now();
    // The time of last use decides what `prune` may remove; one write a day is exact enough.
    if (now - stats.mtimeMs > TOUCH_AFTER_MS) utimesSync(path, now / 1000, now / 1000);
    return true;
  }

  /** Takes one file's bytes; `finish` stores them and returns the digest. */
  writer(): FileWriter {
    return new FileWriter(this);
  }

  /** Directory of a digest, made. */
  place(digest: string): string {
    const path = this.path(digest);
    const parent = digest.slice(0, 2);
    if (!this.#made.has(parent)) mkdirSync(join(this.directory, parent), { recursive: true, mode: 0o700 });
    this.#made.add(parent);
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class FileWriter {
  readonly #store: FileStore;
  readonly #hash: Hash = createHash('sha256');
  #chunks: Buffer[] = [];
  #size = 0;
  #buffered = 0;
  #fd: number | undefined;
  readonly #temporary: string;

  constructor(store: FileStore) {
    this.#store = store;
    this.#temporary = join(store.directory, `.${newId().slice(0, 16)}`);
  }

  get size(): number {
    return this.#size;
  }

  /** The chunk may be reused by the caller afterwards. */
  write(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    this.#chunks.push(Buffer.from(chunk));
    this.#buffered += chunk.length;
    if (this.#buffered > BUFFER_LIMIT) this.#flush();
  }

  #flush(): void {
    this.#fd ??= openSync(this.#temporary, 'wx', 0o600);
    for (const chunk of this.#chunks) for (let done = 0; done < chunk.length; ) done += writeSync(this.#fd, chunk, done);
    this.#chunks = [];
    this.#buffered = 0;
  }

  /** @returns hexadecimal digest */
  finish(): string {
    const digest = this.#hash.digest('hex');
    if (this.#store.has(digest, this.#size)) {
      this.abort();
      return digest;
    }
    this.#flush();
    this.#close();
    renameSync(this.#temporary, this.#store.place(digest));
    return digest;
  }

  abort(): void {
    if (this.#fd === undefined) return;
    this.#close();
    removeFile(this.#temporary);
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
