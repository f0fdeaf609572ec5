/**
 * A push parser for tar: bytes in, calls out, all of it synchronous, so that nothing is queued and memory stays at one chunk.
 * Sparse members (GNU old format, PAX 0.0, 0.1, 1.0) come out as data at their real offsets.
 */
import type { BytePath } from '../../host/byte-path.ts';
import { applyPax, BLOCK, decodeHeader, decodePax, TarError, text, type RawHeader, type TarEntry } from './header.ts';
import { createSparseMap, gnuSparseHeader, isPaxSparse, type SparseMap } from './sparse.ts';

/** Receives the members in order. A method that throws ends the reading. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** Content of the member last announced; `offset` grows, gaps are holes. The bytes are valid only during the call. */
  data(chunk: Buffer, offset: number): void;
  endEntry(entry: TarEntry): void;
}

const MAX_META = 1024 * 1024; // long names and PAX records; a real one has at most some kilobytes

export class TarReader {
  readonly #sink: TarSink;
  #rest: Buffer = Buffer.alloc(0);
  #state: 'header' | 'meta' | 'content' | 'padding' | 'end' = 'header';
  #left = 0;
  #padding = 0;
  #meta: Buffer[] = [];
  #metaFlag = '';
  #pax: Map<string, Buffer> = new Map();
  #globalPax: Map<string, Buffer> = new Map();
  #longPath: BytePath | undefined;
  #longLink: BytePath | undefined;
  #entry: TarEntry | undefined;
  #offset = 0;
  #sparse: SparseMap | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** @throws TarError, and whatever the sink throws */
  write(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at < data.length) {
      const used = this.#step(data, at);
      if (used === 0) break;
      at += used;
    }
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : EMPTY;
  }

  /**
   * The end mark and the padding of the last member may be missing: docker's client sends such contexts (28.2, `build -f -`).
   * @throws TarError when the archive stops in the middle of a member
   */
  end(): void {
    const clean = this.#state === 'end' || this.#state === 'padding' || (this.#state === 'header' && this.#rest.length === 0 && !this.#metaPending());
    if (!clean) throw new TarError('unexpected end of the archive');
  }

  #metaPending(): boolean {
    return this.#pax.size > 0 || this.#longPath !== undefined || this.#longLink !== undefined;
  }

  /** @returns bytes used, 0 when more are needed */
  #step(data: Buffer, at: number): number {
    switch (this.#state) {
      case 'header':
        if (data.length - at < BLOCK) return 0;
        this.#header(data.subarray(at, at + BLOCK));
        return BLOCK;
      case 'content':
      case 'meta': {
        const take = Math.min(this.#left, data.length - at);
        if (this.#state === 'meta') this.#meta.push(Buffer.from(data.subarray(at, at + take)));
        else this.#content(data.subarray(at, at + take));
        this.#left -= take;
        if (this.#left === 0) this.#finish();
        return take;
      }
      case 'padding': {
        const take = Math.min(this.#padding, data.length - at);
        this.#padding -= take;
        if (this.#padding === 0) this.#state = 'header';
        return take;
      }
      case 'end':
        return data.length - at; // trailing blocks are of no interest
    }
  }

  #header(block: Buffer): void {
    const header = decodeHeader(block);
    if (!header) {
      this.#state = 'end';
      return;
    }
    if ('xgLK'.includes(header.flag)) return this.#beginMeta(header);
    const { flag, known, gnu, ...entry } = header;
    applyPax(entry, this.#globalPax);
    applyPax(entry, this.#pax);
    if (this.#longPath !== undefined) entry.path = this.#longPath;
    if (this.#longLink !== undefined) entry.linkPath = this.#longLink;
    if (entry.type === 'file' && entry.path.endsWith('/')) entry.type = 'dir'; // old archives mark directories so; the name field may be cut
    if (entry.size < 0) throw new TarError('negative size in tar header');
    const stored = entry.type === 'file' || !known ? entry.size : 0;
    entry.size = stored;
    this.#sparse = flag === 'S' ? gnuSparseHeader(block) : isPaxSparse(this.#pax) ? createSparseMap(this.#pax, entry) : undefined;
    if (this.#sparse) entry.size = this.#sparse.realSize;
    this.#pax = new Map();
    this.#longPath = this.#longLink = undefined;
    this.#begin(known ? entry : undefined, stored);
  }

  #beginMeta(header: RawHeader): void {
    if (header.size < 0 || header.size > MAX_META) throw new TarError('extended tar header too large');
    this.#metaFlag = header.flag;
    this.#meta = [];
    this.#left = header.size;
    this.#padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    this.#state = 'meta';
    if (header.size === 0) this.#finish();
  }

  #begin(entry: TarEntry | undefined, stored: number): void {
    this.#entry = entry;
    this.#offset = 0;
    this.#left = stored;
    this.#padding = (BLOCK - (stored % BLOCK)) % BLOCK;
    if (entry) this.#sink.entry(entry);
    this.#state = 'content';
    if (stored === 0) this.#finish();
  }

  #content(chunk: Buffer): void {
    if (!this.#entry) return;
    if (this.#sparse) return this.#sparse.write(chunk, (part, offset) => this.#sink.data(part, offset));
    this.#sink.data(chunk, this.#offset);
    this.#offset += chunk.length;
  }

  #finish(): void {
    if (this.#state === 'meta') this.#endMeta();
    else if (this.#entry) this.#sink.endEntry(this.#entry);
    this.#state = this.#padding > 0 ? 'padding' : 'header';
  }

  #endMeta(): void {
    const data = Buffer.concat(this.#meta);
    this.#meta = [];
    if (this.#metaFlag === 'x') this.#pax = decodePax(data);
    else if (this.#metaFlag === 'g') this.#globalPax = new Map([...this.#globalPax, ...decodePax(data)]);
    else if (this.#metaFlag === 'L') this.#longPath = text(data, 0, data.length);
    else this.#longLink = text(data, 0, data.length);
  }
}

const EMPTY = Buffer.alloc(0);
