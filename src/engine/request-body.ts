import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { EngineError } from '../base/index.ts';

/**
 * The body of a request as a stream of its own. Whoever reads it may destroy it, as pipelines do when they fail, and the connection
 * still carries the answer; destroying Node's request would cut it. Nothing is read before somebody asks.
 */
export function bodyOfRequest(request: IncomingMessage): Readable {
  let isListening = false;
  const body = new Readable({
    read() {
      if (!isListening) listen();
      request.resume();
    },
    destroy(error, callback) {
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onClose);
      callback(error);
    },
  });
  const onData = (piece: Buffer): void => {
    if (!body.push(piece)) request.pause();
  };
  const onEnd = (): void => void body.push(null);
  const onClose = (): void => {
    if (!request.complete) body.destroy(new EngineError('cancelled', 'the client left in the middle of its request'));
  };
  const listen = (): void => {
    isListening = true;
    if (request.readableEnded) return onEnd();
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    if (request.destroyed) onClose();
  };
  return body;
}

/** How long a client may go on sending a body that was refused before its connection is cut. */
const LINGER_MS = 2000;

/**
 * A route that answered without reading its whole body leaves bytes behind. They are read and dropped for a moment: cutting the
 * connection at once would take the answer from a client that is still sending.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const late = setTimeout(() => request.destroy(), LINGER_MS);
  request.once('close', () => clearTimeout(late));
  request.once('end', () => clearTimeout(late));
}
