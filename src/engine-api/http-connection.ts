import type { Socket } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import { type ResponseHead, ResponseParser, type ResponseSink } from './http-parser.ts';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, already escaped. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** Text goes with its length, a stream in chunks. */
  body?: string | Readable;
  /** Ask to leave HTTP (`Upgrade: tcp`). */
  hijack?: boolean;
}

/** What the caller of an exchange learns. Exactly one of `onEnd`, `onUpgrade` and `onError` is called, last. */
export interface ExchangeSink extends ResponseSink {
  onUpgrade(stream: Duplex): void;
  onError(error: Error): void;
}

/** One socket, one request at a time. Knows nothing of pools, endpoints or retries. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #parser: ResponseParser | undefined;
  #sink: ExchangeSink | undefined;
  #uploading = false;
  #connected = false;
  #received = false;
  #failure: Error | undefined;
  #onIdle: () => void = () => {};

  /** @param socket  may still be connecting @param host  value of the Host header */
  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('connect', () => {
      this.#connected = true;
    });
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onSocketError);
    socket.on('close', this.#onClose);
  }

  /** True once the peer has accepted: before that nothing was sent, and a request may be tried elsewhere. */
  get hasConnected(): boolean {
    return this.#connected;
  }
  /** True once the current request has had a byte of an answer. */
  get hasReceived(): boolean {
    return this.#received;
  }
  get isUsable(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded && this.#socket.writable;
  }

  /** @param onIdle  called when the connection can take the next request */
  start(request: HttpRequest, sink: ExchangeSink, onIdle: () => void): void {
    this.#sink = sink;
    this.#onIdle = onIdle;
    this.#received = false;
    if (this.#socket.destroyed) return this.#fail(this.#failure ?? closedError());
    this.#parser = new ResponseParser({ method: request.method, hijack: request.hijack ?? false }, sink);
    this.#socket.ref();
    this.#socket.resume();
    const head = requestHead(request, this.#host);
    if (request.body === undefined || typeof request.body === 'string') {
      this.#socket.write(head + (request.body ?? ''));
    } else {
      this.#uploading = true;
      void this.#upload(head, request.body);
    }
  }

  /** Resolves once the peer has accepted. @throws the reason why it did not */
  whenConnected(): Promise<void> {
    if (this.#connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('close', () => reject(this.#failure ?? closedError()));
      if (this.#socket.destroyed) reject(this.#failure ?? closedError());
    });
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }

  /** An idle connection does not keep the process alive. */
  unref(): void {
    this.#socket.unref();
  }

  destroy(error?: Error): void {
    this.#failure ??= error;
    if (error) this.#fail(error);
    this.#sink = undefined;
    this.#socket.destroy();
  }

  /** Sends a body of unknown length. An answer that comes early (a refusal) ends the sending. */
  async #upload(head: string, body: Readable): Promise<void> {
    const socket = this.#socket;
    try {
      socket.write(head);
      for await (const piece of body as AsyncIterable<Uint8Array | string>) {
        if (this.#sink === undefined) break;
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        if (bytes.length === 0) continue;
        socket.cork();
        socket.write(`${bytes.length.toString(16)}\r\n`);
        socket.write(bytes);
        const more = socket.write('\r\n');
        socket.uncork();
        if (!more && socket.writableNeedDrain) await drained(socket);
      }
      if (this.#sink === undefined) return; // answered or failed before the end: the connection is not used again
      socket.write('0\r\n\r\n');
      this.#uploading = false;
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    } finally {
      body.destroy();
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    const parser = this.#parser;
    const sink = this.#sink;
    if (parser === undefined || sink === undefined) return this.destroy(); // bytes that nobody asked for
    this.#received = true;
    let rest: Buffer | undefined;
    try {
      rest = parser.feed(chunk);
    } catch (error) {
      return this.destroy(error as Error); // the parser throws nothing but Error
    }
    if (parser.isUpgraded) this.#handOver(sink, rest);
    else if (parser.isDone) this.#finish(parser.canReuse && rest === undefined);
  };

  #finish(canReuse: boolean): void {
    this.#sink = undefined;
    this.#parser = undefined;
    if (!canReuse || this.#uploading || !this.isUsable) return this.destroy();
    this.#socket.resume();
    this.#onIdle();
  }

  /** From here on the socket is the caller's. `end()` on it closes the process's stdin; its output goes on. */
  #handOver(sink: ExchangeSink, first: Buffer | undefined): void {
    const socket = this.#socket;
    this.#sink = undefined;
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onSocketError);
    socket.off('close', this.#onClose);
    // undo the explicit pause, so that the caller's first 'data' listener starts the flow, as node:http does for its upgrades
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
    if (first !== undefined && first.length > 0) socket.unshift(first);
    sink.onUpgrade(socket);
  }

  readonly #onEnd = (): void => {
    const parser = this.#parser;
    if (parser === undefined) return this.destroy();
    try {
      parser.end();
      this.#finish(false);
    } catch (error) {
      this.destroy(error as Error); // the parser throws nothing but Error
    }
  };

  readonly #onSocketError = (error: Error): void => {
    this.destroy(error);
  };

  readonly #onClose = (): void => {
    this.#fail(this.#failure ?? closedError());
  };

  #fail(error: Error): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onError(error);
  }
}

/** A streamed body: reads from the connection only while somebody reads it; destroying it early closes the connection. */
export class BodyStream extends Readable {
  readonly #connection: HttpConnection;
  #complete = false;

  constructor(connection: HttpConnection) {
    super({ highWaterMark: 256 * 1024 });
    this.#connection = connection;
  }

  override _read(): void {
    if (!this.#complete) this.#connection.resume();
  }

  accept(piece: Buffer): void {
    if (!this.push(piece)) this.#connection.pause();
  }

  finish(): void {
    this.#complete = true;
    this.push(null);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#complete) this.#connection.destroy();
    callback(error);
  }
}

function requestHead(request: HttpRequest, host: string): string {
  let head = `${request.method} ${request.path} HTTP/1.1\r\nHost: ${host}\r\n`;
  if (request.hijack) head += 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (/[\r\n]/.test(value)) throw new Error(`header ${name} holds a line break`);
    head += `${name}: ${value}\r\n`;
  }
  if (typeof request.body === 'string') head += `Content-Length: ${Buffer.byteLength(request.body)}\r\n`;
  else if (request.body !== undefined) head += 'Transfer-Encoding: chunked\r\n';
  else if (request.method === 'POST' || request.method === 'PUT') head += 'Content-Length: 0\r\n';
  return `${head}\r\n`;
}

function closedError(): Error {
  return new Error('the connection was closed');
}

/** Waits until the socket takes more. @throws Error when it closes first */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(closedError());
    socket.once('close', onClose);
    socket.once('drain', () => {
      socket.off('close', onClose);
      resolve();
    });
    if (socket.destroyed) onClose();
  });
}
