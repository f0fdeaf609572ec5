/** Connects a process in a container with the streams of whoever asked for it. */
import type { Readable, Writable } from 'node:stream';
import { once } from 'node:events';
import { decodeOutput, STDERR, type AttachedStream } from '../engine-api/index.ts';

/** Where a process reads and writes. Streams are not closed. */
export interface ProcessStreams {
  /** Absent: the process sees end of file at once. */
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The caller's terminal; its raw mode is the caller's affair. */
  readonly terminal?: Terminal;
  /** Calls back for each signal that shall go to the process. @returns the function that ends it */
  readonly onSignal?: (listener: (signal: string) => void) => () => void;
}

export interface Terminal {
  /** Rows and columns. */
  size(): { h: number; w: number };
  /** @returns the function that ends it */
  onResize(listener: () => void): () => void;
}

/** Copies both ways until the process's output ends; then stdin is let go of, unread input stays with the caller. */
export async function pump(attached: AttachedStream, streams: ProcessStreams): Promise<void> {
  const { stream, tty } = attached;
  const { stdin } = streams;
  stream.on('error', () => {}); // a broken pipe on the way in is seen as the end of the way out
  if (stdin) stdin.pipe(stream);
  else stream.end();
  try {
    for await (const frames of decodeOutput(stream, { tty, merge: true })) {
      for (const { stream: id, data } of frames) {
        const target = id === STDERR ? streams.stderr : streams.stdout;
        if (!target.write(data)) await drained(target);
      }
    }
  } finally {
    if (stdin) {
      stdin.unpipe(stream);
      stdin.pause();
    }
    stream.destroy();
  }
}

/** A reader that goes away counts as drained: writing to it does no harm any more. */
async function drained(target: Writable): Promise<void> {
  if (target.destroyed || !target.writableNeedDrain) return;
  const gone = new AbortController();
  await Promise.race([once(target, 'drain', { signal: gone.signal }), once(target, 'close', { signal: gone.signal })])
    .catch(() => {})
    .finally(() => gone.abort());
}

/** Tells the engine the terminal's size now and whenever it changes. Failures are ignored: the process may be gone. */
export function followSize(terminal: Terminal | undefined, resize: (size: { h: number; w: number }) => Promise<void>): () => void {
  if (!terminal) return () => {};
  const tell = (): void => void resize(terminal.size()).catch(() => {});
  tell();
  return terminal.onResize(tell);
}
