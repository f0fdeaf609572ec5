import type { Duplex, Readable } from 'node:stream';
import { EngineError } from '../base/index.ts';
import { CLIENT_API_VERSION, compareApiVersions } from './api-version.ts';
import { HttpClient, type HttpClientOptions } from './http-client.ts';
import type { HttpRequest } from './http-connection.ts';
import type { Headers } from './http-parser.ts';
import { decodeNdjson } from './ndjson.ts';
import { errorFromResponse } from './status.ts';
import type { Filters, RegistryAuth } from './types.ts';

/** Undefined values are left out; booleans become 1 and 0; arrays repeat the key. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface WireCall {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, in chunks. */
  body?: Readable;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * API calls over an HttpClient: paths, queries, JSON, errors, and the version.
 *
 * Version negotiation costs no round trip: calls go to the path without a version, at which every engine speaks its newest
 * version, and each answer names that version in `Api-Version`. Once an engine turns out to be newer than this client, later calls
 * ask for the client's own version by prefix.
 */
export class Wire {
  readonly #client: HttpClient;
  #serverVersion: string | undefined;
  #prefix = '';

  constructor(options: HttpClientOptions) {
    this.#client = new HttpClient({ ...options, onAnswer: ({ headers }) => this.#learn(headers) });
  }

  /** The version both sides speak; undefined before the first answer. */
  get apiVersion(): string | undefined {
    const server = this.#serverVersion;
    if (server === undefined) return undefined;
    return compareApiVersions(server, CLIENT_API_VERSION) > 0 ? CLIENT_API_VERSION : server;
  }

  /** @returns the answer's JSON @throws EngineError for a status of 300 and more */
  async json<T>(method: HttpRequest['method'], path: string, call: WireCall = {}): Promise<T> {
    const answer = await this.#client.text(this.#request(method, path, call), call.signal);
    if (answer.status >= 300) throw errorFromResponse(answer.status, answer.body);
    if (answer.body === '') return undefined as T; // 201 and 204 without a body, where T is void
    try {
      return JSON.parse(answer.body) as T;
    } catch (cause) {
      throw new EngineError('internal', `the engine answered ${method} ${path} with something that is no JSON`, { cause });
    }
  }

  /** @returns false for 304 Not Modified @throws EngineError for an error status */
  async done(method: HttpRequest['method'], path: string, call: WireCall = {}): Promise<boolean> {
    const answer = await this.#client.text(this.#request(method, path, call), call.signal);
    if (answer.status === 304) return false;
    if (answer.status >= 300) throw errorFromResponse(answer.status, answer.body);
    return true;
  }

  /** Only the headers matter. @throws EngineError for an error status */
  async headers(method: 'HEAD' | 'GET', path: string, call: WireCall = {}): Promise<Headers> {
    const answer = await this.#client.text(this.#request(method, path, call), call.signal);
    if (answer.status >= 300) throw errorFromResponse(answer.status, answer.body);
    return answer.headers;
  }

  /** Resolves at the headers. @throws EngineError for an error status */
  async stream(method: HttpRequest['method'], path: string, call: WireCall = {}): Promise<{ headers: Headers; body: Readable }> {
    const answer = await this.#client.stream(this.#request(method, path, call), call.signal);
    if (typeof answer.body === 'string') throw errorFromResponse(answer.status, answer.body);
    return { headers: answer.headers, body: answer.body };
  }

  /** A stream of JSON lines, open at once. */
  async lines<T>(method: HttpRequest['method'], path: string, call: WireCall = {}): Promise<AsyncIterable<T>> {
    return decodeNdjson<T>((await this.stream(method, path, call)).body);
  }

  /** @throws EngineError when the engine declines */
  async upgrade(path: string, call: WireCall = {}): Promise<{ headers: Headers; stream: Duplex }> {
    const answer = await this.#client.upgrade(this.#request('POST', path, call), call.signal);
    if ('stream' in answer) return answer;
    if (answer.status >= 300) throw errorFromResponse(answer.status, answer.body);
    throw new EngineError('internal', `the engine did not open a stream for ${path}`);
  }

  close(): void {
    this.#client.close();
  }

  #request(method: HttpRequest['method'], path: string, call: WireCall): HttpRequest {
    const headers: Record<string, string> = { ...call.headers };
    const request: HttpRequest = { method, path: this.#prefix + path + encodeQuery(call.query ?? {}), headers };
    if (call.body !== undefined) {
      headers['Content-Type'] ??= 'application/x-tar';
      request.body = call.body;
    } else if (call.json !== undefined) {
      headers['Content-Type'] = 'application/json';
      request.body = JSON.stringify(call.json);
    }
    return request;
  }

  #learn(headers: Headers): void {
    const version = headers['api-version'];
    if (this.#serverVersion !== undefined || version === undefined) return;
    this.#serverVersion = version;
    if (compareApiVersions(version, CLIENT_API_VERSION) > 0) this.#prefix = `/v${CLIENT_API_VERSION}`;
  }
}

function encodeQuery(query: Query): string {
  let text = '';
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as string | number | boolean]) {
      const plain = typeof one === 'boolean' ? (one ? '1' : '0') : String(one);
      text += `${text === '' ? '?' : '&'}${encodeURIComponent(key)}=${encodeURIComponent(plain)}`;
    }
  }
  return text;
}

/** One path segment. A leading slash of a container's name goes. */
export function segment(name: string): string {
  return encodeURIComponent(name.replace(/^\//, ''));
}

/** An image name keeps its slashes, colon and digest sign: engines route on them. */
export function imageSegments(image: string): string {
  return image.split('/').map((part) => encodeURIComponent(part).replace(/%3A/g, ':').replace(/%40/g, '@')).join('/');
}

/** The `filters` value in its oldest form, a map of sets, which every engine reads. Undefined when there are none. */
export function encodeFilters(filters: Filters | undefined): string | undefined {
  if (filters === undefined || Object.keys(filters).length === 0) return undefined;
  const sets = Object.entries(filters).map(([key, values]) => [key, Object.fromEntries(values.map((value) => [value, true]))]);
  return JSON.stringify(Object.fromEntries(sets));
}

/** `X-Registry-Auth`: base64url with padding, as Go's decoder wants it. Sent also when empty: push needs the header. */
export function registryAuthHeader(auth: RegistryAuth | undefined): Record<string, string> {
  return { 'X-Registry-Auth': base64Url(auth ?? {}) };
}

/** JSON in base64url with padding. */
export function base64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64').replace(/\+/g, '-').replace(/\//g, '_');
}
