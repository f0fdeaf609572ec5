import { Duplex, type Readable, type Writable } from 'node:stream';
import type { Seqpacket } from '../host/seqpacket.ts';
import type { DetachScanner } from './detach-keys.ts';

const HEADER_BYTES = 8;
/** conmon reads at most this much of a packet; larger ones would be cut. */
const PACKET_BYTES = 8192;

/** One frame of the multiplexed stream. @param stream  1 stdout, 2 stderr */
export function frame(stream: 1 | 2, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUInt32BE(stream * 0x1000000, 0);
  bytes.writeUInt32BE(payload.length, 4);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

export interface StreamSelection {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/**
 * The API's side of an attached process. Readable: frames, or raw bytes with a terminal; ends when the process's output ends.
 * Writable: the process's stdin; ending it ends stdin only. A reader that is slow slows the process down; nothing is dropped.
 */
export class OutputStream extends Duplex {
  readonly #resume = new Set<() => void>();
  #stdin: Writable | undefined;
  #waitsForStdin: (() => void)[] = [];
  #onDestroy: () => void = () => {};
  #detach: DetachScanner | undefined;
  #finished = false;
  #isEndDue = false;
  #isEndHeld = false;

  constructor() {
    super({ allowHalfOpen: true, readableHighWaterMark: 256 * 1024 });
  }

  /**
   * Joins plain streams of a child process.
   * @param started  stderr waits for this and is dropped when it is false: until the command runs, it is the runtime that speaks there
   */
  connectPipes(stdout: Readable, stderr: Readable, stdin: Writable | undefined, started: Promise<boolean>): void {
    this.#pump(stdout, (chunk) => frame(1, chunk));
    void started.then((ok) => (ok && !this.destroyed ? this.#pump(stderr, (chunk) => frame(2, chunk)) : stderr.resume()));
    this.#setStdin(stdin);
    this.#onDestroy = () => {
      stdout.resume(); // nobody listens any more: let the process go on
      stderr.resume();
      stdin?.destroy();
    };
  }

  /**
   * Joins conmon's attach socket: packets with a leading byte, 2 for stdout and 3 for stderr.
   * @param endsElsewhere  the output comes from somewhere else and `finish` is called there
   */
  connectConmon({ socket, readRest }: Seqpacket, tty: boolean, select: StreamSelection, detach?: DetachScanner, endsElsewhere = false): void {
    if (tty) this.#detach = detach;
    const convert = (packet: Buffer): Buffer | undefined => {
      const isStderr = packet[0] === 3;
      if (isStderr ? !select.stderr : !select.stdout) return undefined;
      return tty ? packet.subarray(1) : frame(isStderr ? 2 : 1, packet.subarray(1));
    };
    this.#pump(socket, convert);
    const ended = (): void => (endsElsewhere ? this.#setStdin(undefined) : this.finish());
    socket.on('end', () => {
      for (const packet of readRest()) this.#send(convert(packet));
      ended();
    });
    socket.on('close', ended);
    socket.on('error', ended);
    if (select.stdin) this.#setStdin(socket);
    this.#onDestroy = () => socket.destroy();
  }

  /** Puts off the end until it is given free: more comes from elsewhere. */
  holdEnd(held: boolean): void {
    this.#isEndHeld = held;
    if (!held && this.#isEndDue) this.finish();
  }

  /** No more output will come. */
  finish(): void {
    this.#isEndDue = true;
    if (this.#finished || this.#isEndHeld) return;
    this.#finished = true;
    if (!this.destroyed) this.push(null);
    this.#setStdin(undefined);
  }

  /** Sends bytes that come from elsewhere, the log for instance. @returns false when the reader is behind */
  emitOutput(bytes: Buffer): boolean {
    return this.#send(bytes);
  }

  onceDrained(resume: () => void): void {
    this.#resume.add(resume);
  }

  #pump(source: Readable, convert: (chunk: Buffer) => Buffer | undefined): void {
    source.on('data', (chunk: Buffer) => {
      if (this.#send(convert(chunk))) return;
      source.pause();
      this.#resume.add(() => source.resume());
    });
  }

  /** @returns false when the reader is behind */
  #send(bytes: Buffer | undefined): boolean {
    if (bytes === undefined || bytes.length === 0 || this.destroyed || this.#finished) return true;
    return this.push(bytes);
  }

  #setStdin(stdin: Writable | undefined): void {
    this.#stdin = stdin ?? NOWHERE;
    stdin?.on('error', () => {}); // the process has gone or closed its stdin
    for (const go of this.#waitsForStdin.splice(0)) go();
  }

  override _read(): void {
    for (const resume of this.#resume) {
      this.#resume.delete(resume);
      resume();
    }
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#withStdin((stdin) => {
      if (stdin === NOWHERE || stdin.destroyed || stdin.writableEnded) return done();
      const typed = this.#detach?.push(chunk);
      const bytes = typed?.pass ?? chunk;
      writePackets(stdin, bytes, () => {
        done();
        if (typed?.detached) this.#leave();
      });
    });
  }

  /** The client typed the detach keys: it goes, the process stays. */
  #leave(): void {
    this.emit('detached');
    this.finish();
    this.#onDestroy();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#withStdin((stdin) => {
      if (stdin !== NOWHERE && !stdin.destroyed) stdin.end();
      done();
    });
  }

  #withStdin(body: (stdin: Writable) => void): void {
    if (this.#stdin) body(this.#stdin);
    else this.#waitsForStdin.push(() => body(this.#stdin ?? NOWHERE));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onDestroy();
    for (const go of this.#waitsForStdin.splice(0)) go();
    done(error);
  }
}

/** Stands for "there is no stdin": what is written to it is dropped. */
const NOWHERE = Object.freeze({ destroyed: true }) as unknown as Writable;

/**
 * One packet at a time: several waiting writes would be joined into one packet, of which conmon reads the first part only. For a plain
 * pipe this is merely a bit slower.
 */
function writePackets(stdin: Writable, bytes: Buffer, done: () => void): void {
  let at = 0;
  let finished = false;
  const finish = (): void => {
    if (finished) return;
    finished = true;
    stdin.off('close', finish);
    done();
  };
  const next = (): void => {
    if (at >= bytes.length || stdin.destroyed || stdin.writableEnded) return finish();
    const packet = bytes.subarray(at, at + PACKET_BYTES);
    at += packet.length;
    stdin.write(packet, next);
  };
  stdin.on('close', finish);
  next();
}
