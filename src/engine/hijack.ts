import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { ResponseParser } from '../engine-api/index.ts';
import { bodyOfRequest } from './request-body.ts';

/**
 * The body of a request that came with an `Upgrade` header. Newer Node (26) reads it as any other body and hands over a stream that
 * begins after it. Older Node (20, 24) hands the connection over right after the headers, so the body is still in its bytes; what
 * follows it (early stdin) is put back. A body and a response are framed alike, so the client's parser reads it behind a made-up head.
 */
export function bodyOfUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Readable {
  if (isReadByNode(request, socket)) {
    if (head.length > 0) socket.unshift(head); // only when the whole body came along with the headers
    return bodyOfRequest(request);
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const framing = encoding !== undefined ? `Transfer-Encoding: ${encoding}` : `Content-Length: ${length ?? '0'}`;
  const body = new Readable({ read: () => socket.resume() });
  const parser = new ResponseParser(
    { method: 'POST', hijack: false },
    { onHead: () => {}, onData: (piece) => void (body.push(piece) || socket.pause()), onEnd: () => body.push(null) },
  );
  const stop = (): void => {
    socket.off('data', onData);
    socket.off('close', onClose);
    socket.pause();
    (socket as { readableFlowing: boolean | null }).readableFlowing = null; // the next reader starts the flow
  };
  const onClose = (): void => void body.destroy(new Error('the client left'));
  const onData = (chunk: Buffer): void => {
    try {
      const rest = parser.feed(chunk);
      if (!parser.isDone) return;
      stop();
      if (rest !== undefined) socket.unshift(rest);
    } catch (error) {
      stop();
      body.destroy(error as Error); // the parser throws nothing but Error
    }
  };
  parser.feed(Buffer.from(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`));
  if (parser.isDone) {
    if (head.length > 0) socket.unshift(head);
    return body;
  }
  socket.on('data', onData);
  socket.on('close', onClose);
  if (head.length > 0) onData(head);
  return body;
}

function isReadByNode(request: IncomingMessage, socket: Duplex): boolean {
  return socket !== request.socket || request.readableLength > 0 || Number.parseInt(process.versions.node, 10) >= 26;
}

/** The answer that ends HTTP on this connection, as dockerd writes it. */
export function upgradeHead(contentType: string, isUpgrade: boolean): string {
  return isUpgrade
    ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`
    : `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\n\r\n`;
}

/**
 * Takes the connection away from Node's HTTP server in the middle of an ordinary request: clients of the oldest kind hijack without
 * asking for an upgrade. Adding a `readable` listener makes Node give up its native reader; its own listeners then go.
 */
export function detachSocket(response: ServerResponse): Duplex {
  const { socket } = response;
  if (socket === null) throw new Error('the client left');
  const nothing = (): void => {};
  socket.on('readable', nothing);
  response.detachSocket(socket);
  for (const event of ['readable', 'data', 'end', 'close', 'drain', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', nothing);
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
  return socket;
}

const LINGER_MS = 1000;

/**
 * Joins the client's connection and an attached process until the process ends: its stdin ends when the client half-closes, and the
 * client sees the end after the last byte of output. A connection that breaks closes both.
 */
export function joinStreams(client: Duplex, process: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      client.destroy();
      process.destroy();
    };
    client.on('error', close);
    process.on('error', close);
    client.once('close', () => {
      process.destroy();
      resolve();
    });
    process.once('close', () => {
      client.unpipe(process);
      client.resume(); // so that the client's own end is noticed
      client.once('end', () => client.end(() => client.destroy()));
      // all output is with the kernel by then; a client that never closes its side is not waited for
      client.end(() => setTimeout(() => client.destroy(), LINGER_MS).unref());
    });
    client.pipe(process);
    process.pipe(client);
  });
}
