/**
 * Requests to one endpoint over kept-alive connections.
 * Invariants: a connection carries one request at a time; it returns to the pool only after a complete answer; a request is sent
 * a second time only when the first sending provably had no effect (never connected), or when it is a GET or HEAD whose connection
 * broke before any byte of an answer.
 */
import type { Duplex, Readable } from 'node:stream';
import { EngineError, errnoCode, errorMessage, isEngineError } from '../base/index.ts';
import { dial } from './dial.ts';
import { type Endpoint, formatEndpoint } from './endpoint.ts';
import { BodyStream, type ExchangeSink, HttpConnection, type HttpRequest } from './http-connection.ts';
import type { Headers } from './http-parser.ts';

export interface HttpAnswer {
  status: number;
  headers: Headers;
}
export interface TextAnswer extends HttpAnswer {
  body: string;
}
export interface StreamAnswer extends HttpAnswer {
  body: Readable;
}
export interface UpgradeAnswer extends HttpAnswer {
  stream: Duplex;
}

export interface HttpClientOptions {
  endpoint: Endpoint;
  /** Called when nobody listens, once per failed dial; after it resolves the dial is repeated once. Rejects with a reason. */
  wake?: () => Promise<void>;
  /** Called with the head of every answer. */
  onAnswer?: (answer: HttpAnswer) => void;
}

const MAX_IDLE = 16;
/** How a dial fails when there is no engine; the last: when it dies while we wait to be accepted. */
const ASLEEP: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET'];

type Outcome = { kind: 'text'; answer: TextAnswer } | { kind: 'stream'; answer: StreamAnswer } | { kind: 'upgrade'; answer: UpgradeAnswer };

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #host: string;
  readonly #idle: HttpConnection[] = [];
  readonly #open = new Set<HttpConnection>();
  #waking: Promise<void> | undefined;
  #wakes = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    // dockerd refuses nothing here; a fixed name avoids putting a socket path into the header
    this.#host = options.endpoint.kind === 'unix' ? 'engine' : `${options.endpoint.host}:${options.endpoint.port}`;
  }

  /** The whole answer as text, whatever its status. */
  async text(request: HttpRequest, signal?: AbortSignal): Promise<TextAnswer> {
    const outcome = await this.#send(request, 'text', signal);
    if (outcome.kind === 'text') return outcome.answer;
    throw new EngineError('internal', 'the engine changed protocol unasked');
  }

  /** Resolves at the headers. Error statuses (>= 400) come as text. */
  async stream(request: HttpRequest, signal?: AbortSignal): Promise<StreamAnswer | TextAnswer> {
    const outcome = await this.#send(request, 'stream', signal);
    if (outcome.kind !== 'upgrade') return outcome.answer;
    throw new EngineError('internal', 'the engine changed protocol unasked');
  }

  /** Leaves HTTP. When the engine declines, its answer comes as text. */
  async upgrade(request: HttpRequest, signal?: AbortSignal): Promise<UpgradeAnswer | TextAnswer> {
    const outcome = await this.#send({ ...request, hijack: true }, 'text', signal);
    if (outcome.kind === 'stream') throw new EngineError('internal', 'the engine did not change protocol');
    return outcome.answer;
  }

  /** Closes every connection; streams that are still open end with an error. */
  close(): void {
    for (const connection of [...this.#open]) connection.destroy(new EngineError('cancelled', 'the connection was closed'));
    this.#open.clear();
    this.#idle.length = 0;
  }

  async #send(request: HttpRequest, want: 'text' | 'stream', signal?: AbortSignal): Promise<Outcome> {
    const retriable = request.method === 'GET' || request.method === 'HEAD';
    let woken = false;
    let broken = 0;
    for (;;) {
      if (signal?.aborted) throw cancelled();
      const wakesBefore = this.#wakes;
      const reused = this.#takeIdle();
      const connection = reused ?? (await this.#dial());
      try {
        if (isStream(request.body)) await connection.whenConnected(); // a stream can be sent only once
        return await this.#exchange(connection, request, want, signal);
      } catch (error) {
        if (isEngineError(error)) throw error;
        if (connection.hasConnected) {
          // a kept connection that went stale leaves the pool, so repeating ends; a fresh one may have met an engine in its last moment
          if (retriable && !connection.hasReceived && (reused !== undefined || broken++ === 0)) continue;
        } else if (!woken && (await this.#wake(error, wakesBefore))) {
          woken = true;
          continue;
        }
        throw this.#explain(error, connection);
      }
    }
  }

  #exchange(connection: HttpConnection, request: HttpRequest, want: 'text' | 'stream', signal?: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => connection.destroy(cancelled());
      signal?.addEventListener('abort', onAbort, { once: true });
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      const sink = new Collector(connection, want, {
        resolve,
        reject,
        done,
        explain: (error) => this.#explain(error, connection),
        onAnswer: this.#options.onAnswer,
      });
      try {
        connection.start(request, sink, () => this.#release(connection));
      } catch (error) {
        connection.destroy(error as Error); // start throws only for a header that holds a line break
      }
    });
  }

  #takeIdle(): HttpConnection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) if (connection.isUsable) return connection;
    return undefined;
  }

  async #dial(): Promise<HttpConnection> {
    const dialled = dial(this.#options.endpoint);
    // no await for a plain socket: its error event may come in this very tick
    const socket = dialled instanceof Promise ? await dialled : dialled;
    const connection = new HttpConnection(socket, this.#host);
    this.#open.add(connection);
    socket.once('close', () => this.#open.delete(connection));
    return connection;
  }

  #release(connection: HttpConnection): void {
    if (this.#idle.length >= MAX_IDLE) return connection.destroy();
    connection.unref();
    this.#idle.push(connection);
  }

  /** @returns true when the engine was woken, by this call or since its dial, and the dial is worth repeating */
  async #wake(error: unknown, wakesBefore: number): Promise<boolean> {
    const { wake } = this.#options;
    if (wake === undefined || !ASLEEP.includes(errnoCode(error) ?? '')) return false;
    if (this.#wakes > wakesBefore) return true;
    this.#waking ??= wake()
      .then(() => {
        this.#wakes++;
      })
      .finally(() => {
        this.#waking = undefined;
      });
    await this.#waking;
    return true;
  }

  #explain(error: unknown, connection: HttpConnection): EngineError {
    if (isEngineError(error)) return error;
    const { endpoint } = this.#options;
    const where = `${formatEndpoint(endpoint)}${endpoint.source === 'default' ? '' : ` (from ${endpoint.source})`}`;
    const text = connection.hasConnected
      ? `the connection to the engine at ${where} broke: ${errorMessage(error)}`
      : `cannot connect to the engine at ${where}: ${CONNECT_REASONS[errnoCode(error) ?? ''] ?? errorMessage(error)}`;
    return new EngineError('unavailable', text, { cause: error });
  }
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is the engine running?',
  ECONNREFUSED: 'nobody listens there; is the engine running?',
  EACCES: 'permission denied; are you root, or in the group of the socket?',
  ENOTFOUND: 'no such host',
};

