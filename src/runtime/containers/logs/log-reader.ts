import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoCode } from '../../../base/index.ts';
import { LogEncoder, type LogOptions, type StreamOffsets } from './log-format.ts';
import { sinceOffset, tailOffset } from './log-position.ts';

/** Large enough for few calls, small enough that a hundred followers cost little. */
const CHUNK = 256 * 1024;
/** Followers look again after this time even without a notification. */
const POLL_MS = 1000;

export interface LogRequest extends LogOptions {
  /** Current file; older ones have `.1`, `.2` … appended. */
  readonly file: string;
  /** Lines from the end; undefined: all. */
  readonly tail?: number;
  readonly follow: boolean;
  /** True once nothing more will be written. Asked before each last look at the file. */
  readonly isComplete: () => boolean;
  /** Called with a function that makes a follower look again, for instance when the container has ended. */
  readonly onComplete?: (wake: () => void) => void;
  readonly signal?: AbortSignal;
  /** Stop at this byte of the current file instead of at its end (not with `follow`). */
  readonly endAt?: number;
}

interface Source {
  readonly handle: FileHandle;
  offset: number;
  /** Earlier records of stdout, stderr are not wanted. */
  readonly begin?: StreamOffsets;
}

/**
 * A container's log in the form of the API. Reads the file only as fast as the consumer takes it, and never holds more than a chunk
 * (or one very long line). A consumer that stops early closes the files.
 */
export async function* readLog(request: LogRequest): AsyncGenerator<Buffer> {
  const encoder = new LogEncoder(request);
  const sources = await openSources(request);
  try {
    for (const source of sources.slice(0, -1)) yield* drain(source, encoder, request);
    const current = sources.at(-1);
    if (!request.follow) {
      if (current) yield* drain(current, encoder, request);
      return;
    }
    yield* follow(current, encoder, request, sources);
  } finally {
    for (const { handle } of sources) await handle.close();
  }
}

/** The files to read, oldest first, each with the place to begin at. */
async function openSources(request: LogRequest): Promise<Source[]> {
  const sources: Source[] = [];
  let missing = request.tail ?? Number.POSITIVE_INFINITY;
  for (let age = 0; age === 0 || missing > 0; age++) {
    const handle = await openIfExists(age === 0 ? request.file : `${request.file}.${age}`);
    if (!handle) {
      if (age === 0) continue; // rotated away this moment, or nothing written yet
      break;
    }
    const { size } = await handle.stat();
    if (Number.isFinite(missing)) {
      const tail = await tailOffset(handle, size, missing);
      missing = tail.missing;
      sources.unshift({ handle, offset: tail.offset, begin: tail.begin });
    } else sources.unshift({ handle, offset: request.since === undefined ? 0 : await sinceOffset(handle, size, request.since) });
  }
  return sources;
}

async function openIfExists(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Everything from the source's place to its end. What remains of an unfinished record stays unread. */
async function* drain(source: Source, encoder: LogEncoder, request: LogRequest): AsyncGenerator<Buffer> {
  let size = CHUNK;
  while (!encoder.isDone && !request.signal?.aborted) {
    const room = request.endAt === undefined || request.follow ? size : Math.min(size, request.endAt - source.offset);
    if (room <= 0) return;
    // A fresh buffer each time: the consumer may keep what it got.
    const buffer = Buffer.allocUnsafe(room);
    const { bytesRead } = await source.handle.read(buffer, 0, room, source.offset);
    if (bytesRead === 0) return;
    const begin = source.begin && ([source.begin[0] - source.offset, source.begin[1] - source.offset] as const);
    const { output, used } = encoder.encode(buffer.subarray(0, bytesRead), bytesRead < room, begin);
    source.offset += used;
    if (output.length > 0) yield output;
    if (used > 0) size = CHUNK;
    else if (bytesRead < room) return; // the writer is in the middle of a record
    else size *= 2; // a line longer than the buffer
  }
}

async function* follow(first: Source | undefined, encoder: LogEncoder, request: LogRequest, opened: Source[]): AsyncGenerator<Buffer> {
  let current = first;
  const waiter = new Waiter(request);
  try {
    while (!encoder.isDone && !request.signal?.aborted) {
      waiter.reset();
      const complete = request.isComplete(); // before the look: what was written until then is in the file
      current ??= await openCurrent(request, opened);
      if (current) yield* drain(current, encoder, request);
      const next = current && (await successor(current, request));
      if (current && next) {
        yield* drain(current, encoder, request); // what came between the last look and the change of files
        opened.push(next);
        current = next;
        continue;
      }
      if (complete) return;
      await waiter.changed();
    }
  } finally {
    waiter.close();
  }
}

async function openCurrent(request: LogRequest, opened: Source[]): Promise<Source | undefined> {
  const handle = await openIfExists(request.file);
  if (!handle) return undefined;
  const source = { handle, offset: 0 };
  opened.push(source);
  return source;
}

/** The file that has taken the place of the current one, once something is in it: from then on the old one does not grow. */
async function successor(current: Source, request: LogRequest): Promise<Source | undefined> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(request.file);
  } catch {
    return undefined;
  }
  if (info.ino === (await current.handle.stat()).ino || info.size === 0) return undefined;
  return { handle: await open(request.file, 'r'), offset: 0 };
}

/** Waits for the log to change. A change between `reset` and `changed` is not missed. */
class Waiter {
  #dirty = false;
  #wake = (): void => {};
  readonly #close: () => void;

  constructor(request: LogRequest) {
    const notify = (): void => {
      this.#dirty = true;
      this.#wake();
    };
    const name = basename(request.file);
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(dirname(request.file), { persistent: false }, (_, changed) => {
        if (changed === null || changed === name) notify();
      });
      watcher.on('error', () => {}); // the poll goes on
    } catch {
      // out of inotify watches, or the directory has gone
    }
    const timer = setInterval(notify, POLL_MS);
    request.onComplete?.(notify);
    request.signal?.addEventListener('abort', notify, { once: true });
    this.#close = () => {
      watcher?.close();
      clearInterval(timer);
      request.signal?.removeEventListener('abort', notify);
    };
  }

  reset(): void {
    this.#dirty = false;
  }

  async changed(): Promise<void> {
    if (this.#dirty) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  close(): void {
    this.#close();
  }
}
