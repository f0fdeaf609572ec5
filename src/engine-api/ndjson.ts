/** Longest line taken: a progress or event line is some kilobytes, so more than this is a broken peer. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/** Cuts a byte stream, cut anywhere, into lines and parses each as JSON. `\n` and `\r\n` both end a line; empty lines are skipped. */
export class NdjsonDecoder<T> {
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** @throws SyntaxError when a line is no JSON */
  push(chunk: Uint8Array): T[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const values: T[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#take(bytes.subarray(start, end));
      this.#flush(values);
      start = end + 1;
    }
    if (start < bytes.length) this.#take(bytes.subarray(start));
    return values;
  }

  /** The last line when the stream ended without a newline. */
  end(): T[] {
    const values: T[] = [];
    this.#flush(values);
    return values;
  }

  #take(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > MAX_LINE_BYTES) throw new Error(`a line of JSON is longer than ${MAX_LINE_BYTES} bytes`);
    this.#rest.push(piece);
  }

  #flush(values: T[]): void {
    const [first] = this.#rest;
    if (first === undefined) return;
    const text = (this.#rest.length === 1 ? first : Buffer.concat(this.#rest)).toString('utf8').trim();
    this.#rest = [];
    this.#restBytes = 0;
    if (text !== '') values.push(JSON.parse(text) as T);
  }
}

/** The values of a stream of JSON lines, one after another. Leaving the loop early closes the source. */
export async function* decodeNdjson<T>(source: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  const decoder = new NdjsonDecoder<T>();
  for await (const chunk of source) yield* decoder.push(chunk);
  yield* decoder.end();
}

/** One line, as Go's encoder and dockerd's progress writer end it (`\r\n` for progress). */
export function encodeNdjson(value: unknown, lineEnd: '\n' | '\r\n' = '\n'): string {
  return JSON.stringify(value) + lineEnd;
}
