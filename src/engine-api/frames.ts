/**
 * The 8-byte frames that carry stdout and stderr over one connection when a container has no terminal:
 * byte 0 the stream, bytes 1-3 zero, bytes 4-7 the payload's length (big endian), then the payload.
 * @see Docker Engine API, "Attach to a container", "Stream format"
 */

/** 0 stdin (never sent by an engine), 1 stdout, 2 stderr, 3 an error of the engine itself, as text. */
export type StreamId = 0 | 1 | 2 | 3;
export const STDOUT = 1;
export const STDERR = 2;
export const SYSTEM_ERROR = 3;

export const FRAME_HEADER_BYTES = 8;

/** A payload, or a piece of one. `data` is a view into the chunk it came from: copy it to keep it. */
export interface Frame {
  stream: StreamId;
  data: Buffer;
}

/** The 8 bytes that go before a payload of `length` bytes. */
export function encodeFrameHeader(stream: StreamId, length: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header[0] = stream;
  header.writeUInt32BE(length, 4);
  return header;
}

/** Header and payload in one buffer. */
export function encodeFrame(stream: StreamId, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32BE(stream * 0x1000000, 0);
  frame.writeUInt32BE(payload.length, 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * Takes the frames out of a byte stream that is cut anywhere. Synchronous and without queues: one call per chunk, however
 * many lines it holds. A payload that continues in the next chunk is given in pieces, so a frame of any size costs no memory.
 */
export class FrameDecoder {
  readonly #merge: boolean;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #stream: StreamId = STDOUT;
  #left = 0;

  /**
   * @param options.merge  join neighbouring payloads of one stream: a log of 100,000 one-line frames then comes as a few large
   * buffers. The joining moves bytes inside the chunk, which must therefore belong to the caller.
   */
  constructor(options: { merge?: boolean } = {}) {
    this.#merge = options.merge ?? false;
  }

  /** @throws Error when the bytes are no frames (usually: the stream of a container with a terminal) */
  push(chunk: Uint8Array): Frame[] {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const frames: Frame[] = [];
    let at = 0;
    let run = { stream: -1, start: 0, end: 0 };
    while (at < bytes.length) {
      if (this.#left === 0) {
        at = this.#readHeader(bytes, at);
        if (this.#left === 0 || at === bytes.length) continue; // no payload yet
      }
      const end = Math.min(bytes.length, at + this.#left);
      this.#left -= end - at;
      if (this.#merge && run.stream === this.#stream) {
        bytes.copyWithin(run.end, at, end);
        run.end += end - at;
      } else {
        if (run.stream >= 0) frames.push({ stream: run.stream as StreamId, data: bytes.subarray(run.start, run.end) });
        run = { stream: this.#stream, start: at, end };
      }
      at = end;
    }
    if (run.stream >= 0) frames.push({ stream: run.stream as StreamId, data: bytes.subarray(run.start, run.end) });
    return frames;
  }

  /** True between frames: a stream that ends elsewhere was cut off. */
  get isAtBoundary(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  #readHeader(bytes: Buffer, at: number): number {
    if (this.#headerBytes === 0 && bytes.length - at >= FRAME_HEADER_BYTES) {
      this.#open(bytes[at] ?? 0, bytes.readUInt32BE(at) & 0xffffff, bytes.readUInt32BE(at + 4));
      return at + FRAME_HEADER_BYTES;
    }
    const taken = bytes.copy(this.#header, this.#headerBytes, at, at + FRAME_HEADER_BYTES - this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      this.#headerBytes = 0;
      const header = this.#header;
      this.#open(header[0] ?? 0, header.readUInt32BE(0) & 0xffffff, header.readUInt32BE(4));
    }
    return at + taken;
  }

  #open(stream: number, zeros: number, length: number): void {
    if (stream > SYSTEM_ERROR || zeros !== 0) throw new Error('not a multiplexed stream: bad frame header');
    this.#stream = stream as StreamId;
    this.#left = length;
  }
}

/**
 * The frames of an output stream, one batch per chunk. With `tty` every chunk is one stdout payload.
 * @param options.merge  see FrameDecoder
 */
export async function* decodeOutput(
  output: AsyncIterable<Uint8Array>,
  options: { tty?: boolean; merge?: boolean } = {},
): AsyncGenerator<Frame[]> {
  const decoder = new FrameDecoder(options);
  for await (const chunk of output) {
    if (options.tty) {
      yield [{ stream: STDOUT, data: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) }];
      continue;
    }
    const frames = decoder.push(chunk);
    if (frames.length > 0) yield frames;
  }
}
