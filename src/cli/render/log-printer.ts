/** Output of several containers on one terminal: each line behind the name of its container, in the container's colour. */
import { prefixLines } from '../../controller/index.ts';
import type { Output } from '../output.ts';

export interface LogPrinterOptions {
  readonly output: Output;
  readonly colours: boolean;
  /** False: lines as they are. */
  readonly prefix: boolean;
}

const CYCLE = ['36', '33', '32', '35', '34', '36;1', '33;1', '32;1', '35;1', '34;1']; // the order of docker compose

interface Source {
  readonly colour: string;
  /** Made for the current width. */
  prefix: string;
  width: number;
}

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
    this.#sources.set(name, { colour, prefix: '', width: -1 });
    this.#width = Math.max(this.#width, name.length);
  }

  /** @param lines  whole lines, any number of them */
  print(name: string, lines: Buffer): Promise<void> | void {
    return this.#options.output.write(this.#options.prefix ? prefixLines(lines, this.#prefixOf(name)) : lines);
  }

  /** A line of our own about a container: `web-1 exited with code 1`. */
  say(name: string, text: string): void {
    const source = this.#sourceOf(name);
    void this.#options.output.write(`${this.#options.prefix ? this.#paint(source, name) : name} ${text}\n`);
  }

  #prefixOf(name: string): string {
    const source = this.#sourceOf(name);
    if (source.width !== this.#width) {
      source.width = this.#width;
      source.prefix = this.#paint(source, `${name.padEnd(this.#width)}  | `);
    }
    return source.prefix;
  }

  #sourceOf(name: string): Source {
    this.add(name);
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`no source ${name}`);
    return source;
  }

  #paint(source: Source, text: string): string {
    return this.#options.colours ? `\x1b[${source.colour}m${text}\x1b[0m` : text;
  }
}
