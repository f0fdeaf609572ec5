import type { Input } from './context.ts';
import { isTerminal } from './output.ts';

/** The process's own standard input. */
export class ProcessInput implements Input {
  #content: Promise<Uint8Array> | undefined;

  get isTerminal(): boolean {
    return isTerminal(0);
  }

  readAll(): Promise<Uint8Array> {
    return (this.#content ??= collect(process.stdin));
  }

  stream(): NodeJS.ReadStream {
    return process.stdin;
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
