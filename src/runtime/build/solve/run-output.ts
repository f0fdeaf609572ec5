import type { Channel } from './output.ts';

const TAIL_BYTES = 16 * 1024;
/** What a RUN may write to the client; the rest is dropped. */
const MAX_OUTPUT = 8 << 20;

/** Passes output on as text and keeps its end. Characters that a chunk cuts in two are put together again. */
export class OutputTail {
  readonly #channel: Channel;
  readonly #decoder = new TextDecoder();
  #kept = '';
  #sent = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  add(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): void {
    this.#take(this.#decoder.decode());
    // The line that follows shall not hang on the output's last one.
    if (this.#kept !== '' && !this.#kept.endsWith('\n')) this.#channel.send({ stream: '\n' });
  }

  #take(text: string): void {
    if (text === '') return;
    this.#kept = (this.#kept + text).slice(-TAIL_BYTES);
    const before = this.#sent;
    this.#sent += text.length;
    if (this.#sent <= MAX_OUTPUT) this.#channel.send({ stream: text });
    else if (before <= MAX_OUTPUT) this.#channel.line(`\n[output clipped: more than ${MAX_OUTPUT >> 20} MiB]`);
  }

  tail(): string {
    return this.#kept;
  }
}
