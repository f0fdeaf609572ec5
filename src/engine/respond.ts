import type { ServerResponse } from 'node:http';
import { EngineError, errorMessage, isEngineError } from '../base/index.ts';
import { encodeNdjson, type ProgressMessage, statusOfKind } from '../engine-api/index.ts';
import type { ApiCall } from './call.ts';

/** JSON as dockerd writes it, with a line feed at the end. */
export function sendJson(call: Pick<ApiCall, 'response'>, status: number, value: unknown): void {
  const text = Buffer.from(`${JSON.stringify(value)}\n`);
  call.response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': text.length });
  call.response.end(text);
}

export function sendEmpty(call: Pick<ApiCall, 'response'>, status: number): void {
  call.response.writeHead(status, status === 200 || status === 201 ? { 'Content-Length': 0 } : {});
  call.response.end();
}

/** An error as a status and `{"message"}`. Once the answer has begun only cutting the connection can tell the client. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const engineError = asEngineError(error);
  if (engineError.kind === 'notModified') return sendEmpty({ response }, 304);
  sendJson({ response }, statusOfKind(engineError.kind), { message: engineError.message });
}

/** Bugs are `internal`: the client gets their message, the log their stack. */
export function asEngineError(error: unknown): EngineError {
  return isEngineError(error) ? error : new EngineError('internal', errorMessage(error), { cause: error });
}

/** Sends bytes as they come, no faster than the client reads. Headers go at once: clients wait for them. */
export async function sendBytes(call: ApiCall, contentType: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const { response } = call;
  response.writeHead(200, { 'Content-Type': contentType });
  response.flushHeaders();
  for await (const piece of bytes) {
    if (call.signal.aborted) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** A stream of JSON lines; headers go at once. */
export async function sendLines(call: ApiCall, values: AsyncIterable<unknown>): Promise<void> {
  const { response } = call;
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  for await (const value of values) {
    if (call.signal.aborted) return;
    if (!response.write(encodeNdjson(value))) await drained(response);
  }
  response.end();
}

/**
 * Progress lines. The headers wait for the first line, so that a failure before it gets a proper status; a later one becomes an
 * error line, because the status is gone.
 */
export async function sendProgress(call: ApiCall, progress: AsyncIterable<ProgressMessage>): Promise<void> {
  const { response } = call;
  try {
    for await (const message of progress) {
      if (call.signal.aborted) return;
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/json' });
      if (!response.write(encodeNdjson(message, '\r\n'))) await drained(response);
    }
  } catch (error) {
    if (!response.headersSent || call.signal.aborted) throw error;
    const { message } = asEngineError(error);
    response.write(encodeNdjson({ errorDetail: { message }, error: message }, '\r\n'));
  }
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end();
}

/** Resolves when the response takes more or its client has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || !response.writableNeedDrain) return resolve();
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
