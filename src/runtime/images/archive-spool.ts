/** Reads an image archive into a spool directory: layers may stand in it before the manifest that names them. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EngineError, writeFully } from '../../base/index.ts';
import { textOf } from '../host/byte-path.ts';
import { archiveError, createGuard } from './layer-ingest.ts';
import { consumePlain } from './plain-stream.ts';
import { TarReader, type TarEntry, type TarSink } from './tar/index.ts';

const MAX_FILES = 100_000;
const MAX_JSON = 8 * 1024 * 1024;
const MAX_LINKS = 8;

/** The files of an archive by their cleaned names. */
export interface SpooledArchive {
  /** Where a member's content lies, or undefined. Symlinks inside the archive are followed. */
  find(name: string): { path: string; size: number } | undefined;
  /** A small member as bytes. @throws EngineError invalid when it is missing or too large */
  read(name: string): Buffer;
}

/** @throws EngineError invalid, cancelled */
export async function spoolArchive(bytes: AsyncIterable<Uint8Array>, directory: string, signal?: AbortSignal): Promise<SpooledArchive> {
  const sink = new SpoolSink(directory);
  const reader = new TarReader(sink);
  try {
    await consumePlain({ bytes, ...(signal && { signal }) }, async (plain) => {
      for await (const chunk of plain) reader.write(chunk);
    });
    reader.end();
  } catch (error) {
    sink.close();
    throw archiveError(error, directory, signal);
  }
  return sink;
}

class SpoolSink implements TarSink, SpooledArchive {
  readonly #directory: string;
  readonly #files = new Map<string, { path: string; size: number }>();
  readonly #links = new Map<string, string>();
  readonly #guard: ReturnType<typeof createGuard>;
  #fd: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.#guard = createGuard(directory);
  }

  entry(entry: TarEntry): void {
    const name = clean(textOf(entry.path));
    if (entry.type === 'symlink') this.#links.set(name, clean(posix.join(posix.dirname(name), textOf(entry.linkPath))));
    if (entry.type === 'hardlink') this.#links.set(name, clean(textOf(entry.linkPath)));
    if (entry.type !== 'file') return;
    if (this.#files.size >= MAX_FILES) throw new EngineError('invalid', `the archive has more than ${MAX_FILES} files`);
    const path = join(this.#directory, String(this.#files.size)); // never a name from the archive
    this.#files.set(name, { path, size: entry.size });
    this.#fd = openSync(path, 'wx', 0o600);
  }

  data(chunk: Buffer, offset: number): void {
    this.#guard.content(chunk.length);
    writeFully(this.#fd ?? -1, chunk, offset);
  }

  endEntry(): void {
    this.close();
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  find(name: string): { path: string; size: number } | undefined {
    let target = clean(name);
    for (let i = 0; i < MAX_LINKS; i++) target = this.#links.get(target) ?? target;
    return this.#files.get(target);
  }

  read(name: string): Buffer {
    const file = this.find(name);
    if (!file) throw new EngineError('invalid', `invalid image archive: ${name} is missing`);
    if (file.size > MAX_JSON) throw new EngineError('invalid', `invalid image archive: ${name} is too large`);
    return readFileSync(file.path);
  }
}

function clean(name: string): string {
  return posix.normalize(`/${name}`).slice(1).replace(/\/$/, '');
}
