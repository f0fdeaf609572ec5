/**
 * Digests of the files of one directory by what stat says of them, kept from build to build: a context whose files did not change
 * costs a stat per file. A file that changed within the clock's resolution before it was read is not remembered (the "racy" case of
 * git's index), so a change can never hide behind an equal time.
 */
import type { Stats } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoCode, writeFileAtomic } from '../../../base/index.ts';
import type { BytePath } from '../../host/byte-path.ts';
import type { DigestCache } from '../tree/index.ts';

const VERSION = 'tscompose-digests-2';
/** Clocks of file systems advance in steps of at most this much. */
const RACY_MS = 2000;

export class StatDigestCache implements DigestCache {
  readonly #file: string;
  readonly #before: Map<BytePath, string>;
  readonly #now = new Map<BytePath, string>();
  #changed = false;

  /**
   * @param directory  where caches are kept
   * @param contextPath  the directory that is described
   */
  constructor(directory: string, contextPath: string) {
    this.#file = join(directory, createHash('sha256').update(contextPath).digest('hex').slice(0, 32));
    this.#before = load(this.#file);
  }

  get(path: BytePath, stats: Stats): string | undefined {
    const line = this.#now.get(path) ?? this.#before.get(path);
    const at = line?.lastIndexOf(' ') ?? -1;
    if (line === undefined || line.slice(0, at) !== fingerprint(stats)) return undefined;
    this.#now.set(path, line);
    return line.slice(at + 1);
  }

  set(path: BytePath, stats: Stats, digest: string): void {
    this.#changed = true;
    if (Date.now() - Math.max(stats.ctimeMs, stats.mtimeMs) < RACY_MS) this.#now.delete(path);
    else this.#now.set(path, `${fingerprint(stats)} ${digest}`);
  }

  /** Writes what this build saw. Losing it only costs time. */
  save(): void {
    if (!this.#changed) return;
    // Files that this build did not look at (another target, a filter) stay known.
    for (const [path, line] of this.#before) if (!this.#now.has(path)) this.#now.set(path, line);
    let text = `${VERSION}\0`;
    for (const [path, line] of this.#now) text += `${path}\0${line}\0`;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#file, Buffer.from(text, 'latin1'), { durable: false });
    this.#changed = false;
  }
}

/** Times as Node gives them: steps of a quarter of a microsecond, far finer than any clock of a file system. */
function fingerprint(stats: Stats): string {
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

function load(file: string): Map<BytePath, string> {
  const entries = new Map<BytePath, string>();
  let fields: string[];
  try {
    fields = readFileSync(file, 'latin1').split('\0');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return entries;
    throw error;
  }
  // The last field is what follows the last separator: empty in a whole file.
  if (fields[0] !== VERSION || fields.at(-1) !== '') return entries;
  for (let i = 1; i + 1 < fields.length - 1; i += 2) entries.set(fields[i] ?? '', fields[i + 1] ?? '');
  return entries;
}
