/**
 * What earlier builds made: from the digest of everything that a step depends on to the layer that it gave. One small file per step
 * under `build-cache/steps`; the layer itself belongs to the images room, which asks `layers` before it deletes one.
 * A file's modification time is the time of its last use.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, removeFile, writeFileAtomic } from '../../../base/index.ts';
import type { Digest } from '../../parts.ts';

const VERSION = 1;
const TOUCH_AFTER_MS = 60_000;

export interface StepRecord {
  /** Undefined: the step changed no file. */
  readonly layer?: Digest;
  readonly createdAt: string;
  /** The instruction, for people. */
  readonly description: string;
  /** Unpacked size in bytes. */
  readonly size: number;
  /** A digest that was computed instead of a layer: contents of a stage. */
  readonly digest?: string;
}

export interface ListedStep {
  readonly key: string;
  readonly record: StepRecord;
  readonly lastUsedMs: number;
}

/** SHA-256 over a value with sorted keys, hexadecimal: the name of a cached step. */
export function cacheKey(value: unknown): string {
  return createHash('sha256').update(JSON.stringify([VERSION, value])).digest('hex');
}

export class StepCache {
  readonly #directory: string;
  readonly #known = new Map<string, StepRecord>();
  #complete = false;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  #path(key: string): string {
    return join(this.#directory, `${key}.json`);
  }

  get(key: string): StepRecord | undefined {
    const record = this.#known.get(key) ?? (this.#complete ? undefined : this.#read(key));
    if (record) this.#touch(key);
    return record;
  }

  #read(key: string): StepRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#path(key), 'utf8')) as StepRecord;
      this.#known.set(key, record);
      return record;
    } catch (error) {
      // A torn file (power cut) is as good as none.
      if (errnoCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #touch(key: string): void {
    const now = Date.now();
    try {
      if (now - statSync(this.#path(key)).mtimeMs > TOUCH_AFTER_MS) utimesSync(this.#path(key), now / 1000, now / 1000);
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error;
    }
  }

  put(key: string, record: StepRecord): void {
    writeFileAtomic(this.#path(key), JSON.stringify(record), { durable: false });
    this.#known.set(key, record);
  }

  remove(key: string): void {
    removeFile(this.#path(key));
    this.#known.delete(key);
  }

  list(): ListedStep[] {
    for (const name of this.#complete ? [] : readdirSync(this.#directory)) {
      const key = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      if (key !== undefined && !this.#known.has(key)) this.#read(key);
      else if (name.endsWith('.tmp')) removeFile(join(this.#directory, name));
    }
    this.#complete = true;
    return [...this.#known].map(([key, record]) => ({
      key,
      record,
      lastUsedMs: statSync(this.#path(key), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }));
  }

  /** Layers that some record needs. */
  layers(): Digest[] {
    if (!this.#complete) this.list();
    return [...this.#known.values()].flatMap(({ layer }) => layer ?? []);
  }
}
