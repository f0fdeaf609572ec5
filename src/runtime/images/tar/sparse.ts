/**
 * Sparse members of GNU tar: a map of (offset, length) pairs says where the stored bytes belong.
 * @see GNU tar manual, "Storing Sparse Files": old GNU format and PAX formats 0.0, 0.1 and 1.0
 */
import { BLOCK, number, TarError, text, type TarEntry } from './header.ts';

export interface SparseMap {
  realSize: number;
  /** Takes stored bytes in order, gives them with their real offset. */
  write(chunk: Buffer, emit: (part: Buffer, offset: number) => void): void;
}

interface Region {
  offset: number;
  length: number;
}

const MAX_REGIONS = 100_000;

export function isPaxSparse(pax: ReadonlyMap<string, Buffer>): boolean {
  return pax.has('GNU.sparse.major') || pax.has('GNU.sparse.map') || pax.has('GNU.sparse.numblocks') || pax.has('GNU.sparse.size');
}

/** PAX formats. Also puts the real name into `entry`. @throws TarError */
export function createSparseMap(pax: ReadonlyMap<string, Buffer>, entry: TarEntry): SparseMap {
  const name = pax.get('GNU.sparse.name');
  if (name) entry.path = name.toString('latin1');
  const realSize = integer((pax.get('GNU.sparse.realsize') ?? pax.get('GNU.sparse.size'))?.toString('latin1'));
  if (pax.get('GNU.sparse.major')?.toString() === '1') return new LeadingMap(realSize);
  const map = pax.get('GNU.sparse.map')?.toString('latin1').split(',') ?? [];
  return new Regions(realSize, pairs(map.map(integer)));
}

/** Old GNU format: four regions in the header; files with more are refused (tar has written PAX for that since 2005). @throws TarError */
export function gnuSparseHeader(block: Buffer): SparseMap {
  if (block[482] !== 0) throw new TarError('sparse file with an extended GNU header is not supported');
  const regions: Region[] = [];
  for (let i = 0; i < 4; i++) {
    const at = 386 + i * 24;
    if (text(block, at, 12) === '' && (block[at] ?? 0) === 0) break;
    regions.push({ offset: number(block, at, 12), length: number(block, at + 12, 12) });
  }
  return new Regions(number(block, 483, 12), regions);
}

function integer(digits: string | undefined): number {
  const value = digits !== undefined && /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new TarError('invalid number in a sparse map');
  return value;
}

function pairs(numbers: readonly number[]): Region[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_REGIONS) throw new TarError('invalid sparse map');
  const regions: Region[] = [];
  for (let i = 0; i < numbers.length; i += 2) regions.push({ offset: numbers[i] ?? 0, length: numbers[i + 1] ?? 0 });
  return regions;
}

class Regions implements SparseMap {
  readonly realSize: number;
  readonly #regions: readonly Region[];
  #index = 0;
  #done = 0;

  constructor(realSize: number, regions: readonly Region[]) {
    let last = 0;
    for (const region of regions) {
      if (region.offset < last || region.offset + region.length > realSize) throw new TarError('invalid sparse map');
      last = region.offset + region.length;
    }
    this.realSize = realSize;
    this.#regions = regions;
  }

  write(chunk: Buffer, emit: (part: Buffer, offset: number) => void): void {
    for (let at = 0; at < chunk.length; ) {
      const region = this.#regions[this.#index];
      if (!region) throw new TarError('more content than the sparse map says');
      const take = Math.min(region.length - this.#done, chunk.length - at);
      if (take > 0) emit(chunk.subarray(at, at + take), region.offset + this.#done);
      at += take;
      this.#done += take;
      if (this.#done < region.length) continue;
      this.#index++;
      this.#done = 0;
    }
  }
}

/** Format 1.0: the map stands in front of the content as decimal lines, padded to whole blocks. */
class LeadingMap implements SparseMap {
  readonly realSize: number;
  #head: Buffer = Buffer.alloc(0);
  #regions: Regions | undefined;

  constructor(realSize: number) {
    this.realSize = realSize;
  }

  write(chunk: Buffer, emit: (part: Buffer, offset: number) => void): void {
    if (this.#regions) return this.#regions.write(chunk, emit);
    this.#head = Buffer.concat([this.#head, chunk]);
    const parsed = this.#parse();
    if (!parsed) return;
    const rest = this.#head.subarray(parsed.end);
    this.#head = Buffer.alloc(0);
    this.#regions = parsed.regions;
    parsed.regions.write(rest, emit);
  }

  /** @returns the map and where the content begins, once the whole map is there */
  #parse(): { regions: Regions; end: number } | undefined {
    const numbers: number[] = [];
    let at = 0;
    while (numbers.length === 0 || numbers.length < 1 + 2 * (numbers[0] ?? 0)) {
      const newline = this.#head.indexOf(0x0a, at);
      if (newline < 0) {
        if (this.#head.length - at > 32) throw new TarError('invalid sparse map');
        return undefined;
      }
      numbers.push(integer(this.#head.toString('latin1', at, newline)));
      if ((numbers[0] ?? 0) > MAX_REGIONS) throw new TarError('invalid sparse map');
      at = newline + 1;
    }
    const end = Math.ceil(at / BLOCK) * BLOCK;
    if (this.#head.length < end) return undefined;
    return { regions: new Regions(this.realSize, pairs(numbers.slice(1))), end };
  }
}
