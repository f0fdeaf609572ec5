import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isEngineError } from '../../../src/base/index.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';

/** A real socket whose far side is written by the test, byte by byte. */
let directory: string;
let path: string;
let server: Server;
let connections: Socket[];
let engine: HttpEngine;
let requests: string[];

type Far = (request: string, socket: Socket, connection: number) => void;

const json = (value: unknown, status = '200 OK', extra = ''): string => {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status}\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
};

/** Calls `far` once per request head, with everything received so far for it. */
async function listen(far: Far): Promise<void> {
  server = createServer((socket) => {
    const number = connections.push(socket) - 1;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const body = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      const chunked = /transfer-encoding: chunked/i.test(text);
      if (chunked ? !text.endsWith('0\r\n\r\n') : text.length < end + 4 + body) return;
      requests.push(text);
      text = '';
      far(requests.at(-1) ?? '', socket, number);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tscompose-wire-'));
  path = join(directory, 's.sock');
  connections = [];
  requests = [];
  engine = new HttpEngine({ endpoint: { kind: 'unix', path, source: '--host' } });
});

afterEach(async () => {
  await engine.close();
  for (const socket of connections) socket.destroy();
  if (server?.listening) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

describe('the client', () => {
  it('uses one connection for calls that follow each other, and several for calls at once', async () => {
    await listen((_request, socket) => socket.write(json([])));
    await engine.networks.list();
    await engine.networks.list();
    expect(connections).toHaveLength(1);
    await Promise.all([engine.networks.list(), engine.networks.list(), engine.networks.list()]);
    expect(connections).toHaveLength(3);
    expect(requests).toHaveLength(5);
  });

  it('learns the version from any answer and asks a newer engine to speak its own', async () => {
    await listen((_request, socket) => socket.write(json([]).replace('1.45', '1.99')));
    expect(engine.apiVersion).toBeUndefined();
    await engine.networks.list();
    await engine.networks.list();
    expect(engine.apiVersion).toBe('1.51');
    expect(requests.map((text) => text.split(' ')[1])).toEqual(['/networks', '/v1.51/networks']);
  });

  it('repeats a GET whose kept connection turned out dead, but never a POST', async () => {
    await listen((_request, socket, connection) => {
      if (connection === 0 && requests.length > 1) return socket.destroy();
      if (connection === 1 && requests.length > 3) return socket.destroy();
      socket.write(json({ Id: 'x', Warnings: [] }));
    });
    await engine.containers.inspect('a');
    await engine.containers.inspect('a'); // dies on connection 0, goes through on connection 1
    expect(connections).toHaveLength(2);
    const error = await engine.containers.create({ Image: 'x' }).catch((thrown: unknown) => thrown);
    expect(isEngineError(error, 'unavailable')).toBe(true);
    expect(requests).toHaveLength(4);
  });

  it('repeats a GET once when an engine accepts it with its last breath, but never a POST', async () => {
    await listen((_request, socket, connection) => (connection === 0 ? socket.destroy() : socket.write(json([]))));
    expect(await engine.networks.list()).toEqual([]);
    expect(requests).toHaveLength(2);
    await engine.close();
    connections.length = 0;
    await expect(engine.containers.create({ Image: 'x' })).rejects.toThrow('broke');
    expect(requests).toHaveLength(3);
  });

  it('gives up on an engine that breaks every connection', async () => {
    await listen((_request, socket) => socket.destroy());
    await expect(engine.networks.list()).rejects.toThrow('broke');
    expect(requests).toHaveLength(2);
  });

  it('does not keep a connection that the engine wants closed', async () => {
    await listen((_request, socket) => socket.end(json([], '200 OK', 'Connection: close\r\n')));
    await engine.networks.list();
    await engine.networks.list();
    expect(connections).toHaveLength(2);
  });

  it('wakes the engine once for many calls, and repeats them', async () => {
    let woken = 0;
    const waking = new HttpEngine({
      endpoint: { kind: 'unix', path, source: 'default' },
      wake: async () => {
        woken++;
        await listen((_request, socket) => socket.write(json([])));
      },
    });
    await Promise.all([waking.networks.list(), waking.networks.list(), waking.images.list()]);
    expect(woken).toBe(1);
    await waking.close();
  });

  it('wakes the engine for an upload without losing the stream', async () => {
    const waking = new HttpEngine({
      endpoint: { kind: 'unix', path, source: 'default' },
      wake: () => listen((_request, socket) => socket.write(json({ stream: 'Loaded' }))),
    });
    for await (const _line of await waking.images.load(Readable.from([Buffer.from('abc'), Buffer.from('de')])));
    expect(requests[0]).toContain('Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    await waking.close();
  });

  it('says where it could not connect, and why', async () => {
    const error = await engine.networks.list().catch((thrown: unknown) => thrown);
    expect(isEngineError(error, 'unavailable')).toBe(true);
    expect(String(error)).toContain(`unix://${path} (from --host): there is no such socket`);
  });

  it('cancels a call, and only that call', async () => {
    await listen((request, socket) => {
      if (request.includes('/slow/')) return;
      socket.write(json({ Id: 'x' }));
    });
    const abort = new AbortController();
    const slow = engine.containers.inspect('slow', {}, { signal: abort.signal });
    const other = engine.containers.inspect('quick');
    await other;
    abort.abort();
    expect(isEngineError(await slow.catch((thrown: unknown) => thrown), 'cancelled')).toBe(true);
    await engine.containers.inspect('quick', {}, { signal: new AbortController().signal });
    expect(isEngineError(await engine.containers.inspect('x', {}, { signal: abort.signal }).catch((e: unknown) => e), 'cancelled')).toBe(true);
  });

  it('does not let a late abort hurt the next call on the same connection', async () => {
    await listen((request, socket) => {
      if (request.includes('/logs')) socket.write('HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/vnd.docker.raw-stream\r\nContent-Length: 3\r\n\r\nabc');
      else setImmediate(() => socket.write(json([])));
    });
    const abort = new AbortController();
    const { output } = await engine.containers.logs('c', { stdout: true }, { signal: abort.signal });
    const next = engine.networks.list(); // the answer above is complete though unread
    abort.abort();
    expect(await next).toEqual([]);
    expect(connections).toHaveLength(1);
    let text = '';
    for await (const chunk of output) text += Buffer.from(chunk).toString();
    expect(text).toBe('abc');
  });

  it('reads a stream no faster than its consumer', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    await listen((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n');
      const piece = Buffer.alloc(1024 * 1024);
      const pump = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
        socket.end();
      };
      socket.on('drain', pump);
      pump();
    });
    const { output } = await engine.containers.logs('c', { stdout: true });
    let received = 0;
    let most = 0;
    for await (const chunk of output) {
      received += chunk.length;
      most = Math.max(most, sent - received);
      if (received < 8 * 1024 * 1024) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received).toBe(total);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });

  it('closes the connection of a stream that is left early', async () => {
    await listen((_request, socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a":1}\n\r\n'));
    for await (const _event of await engine.system.events()) break;
    await new Promise((resolve) => connections[0]?.once('close', resolve));
    await expect(engine.system.events().then(async (events) => { for await (const event of events) return event; })).resolves.toEqual({ a: 1 });
    expect(connections).toHaveLength(2);
  });

  it('reports a stream that breaks off', async () => {
    await listen((_request, socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a":1}\n\r\n'));
    const events = await engine.system.events();
    const read = async (): Promise<void> => { for await (const _event of events); };
    expect(isEngineError(await read().catch((thrown: unknown) => thrown), 'unavailable')).toBe(true);
  });

  it.each(['101 UPGRADED', '200 OK'])('leaves HTTP on %s with bytes of the same packet, and half-closes', async (status) => {
    let stdin = '';
    await listen((_request, socket) => {
      socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/vnd.docker.raw-stream\r\nApi-Version: 1.45\r\n\r\nfirst`);
      socket.removeAllListeners('data');
      socket.on('data', (bytes) => (stdin += bytes.toString()));
      socket.on('end', () => socket.end(' last'));
    });
    const { stream, tty } = await engine.containers.attach('c', { stream: true, stdin: true, stdout: true });
    expect(tty).toBe(true);
    await new Promise((resolve) => setImmediate(resolve)); // the consumer may come later
    stream.end('typed');
    let out = '';
    for await (const chunk of stream) out += String(chunk);
    expect([out, stdin]).toEqual(['first last', 'typed']);
  });

  it('gives the error of an upgrade that was refused', async () => {
    await listen((_request, socket) => socket.write(json({ message: 'No such container: c' }, '404 Not Found')));
    const error = await engine.containers.attach('c', {}).catch((thrown: unknown) => thrown);
    expect(isEngineError(error, 'notFound')).toBe(true);
  });

  it('asks for the terminal when an old engine does not tell it', async () => {
    await listen((request, socket) => {
      if (request.includes('/json')) return socket.write(json({ Config: { Tty: true } }).replace('1.45', '1.41'));
      socket.end('HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/octet-stream\r\n\r\nx');
    });
    expect((await engine.containers.logs('c', { stdout: true })).tty).toBe(true);
  });

  it('stops an upload that is refused half-way', async () => {
    let produced = 0;
    const endless = new Readable({
      read() {
        produced++;
        this.push(Buffer.alloc(65536));
      },
    });
    server = createServer((socket) => {
      connections.push(socket);
      socket.on('error', () => {});
      socket.once('data', () => socket.write(json({ message: 'no space' }, '500 Internal Server Error')));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const error = await engine.images.load(endless).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('no space');
    await new Promise((resolve) => (endless.closed ? resolve(undefined) : endless.once('close', resolve)));
    expect(produced).toBeLessThan(200);
  });

  it('gives the reason when the source of an upload fails', async () => {
    await listen((_request, socket) => socket.write(json({})));
    const broken = Readable.from((async function* () {
      yield Buffer.from('a');
      throw new Error('disk read error');
    })());
    await expect(engine.images.load(broken)).rejects.toThrow('disk read error');
  });
});
