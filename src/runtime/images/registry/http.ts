/** HTTP as registries need it: streams both ways, own certificates, proxies, redirects, retries with patience, bounded waits. */
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext, connect as tlsConnect, type SecureContext } from 'node:tls';
import { EngineError, errnoCode, errorMessage } from '../../../base/index.ts';
import type { TlsFiles } from './registry-config.ts';
import { proxyFor } from './proxy.ts';

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** A function gives a fresh body for each attempt. */
  body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  signal?: AbortSignal | undefined;
  /** Retries on lost connections, 429 and 5xx. Off when the caller does that itself. */
  retry?: boolean;
}

export interface HttpResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** URL after redirects. */
  url: string;
  stream: http.IncomingMessage;
}

export interface HttpClientOptions {
  tls: TlsFiles;
  skipVerify: boolean;
  /** First pause between attempts; grows twofold. */
  retryDelayMs?: number;
}

const ATTEMPTS = 5;
const MAX_DELAY_MS = 15_000;
const MAX_RETRY_AFTER_MS = 60_000;
const HEADERS_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 10;
const MAX_TEXT = 4 * 1024 * 1024;
const AGENT = 'tscompose';

/** A connection that failed or broke; the registry said nothing about it. */
export class TransportError extends EngineError {}

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #plain = new http.Agent({ keepAlive: true, maxSockets: 16 });
  #secure: { agent: https.Agent; context: SecureContext } | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and resolves with the response's head. The caller reads or destroys the stream.
   * @throws TransportError, EngineError cancelled
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      const isLast = request.retry === false || attempt >= ATTEMPTS;
      let pauseMs: number;
      try {
        const response = await this.#follow(request);
        if (isLast || !isRetryable(response.status)) return response;
        pauseMs = retryAfterMs(response.headers['retry-after']) ?? this.backoffMs(attempt);
        response.stream.destroy();
      } catch (error) {
        if (isLast || !(error instanceof TransportError) || !isTransient(error)) throw error;
        pauseMs = this.backoffMs(attempt);
      }
      await this.pause(pauseMs, request.signal);
    }
  }

  backoffMs(attempt: number): number {
    const base = (this.#options.retryDelayMs ?? 500) * 2 ** (attempt - 1);
    return Math.min(MAX_DELAY_MS, base * (0.75 + Math.random() / 2));
  }

  async pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await delay(ms, undefined, signal ? { signal } : {}).catch((cause: unknown) => {
      throw new EngineError('cancelled', 'the operation was cancelled', { cause });
    });
  }

  close(): void {
    this.#plain.destroy();
    this.#secure?.agent.destroy();
  }

  /** Credentials never follow to another host. */
  async #follow(request: HttpRequest): Promise<HttpResponse> {
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#once(current);
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
      response.stream.destroy();
      if (redirects >= MAX_REDIRECTS) throw new TransportError('unavailable', `${verb(request.method)} "${request.url}": stopped after ${MAX_REDIRECTS} redirects`);
      const url = new URL(location, current.url);
      if (!/^https?:$/.test(url.protocol)) throw new TransportError('unavailable', `${verb(request.method)} "${request.url}": redirect to ${url.protocol}`);
      const { Authorization: credentials, ...others } = current.headers ?? {};
      const sameHost = url.host === new URL(current.url).host && credentials !== undefined;
      current = { ...current, url: url.href, headers: sameHost ? { ...others, Authorization: credentials } : others };
    }
  }

  #once(request: HttpRequest): Promise<HttpResponse> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(transportError(request, error));
      if (signal?.aborted === true) return fail(signal.reason);
      const url = new URL(request.url);
      const outgoing = this.#open(url, request, (stream) => {
        clearTimeout(timer);
        stream.setTimeout(IDLE_TIMEOUT_MS, () => stream.destroy(new Error('timeout awaiting more data')));
        if (signal) {
          const abort = () => stream.destroy(new Error('aborted'));
          signal.addEventListener('abort', abort, { once: true });
          stream.once('close', () => signal.removeEventListener('abort', abort));
        }
        stream.on('error', () => {}); // the reader sees it; a response that nobody reads must not end the process
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, url: request.url, stream });
      });
      const timer = setTimeout(() => outgoing.destroy(new Error('timeout awaiting response headers')), HEADERS_TIMEOUT_MS);
      const abort = () => outgoing.destroy(new Error('aborted'));
      signal?.addEventListener('abort', abort, { once: true });
      outgoing.once('error', fail);
      outgoing.once('close', () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      });
      sendBody(outgoing, request, () => timer.refresh()).catch((error: unknown) => outgoing.destroy(error as Error));
    });
  }

  #open(url: URL, request: HttpRequest, onResponse: (stream: http.IncomingMessage) => void): http.ClientRequest {
    const { method } = request;
    const headers = { 'User-Agent': AGENT, ...request.headers };
    const proxy = proxyFor(url, process.env);
    if (url.protocol === 'http:') {
      if (!proxy) return http.request(url, { method, headers, agent: this.#plain }, onResponse);
      const proxied = { method, headers: { ...headers, Host: url.host, ...proxy.headers }, host: proxy.host, port: proxy.port, path: url.href, agent: this.#plain };
      return http.request(proxied, onResponse);
    }
    const { agent, context } = this.#secureAgent();
    const secure = { secureContext: context, rejectUnauthorized: !this.#options.skipVerify };
    if (!proxy) return https.request(url, { method, headers, agent, ...secure }, onResponse);
    const servername = url.hostname;
    const tunnelled: https.RequestOptions = {
      method,
      headers,
      createConnection: (_options, done) => {
        proxy.tunnel(url, (error, socket) => (error || !socket ? done?.(error ?? new Error('no tunnel'), undefined as never) : done?.(null, tlsConnect({ socket, servername, ...secure }))));
        return undefined as never; // the callback gives the socket
      },
    };
    return https.request(url, tunnelled, onResponse);
  }

  #secureAgent(): { agent: https.Agent; context: SecureContext } {
    this.#secure ??= {
      agent: new https.Agent({ keepAlive: true, maxSockets: 16 }),
      context: createSecureContext(this.#options.skipVerify ? { ...this.#options.tls, ca: undefined } : { ...this.#options.tls }),
    };
    return this.#secure;
  }
}

async function sendBody(outgoing: http.ClientRequest, request: HttpRequest, onProgress: () => void): Promise<void> {
  const { body } = request;
  if (body === undefined) return void outgoing.end();
  if (typeof body !== 'function') return void outgoing.end(body);
  for await (const chunk of body()) {
    if (outgoing.destroyed) return;
    onProgress();
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
}

function isRetryable(status: number): boolean {
  return status === 429 || status === 408 || status === 500 || (status >= 502 && status <= 504);
}

/** Trying again cannot help against a wrong name, a wrong certificate or a closed port. */
function isTransient(error: TransportError): boolean {
  const code = errnoCode(error.cause) ?? '';
  return !['ENOTFOUND', 'ECONNREFUSED', 'EPROTO'].includes(code) && !/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HPE_)/.test(code);
}

/** Seconds or a date. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** As Go's HTTP client words it, and so dockerd: `Get "https://…": …`. */
function verb(method: string): string {
  return method.slice(0, 1) + method.slice(1).toLowerCase();
}

function transportError(request: HttpRequest, cause: unknown): EngineError {
  if (request.signal?.aborted === true) return new EngineError('cancelled', 'the operation was cancelled', { cause });
  const { hostname } = new URL(request.url);
  const code = errnoCode(cause);
  const { address, port } = cause as { address?: string; port?: number };
  const known: Record<string, string> = {
    ENOTFOUND: `dial tcp: lookup ${hostname}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${hostname}: Temporary failure in name resolution`,
    ECONNREFUSED: `dial tcp ${address ?? hostname}:${port ?? ''}: connect: connection refused`,
    ECONNRESET: 'connection reset by peer',
    EPROTO: 'http: server gave HTTP response to HTTPS client',
  };
  return new TransportError('unavailable', `${verb(request.method)} "${request.url}": ${known[code ?? ''] ?? errorMessage(cause)}`, { cause });
}

/** The whole body. @throws TransportError when it breaks off or is longer than a manifest may be */
export async function readBody(response: HttpResponse, limit = MAX_TEXT): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new Error(`the answer is larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    response.stream.destroy();
    throw new TransportError('unavailable', `Get "${response.url}": ${errorMessage(cause)}`, { cause });
  }
  return Buffer.concat(chunks);
}
