import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { EngineError } from '../base/index.ts';
import type { CallOptions } from '../engine-api/index.ts';
import { isPlainObject, type Query } from './query.ts';
import { conform, type Shape } from './shape.ts';

/** One request on its way through a route. */
export interface ApiCall {
  readonly method: string;
  /** Without the version prefix, still escaped. */
  readonly path: string;
  /** Unescaped values of the route's placeholders. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** The API version the client asked for; the newest when it asked for none. */
  readonly version: string;
  /** Not yet read. */
  readonly body: Readable;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;
  /** The same for calls of the engine. */
  readonly options: CallOptions;
  readonly response: ServerResponse;
  /** Leaves HTTP: answers 101 (or 200 to a client that asked for no upgrade) and gives the bare connection. */
  hijack(contentType: string): Duplex;
}

/** Answers the call, or throws an EngineError that becomes the answer. */
export type Handler = (call: ApiCall) => Promise<void>;

/** `/containers/:id/json`; `:name*` may span slashes. */
export type Route = readonly [method: string, pattern: string, handler: Handler];

/** Largest JSON body taken. Real ones are some kilobytes; configs and secrets never come this way. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** A client that has sent its headers may take this long for a JSON body. */
const JSON_BODY_TIMEOUT_MS = 30_000;

/**
 * The JSON body, checked against a shape. An absent body counts as `{}` unless `required`.
 * @param name  of dockerd's structure, for messages
 * @throws EngineError invalid, with dockerd's messages
 */
export async function readBody<T>(call: ApiCall, shape: Shape, name: string, options: { required?: boolean } = {}): Promise<T> {
  const isAbsent = call.headers['transfer-encoding'] === undefined && (call.headers['content-length'] ?? '0') === '0';
  if (!isAbsent || call.headers['content-type'] !== undefined) checkJsonType(call.headers['content-type'] ?? '');
  const text = isAbsent ? '' : await readText(call.body);
  if (text.trim() === '') {
    if (options.required || !isAbsent) throw new EngineError('invalid', 'invalid JSON: got EOF while reading request body');
    return {} as T;
  }
  return conform(parse(text), shape, name) as T;
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EngineError('invalid', `invalid JSON: ${(cause as SyntaxError).message}`, { cause }); // JSON.parse throws nothing else
  }
  if (!isPlainObject(value) && !Array.isArray(value) && value === null) return {};
  return value;
}

function checkJsonType(header: string): void {
  const type = (header.split(';')[0] ?? '').trim().toLowerCase();
  if (type === 'application/json') return;
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(type)) {
    throw new EngineError('invalid', `malformed Content-Type header (${header}): mime: no media type`);
  }
  throw new EngineError('invalid', `unsupported Content-Type header (${type}): must be 'application/json'`);
}

/** @throws EngineError invalid when the body is too large or too slow */
export async function readText(body: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => body.destroy(new EngineError('invalid', 'the request body did not arrive in time')), JSON_BODY_TIMEOUT_MS);
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > MAX_JSON_BYTES) throw new EngineError('invalid', `request body larger than ${MAX_JSON_BYTES} bytes`);
      pieces.push(piece);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** A placeholder of the route's pattern. */
export function param(call: ApiCall, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`the route has no :${name}`);
  return value;
}

/** Base64url or base64 JSON of an auth header; what cannot be read counts as absent, as dockerd has it. */
export function authHeader<T extends object>(call: ApiCall, header: string): T | undefined {
  const value = call.headers[header];
  if (typeof value !== 'string' || value === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    return isPlainObject(parsed) && Object.keys(parsed).length > 0 ? (parsed as T) : undefined;
  } catch {
    return undefined;
  }
}
