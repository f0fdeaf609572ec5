import { fstatSync, writeSync } from 'node:fs';
import { errnoCode } from '../base/index.ts';

/** Where a command writes. Text goes out in the order of the calls. */
export interface Output {
  /** @returns a promise when the reader is slow: await it before producing more */
  write(data: string | Uint8Array): Promise<void> | void;
  /** True for a terminal; redirected output is false. */
  readonly isTerminal: boolean;
  /** Columns of the terminal right now; undefined when it is none or does not say. */
  width(): number | undefined;
  /** Resolves when everything was handed to the system. */
  flush(): Promise<void>;
}

/** Thrown by `write` when the reader is gone (`tscompose logs | head`). The command ends quietly. */
export class OutputClosed extends Error {
  constructor() {
    super('the reader of the output has closed it');
    this.name = 'OutputClosed';
  }
}

/**
 * Output to a file descriptor. It writes synchronously, whole buffers at a time, and does not touch `process.stdout`, whose
 * first use costs 3 ms of start-up. When the descriptor was set non-blocking by somebody else and is full, the rest waits in a queue.
 */
export class DescriptorOutput implements Output {
  readonly #fd: number;
  readonly #queue: Buffer[] = [];
  #draining: Promise<void> | undefined;
  #isTerminal: boolean | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get isTerminal(): boolean {
    this.#isTerminal ??= isTerminal(this.#fd);
    return this.#isTerminal;
  }

  width(): number | undefined {
    if (!this.isTerminal) return undefined;
    const stream = this.#fd === 2 ? process.stderr : process.stdout;
    return stream.columns > 0 ? stream.columns : undefined;
  }

  write(data: string | Uint8Array): Promise<void> | void {
    if (data.length === 0) return;
    const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
    if (this.#draining) {
      this.#queue.push(Buffer.from(bytes)); // a copy: the caller may use its buffer again
      return this.#draining;
    }
    const rest = this.#writeSome(bytes);
    if (rest === undefined) return;
    this.#queue.push(Buffer.from(rest));
    this.#draining = this.#drain();
    return this.#draining;
  }

  async flush(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        const rest = this.#writeSome(next);
        if (rest === undefined) this.#queue.shift();
        else {
          this.#queue[0] = rest;
          await new Promise((resolve) => setTimeout(resolve, 2)); // there is no portable way to wait for a foreign descriptor
        }
      }
    } finally {
      this.#draining = undefined;
    }
  }

  /** @returns what did not fit, or undefined */
  #writeSome(bytes: Buffer): Buffer | undefined {
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
      return undefined;
    } catch (error) {
      const code = errnoCode(error);
      if (code === 'EAGAIN') return bytes.subarray(done);
      if (code === 'EPIPE' || code === 'EIO') throw new OutputClosed();
      throw error;
    }
  }
}

const MEMORY_DEVICES = 1; // major number of /dev/null, /dev/zero ...

/** Asks Node only when the descriptor can be a terminal, so that a pipe, a file or /dev/null does not load its terminal module. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice() || stat.rdev >> 8 === MEMORY_DEVICES) return false;
  } catch {
    return false; // closed
  }
  return fd === 0 ? process.stdin.isTTY === true : fd === 2 ? process.stderr.isTTY === true : process.stdout.isTTY === true;
}

/** Output that is kept, for tests and for pagers of our own. */
export class MemoryOutput implements Output {
  text = '';
  readonly isTerminal: boolean;
  readonly #width: number | undefined;

  constructor(options: { isTerminal?: boolean; width?: number } = {}) {
    this.isTerminal = options.isTerminal ?? false;
    this.#width = options.width;
  }

  write(data: string | Uint8Array): void {
    this.text += typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
  }

  width(): number | undefined {
    return this.#width;
  }

  async flush(): Promise<void> {}
}