function isStream(body: HttpRequest['body']): body is Readable {
  return body !== undefined && typeof body !== 'string';
}

function cancelled(): EngineError {
  return new EngineError('cancelled', 'the request was cancelled');
}

interface Settle {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
  /** The exchange is over: stop listening to the signal. */
  done(): void;
  explain(error: Error): EngineError;
  onAnswer: ((answer: HttpAnswer) => void) | undefined;
}

/** Gathers one answer: as text, or as a stream that outlives the promise. */
class Collector implements ExchangeSink {
  readonly #connection: HttpConnection;
  readonly #want: 'text' | 'stream';
  readonly #settle: Settle;
  readonly #pieces: Buffer[] = [];
  #head: HttpAnswer = { status: 0, headers: {} };
  #body: BodyStream | undefined;

  constructor(connection: HttpConnection, want: 'text' | 'stream', settle: Settle) {
    this.#connection = connection;
    this.#want = want;
    this.#settle = settle;
  }

  onHead(head: HttpAnswer): void {
    this.#head = head;
    this.#settle.onAnswer?.(head);
    if (this.#want === 'text' || head.status >= 300) return;
    this.#body = new BodyStream(this.#connection);
    this.#body.once('close', this.#settle.done);
    this.#settle.resolve({ kind: 'stream', answer: { ...head, body: this.#body } });
  }

  onData(piece: Buffer): void {
    if (this.#body) this.#body.accept(piece);
    else this.#pieces.push(piece);
  }

  onEnd(): void {
    this.#settle.done(); // also before a body is read to its end: the connection may by then carry another request
    if (this.#body) return this.#body.finish();
    const [first] = this.#pieces;
    const bytes = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#settle.resolve({ kind: 'text', answer: { ...this.#head, body: bytes.toString('utf8') } });
  }

  onUpgrade(stream: Duplex): void {
    // an abort after this point is the stream's: the signal goes on to destroy it until it closes
    stream.once('close', this.#settle.done);
    this.#settle.resolve({ kind: 'upgrade', answer: { ...this.#head, stream } });
  }

  onError(error: Error): void {
    this.#settle.done();
    if (this.#body) this.#body.destroy(this.#settle.explain(error));
    else this.#settle.reject(error);
  }
}
