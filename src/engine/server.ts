/**
 * HTTP in front of any Engine. Knows the protocol and nothing of containers; the routes know the API and nothing of sockets.
 * Invariants: every call gets exactly one answer or a cut connection; a call whose client leaves is aborted; nothing a client
 * sends makes the process fail.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { EngineError, isEngineError, type Logger, silentLogger } from '../base/index.ts';
import type { Engine } from '../engine-api/index.ts';
import type { ApiCall, Handler, Route } from './call.ts';
import { bodyOfUpgrade, detachSocket, upgradeHead } from './hijack.ts';
import { Query } from './query.ts';
import { bodyOfRequest, drainRequest } from './request-body.ts';
import { sendEmpty, sendError, sendJson } from './respond.ts';
import { Router } from './router.ts';
import { buildRoutes } from './routes/build.ts';
import { containerStreamRoutes } from './routes/container-streams.ts';
import { containerRoutes } from './routes/containers.ts';
import { execRoutes } from './routes/exec.ts';
import { imageRoutes } from './routes/images.ts';
import { networkRoutes, volumeRoutes } from './routes/networks.ts';
import { refusedRoutes } from './routes/refused.ts';
import { systemRoutes } from './routes/system.ts';
import { checkVersion, MAX_API_VERSION, splitVersion } from './version.ts';

export interface ServeOptions {
  /** Where to listen. The caller has made sure that no live engine listens there. */
  socketPath: string;
  /** Permission bits of the socket file; 0o660 by default. */
  socketMode?: number;
  logger?: Logger;
  /** How long a client may take for its headers; 10 s by default. */
  headersTimeoutMs?: number;
  /** For the Server header: `Docker/<version> (linux)`, as clients look for it. */
  version?: string;
}

export interface EngineServer {
  /** Open connections, kept-alive ones included. */
  readonly connections: number;
  /** Stops listening, lets running calls finish for `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>;
}

/** The whole API table for an engine. */
export function allRoutes(engine: Engine): readonly Route[] {
  return [
    ...systemRoutes(engine),
    ...containerRoutes(engine),
    ...containerStreamRoutes(engine),
    ...execRoutes(engine),
    ...imageRoutes(engine),
    ...buildRoutes(engine),
    ...networkRoutes(engine),
    ...volumeRoutes(engine),
    ...refusedRoutes(),
  ];
}

/** Starts serving. Resolves once the socket accepts. @throws Error when it cannot listen */
export async function serveEngine(engine: Engine, options: ServeOptions): Promise<EngineServer> {
  const logger = options.logger ?? silentLogger;
  const sockets = new Set<Duplex>();
  const track = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const front = new Front(new Router(allRoutes(engine)), logger, options.version ?? 'tscompose', (socket) => track(socket));
  const headersTimeout = options.headersTimeoutMs ?? 10_000;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout,
    connectionsCheckingInterval: headersTimeout / 2,
    requestTimeout: 0, // an upload takes as long as it takes
    keepAliveTimeout: 60_000,
  });
  server.on('connection', track);
  server.on('request', (request, response) => front.onRequest(request, response));
  server.on('upgrade', (request, socket, head) => front.onUpgrade(request, socket, head));
  server.on('clientError', (error, socket) => onClientError(error, socket));
  await listen(server, options.socketPath, options.socketMode ?? 0o660);
  return {
    get connections() {
      return sockets.size;
    },
    close: (graceMs = 5000) => closeServer(server, sockets, graceMs),
  };
}

/** Build secrets travel in the query, so headers may be large. */
const MAX_HEADER_BYTES = 2 * 1024 * 1024;

function listen(server: Server, path: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o777 & ~mode); // the file must not be open to others even for a moment
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(before); // listen() binds a unix socket before it returns
  });
}

async function closeServer(server: Server, sockets: ReadonlySet<Duplex>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearTimeout(late);
}

/** Bytes that are no HTTP, headers that are too large or too slow. */
function onClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n`);
}

/** From Node's events to routes and back. */
class Front {
  readonly #router: Router;
  readonly #logger: Logger;
  readonly #server: string;
  readonly #track: (socket: Duplex) => void;

  /** @param track  called for a connection that lost its listeners when it was taken from HTTP */
  constructor(router: Router, logger: Logger, version: string, track: (socket: Duplex) => void) {
    this.#track = track;
    this.#router = router;
    this.#logger = logger;
    this.#server = `Docker/${version} (linux)`;
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    void this.#serve(request, response, bodyOfRequest(request), (contentType) => {
      const socket = detachSocket(response);
      this.#track(socket);
      socket.write(upgradeHead(contentType, false));
      return socket;
    });
  }

  /**
   * A request with an `Upgrade` header. Most clients that send one want a hijack; some merely offer HTTP/2, and get a plain
   * answer on a connection that then closes.
   */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // the client left; the abort signal tells the route
    const body = bodyOfUpgrade(request, socket, head);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket); // a server on a unix socket or TCP has no other kind
    response.once('finish', () => socket.end());
    void this.#serve(request, response, body, (contentType) => {
      response.detachSocket(socket as Socket);
      response.removeAllListeners('close');
      socket.write(upgradeHead(contentType, true));
      return socket;
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, body: Readable, hijack: (contentType: string) => Duplex): Promise<void> {
    const abort = new AbortController();
    const onClose = (): void => {
      if (!response.writableFinished) abort.abort();
    };
    response.once('close', onClose);
    const started = performance.now();
    try {
      const found = this.#find(request, response);
      if (found === undefined) return;
      const { handler, params, version, path, query } = found;
      const call: ApiCall = {
        method: request.method ?? 'GET',
        path,
        params,
        version,
        query,
        body,
        response,
        headers: request.headers,
        signal: abort.signal,
        options: { signal: abort.signal },
        hijack: (contentType) => {
          const socket = hijack(contentType);
          socket.once('close', () => abort.abort());
          return socket;
        },
      };
      await handler(call);
      this.#logger.debug('served', { method: call.method, path, status: response.statusCode, ms: Math.round(performance.now() - started) });
    } catch (error) {
      this.#fail(request, response, error, abort.signal);
    } finally {
      body.destroy();
      drainRequest(request);
    }
  }

  /** Answers by itself what has no handler. */
  #find(request: IncomingMessage, response: ServerResponse): { handler: Handler; params: Record<string, string>; version: string; path: string; query: Query } | undefined {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const { version, rest } = splitVersion(mark < 0 ? url : url.slice(0, mark));
    const match = this.#router.find(request.method ?? 'GET', rest);
    if (match === undefined && request.method !== 'OPTIONS') {
      sendJson({ response }, 404, { message: 'page not found' });
      return undefined;
    }
    response.setHeader('Api-Version', MAX_API_VERSION);
    response.setHeader('Ostype', 'linux');
    response.setHeader('Server', this.#server);
    checkVersion(version);
    response.setHeader('Docker-Experimental', 'false');
    if (match === undefined) {
      sendEmpty({ response }, 200);
      return undefined;
    }
    return { ...match, version, path: rest, query: new Query(mark < 0 ? '' : url.slice(mark + 1)) };
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return void response.destroy();
    if (!(error instanceof EngineError)) this.#logger.error('a request failed unexpectedly', { method: request.method, path: pathOf(request), error });
    else if (isEngineError(error, 'internal')) this.#logger.warn('a request failed', { method: request.method, path: pathOf(request), error: error.message });
    sendError(response, error);
  }
}

/** Queries hold build secrets and are never logged. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}
