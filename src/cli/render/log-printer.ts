/** Output of several containers on one terminal: each line behind the name of its container, in the container's colour. */
import type { Output } from '../output.ts';

export interface LogPrinterOptions {
  readonly output: Output;
  readonly colours: boolean;
  /** False: lines as they are. */
  readonly prefix: boolean;
}

const CYCLE = ['36', '33', '32', '35', '34', '36;1', '33;1', '32;1', '35;1', '34;1']; // the order of docker compose
const NEWLINE = 10;
/** A longer line is printed in pieces rather than kept. */
const MAX_OPEN_BYTES = 1024 * 1024;

interface Source {
  readonly name: string;
  readonly colour: string;
  /** What came after the last newline, for each stream. */
  readonly open: Map<number, Buffer>;
}

/**
 * Prints chunks that hold any number of lines. Bytes pass through unchanged: a chunk is treated as one-byte characters, which lets
 * the engine's native string search insert the prefixes (10 MB of short lines in 13 ms), and turned back into the same bytes.
 */
export class LogPrinter {
  readonly #options: LogPrinterOptions;
  readonly #sources = new Map<string, Source>();
  #width = 0;

  constructor(options: LogPrinterOptions) {
    this.#options = options;
  }

  /** Makes a container known, so that prefixes line up from the first line on. */
  add(name: string): void {
    if (this.#sources.has(name)) return;
    const colour = CYCLE[this.#sources.size % CYCLE.length] ?? '';
    this.#sources.set(name, { name, colour, open: new Map() });
    this.#width = Math.max(this.#width, name.length);
  }

  /** @param stream  1 stdout, 2 stderr: a line is not put together from both */
  print(name: string, stream: number, data: Uint8Array): Promise<void> | void {
    const source = this.#sourceOf(name);
    let bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    const open = source.open.get(stream);
    if (open) bytes = Buffer.concat([open, bytes]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const rest = bytes.subarray(end);
    if (rest.length > MAX_OPEN_BYTES) {
      source.open.delete(stream);
      return this.#options.output.write(this.#prefixed(source, Buffer.concat([bytes, Buffer.from('\n')])));
    }
    if (rest.length > 0) source.open.set(stream, Buffer.from(rest));
    else source.open.delete(stream);
    if (end > 0) return this.#options.output.write(this.#prefixed(source, bytes.subarray(0, end)));
  }

  /** A line of our own about a container: `web-1 exited with code 1`. */
  async say(name: string, text: string): Promise<void> {
    const source = this.#sourceOf(name);
    await this.end(name);
    await this.#options.output.write(this.#options.prefix ? `${this.#paint(source, source.name)} ${text}\n` : `${source.name} ${text}\n`);
  }

  /** Prints what is left of lines without a newline. @param name  of one container; default: all */
  async end(name?: string): Promise<void> {
    for (const source of this.#sources.values()) {
      if (name !== undefined && source.name !== name) continue;
      for (const [stream, rest] of source.open) {
        source.open.delete(stream);
        await this.#options.output.write(this.#prefixed(source, Buffer.concat([rest, Buffer.from('\n')])));
      }
    }
  }

  #sourceOf(name: string): Source {
    this.add(name);
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`no source ${name}`);
    return source;
  }

  /** @param lines  ends in a newline */
  #prefixed(source: Source, lines: Buffer): Buffer {
    if (!this.#options.prefix) return lines;
    const prefix = Buffer.from(`${this.#paint(source, `${source.name.padEnd(this.#width)}  | `)}`).toString('latin1');
    const text = lines.toString('latin1', 0, lines.length - 1).replaceAll('\n', `\n${prefix}`);
    return Buffer.from(`${prefix}${text}\n`, 'latin1');
  }

  #paint(source: Source, text: string): string {
    return this.#options.colours ? `\x1b[${source.colour}m${text}\x1b[0m` : text;
  }
}
