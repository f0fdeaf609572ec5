/** Files fetched by `ADD https://…` and remote contexts, kept by content; asked for again with their ETag, so an unchanged one is not sent twice. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errnoCode, errorMessage, isEngineError, writeFileAtomic } from '../../../base/index.ts';
import { withWeb, type HttpResponse } from '../../images/index.ts';
import type { FileStore } from '../context/index.ts';

export interface Download {
  /** SHA-256 of the content, hexadecimal. */
  readonly digest: string;
  readonly size: number;
  /** Unix milliseconds from Last-Modified; 0 when the server does not say. */
  readonly mtimeMs: number;
  /** Last component of the address, '' when there is none. */
  readonly name: string;
}

interface Remembered extends Download {
  readonly url: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export class Downloads {
  readonly #directory: string;
  readonly #files: FileStore;

  constructor(directory: string, files: FileStore) {
    this.#directory = directory;
    this.#files = files;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /**
   * @param checksum  `sha256:…`; a content that is here already is not asked for at all
   * @throws EngineError
   */
  async get(url: string, checksum: string | undefined, signal: AbortSignal): Promise<Download> {
    const file = join(this.#directory, `${createHash('sha256').update(url).digest('hex')}.json`);
    const known = this.#known(file);
    const wanted = checksum === undefined ? undefined : digestOfChecksum(checksum);
    if (known && wanted === known.digest) return known;
    const fetched = await this.#fetch(url, known, signal);
    if (wanted !== undefined && fetched.digest !== wanted) {
      throw new EngineError('invalid', `digest mismatch for ${url}: sha256:${fetched.digest}, expected sha256:${wanted}`);
    }
    writeFileAtomic(file, JSON.stringify(fetched), { durable: false });
    return fetched;
  }

  #known(file: string): Remembered | undefined {
    try {
      const known = JSON.parse(readFileSync(file, 'utf8')) as Remembered;
      return this.#files.has(known.digest, known.size) ? known : undefined;
    } catch (error) {
      if (errnoCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #fetch(url: string, known: Remembered | undefined, signal: AbortSignal): Promise<Remembered> {
    const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
    if (known?.etag) headers['If-None-Match'] = known.etag;
    else if (known?.lastModified) headers['If-Modified-Since'] = known.lastModified;
    try {
      return await withWeb(url, { headers, signal }, async (response) => {
        if (response.status === 304 && known) return known;
        if (response.status !== 200) throw new EngineError('unavailable', `cannot fetch ${url}: ${response.status} ${response.stream.statusMessage ?? ''}`.trim());
        return this.#store(url, response, signal);
      });
    } catch (cause) {
      if (signal.aborted || isEngineError(cause, 'cancelled')) throw new EngineError('cancelled', 'the build was cancelled', { cause });
      throw cause;
    }
  }

  async #store(url: string, { headers, stream }: HttpResponse, signal: AbortSignal): Promise<Remembered> {
    const writer = this.#files.writer();
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) writer.write(chunk);
      signal.throwIfAborted();
      const { size } = writer;
      const { etag, 'last-modified': lastModified } = headers;
      const mtimeMs = lastModified === undefined ? 0 : Date.parse(lastModified) || 0;
      return { url, etag, lastModified, digest: writer.finish(), size, mtimeMs, name: nameOf(url) };
    } catch (cause) {
      writer.abort();
      throw new EngineError('unavailable', `cannot fetch ${url}: ${errorMessage(cause)}`, { cause });
    }
  }
}

function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last).replaceAll('/', '').replaceAll('\0', '');
  } catch {
    return last;
  }
}

/** @throws EngineError invalid */
export function digestOfChecksum(checksum: string): string {
  const match = /^sha256:([0-9a-f]{64})$/i.exec(checksum);
  if (!match?.[1]) throw new EngineError('invalid', `unsupported checksum ${JSON.stringify(checksum)}: sha256: and 64 hexadecimal digits`);
  return match[1].toLowerCase();
}
