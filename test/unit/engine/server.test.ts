/**
 * The server on real sockets, with clients that misbehave. Behind it stands the client, and behind that a far side that each test
 * writes byte by byte: what an engine would answer is not the matter here.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineServer, serveEngine } from '../../../src/engine/index.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';
import { eventually } from '../../support/workspace.ts';

let directory: string;
let front: string;
let engine: HttpEngine;
let server: EngineServer;
let far: Server;
let farSockets: Socket[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tsc-server-'));
  front = join(directory, 'front.sock');
  farSockets = [];
  engine = new HttpEngine({ endpoint: { kind: 'unix', path: join(directory, 'far.sock'), source: '--host' } });
  server = await serveEngine(engine, { socketPath: front, headersTimeoutMs: 300 });
});

afterEach(async () => {
  await server.close(0);
  await engine.close();
  for (const socket of farSockets) socket.destroy();
  if (far?.listening) await new Promise((resolve) => far.close(resolve));
  rmSync(directory, { recursive: true });
});

/** The far side: called at each first byte of a request. */
async function behind(answer: (request: string, socket: Socket) => void): Promise<void> {
  far = createServer((socket) => {
    farSockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', (bytes) => answer(bytes.toString('latin1'), socket));
  });
  await new Promise<void>((resolve) => far.listen(join(directory, 'far.sock'), resolve));
}

/** Sends bytes and gives all that comes back until the server closes, or breaks. */
function exchange(...pieces: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(front);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (piece) => (text += String(piece)));
    socket.on('error', () => {}); // the server need not take all we send
    socket.on('close', () => resolve(text));
    for (const piece of pieces) socket.write(piece);
  });
}

const head = (line: string, ...headers: string[]): string => `${[`${line} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

describe('the socket', () => {
  it('is for root and its group only', () => {
    expect((statSync(front).mode & 0o777).toString(8)).toBe('660');
  });
});

describe('a client', () => {
  it('that speaks no HTTP gets 400 and is left', async () => {
    expect(await exchange('\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('that never ends its headers is left', async () => {
    expect(await exchange('GET /_ping HTTP/1.1\r\nHost: x\r\nX-')).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('with endless headers is cut off', async () => {
    expect(await exchange(`GET /_ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(3 << 20)}`)).toMatch(/^$|^HTTP\/1\.1 431 /);
    expect(await exchange(head('GET /_ping', 'Connection: close'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('may send its requests in one go', async () => {
    const text = await exchange(head('GET /_ping') + head('GET /v1.41/_ping') + head('GET /nope', 'Connection: close'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  it('that sends a JSON body without end is refused before it fills the memory', async () => {
    const before = process.memoryUsage().rss;
    const piece = `8000\r\n${' '.repeat(0x8000)}\r\n`;
    const text = await exchange(head('POST /containers/create', 'Content-Type: application/json', 'Transfer-Encoding: chunked'), ...Array.from({ length: 800 }, () => piece));
    expect(text).toContain('request body larger than 16777216 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });

  it('gets its refusal although it is still sending', async () => {
    const text = await exchange(head('PUT /containers/x/archive?path=', 'Content-Length: 100000000'), Buffer.alloc(1 << 20));
    expect(text).toContain('path cannot be empty');
  });

  it('gets the refusal of the engine in the middle of an upload', async () => {
    const body = '{"message":"no space left on device"}';
    await behind((_request, socket) => socket.write(`HTTP/1.1 500 Internal Server Error\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    const text = await exchange(head('POST /images/load', 'Content-Length: 100000000'), Buffer.alloc(8 << 20));
    expect(text).toMatch(/^HTTP\/1\.1 500 [^]*no space left on device/);
  });

  it('that offers HTTP/2 gets an ordinary answer, body or not', async () => {
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    expect(await exchange(head('GET /_ping', ...offer))).toMatch(/^HTTP\/1\.1 200 OK[^]*OK$/);
    const body = '{"Image":5}';
    const text = await exchange(head('POST /containers/create', ...offer, 'Content-Type: application/json', `Content-Length: ${body.length}`), body);
    expect(text).toContain('cannot unmarshal number');
    const chunked = await exchange(head('POST /containers/create', ...offer, 'Content-Type: application/json', 'Transfer-Encoding: chunked'), '5\r\n{"Ima\r\n', '6\r\nge":5}\r\n0\r\n\r\n');
    expect(chunked).toContain('cannot unmarshal number');
  });

  it('is told when the engine behind is gone', async () => {
    expect(await exchange(head('GET /containers/json', 'Connection: close'))).toMatch(/^HTTP\/1\.1 503 [^]*cannot connect to the engine/);
  });
});

describe('a call', () => {
  it('is aborted when its client leaves', async () => {
    const left = new Promise<void>((resolve) => {
      void behind((_request, socket) => void socket.once('close', () => resolve()));
    });
    const client = connect(front);
    client.write(head('GET /containers/json'));
    await eventually('the call', () => farSockets.length === 1);
    client.destroy();
    await left;
  });

  it('that streams is aborted when its client leaves', async () => {
    await behind((_request, socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a":1}\n\r\n'));
    const client = connect(front);
    client.write(head('GET /events'));
    await new Promise((resolve) => client.once('data', resolve));
    client.destroy();
    await eventually('the end of the stream behind', () => farSockets[0]?.destroyed);
  });

  it('sends no faster than its client reads', async () => {
    let sent = 0;
    await behind((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n');
      const pump = (): void => {
        while (sent < 256 << 20) {
          sent += 1 << 20;
          if (!socket.write(Buffer.alloc(1 << 20))) return;
        }
      };
      socket.on('drain', pump);
      pump();
    });
    const client = connect(front);
    client.pause();
    client.write(head('GET /containers/x/logs?stdout=1'));
    let before = -1;
    await eventually('a standstill', async () => {
      const stands = sent > 0 && sent === before;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return stands;
    });
    expect(sent).toBeLessThan(32 << 20);
    client.destroy();
  });
});

describe('an upgrade', () => {
  const upgraded = 'HTTP/1.1 101 UPGRADED\r\nApi-Version: 1.45\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

  /** The far process answers what it reads, in capitals, and says goodbye at the end of its stdin. */
  const shouting = (_request: string, socket: Socket): void => {
    socket.write(`${upgraded}ready:`);
    socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end(':bye'));
  };

  /** Talks until the server closes; half-closes after what it says. */
  function talk(request: string, words: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(front);
      let text = '';
      socket.on('data', (piece: Buffer) => {
        if (text === '') socket.end(words);
        text += piece.toString('latin1');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.write(request);
    });
  }

  it('carries both directions and the end of each', async () => {
    await behind(shouting);
    const text = await talk(head('POST /containers/x/attach?stream=1&stdin=1', 'Connection: Upgrade', 'Upgrade: tcp'), 'hello');
    expect(text).toBe('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nready:HELLO:bye');
  });

  it('is not needed: an old client gets 200 and the bare stream', async () => {
    await behind(shouting);
    const text = await talk(head('POST /v1.41/containers/x/attach?stream=1&stdin=1'), 'hello');
    expect(text).toBe('HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nready:HELLO:bye');
    await eventually('the end of the connection', () => server.connections === 0);
  });

  it('may have a body before and words right behind it', async () => {
    await behind(shouting);
    const body = '{"Detach":false,"Tty":false}';
    const request = head('POST /exec/x/start', 'Connection: Upgrade', 'Upgrade: tcp', 'Content-Type: application/json', `Content-Length: ${body.length}`);
    expect(await talk(`${request}${body}early `, 'late')).toMatch(/\r\n\r\nready:EARLY LATE:bye$/);
    expect(await talk(`${request.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\nearly `, 'late')).toMatch(/\r\n\r\nready:EARLY LATE:bye$/);
  });

  it('that the engine refuses is an ordinary error', async () => {
    const body = '{"message":"No such container: x"}';
    await behind((_request, socket) => socket.write(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    const text = await exchange(head('POST /containers/x/attach', 'Connection: Upgrade', 'Upgrade: tcp'));
    expect(text).toMatch(/^HTTP\/1\.1 404 Not Found[^]*No such container: x/);
  });

  it('ends for the process when the client breaks', async () => {
    await behind(shouting);
    const client = connect(front);
    client.write(head('POST /containers/x/attach?stream=1&stdin=1', 'Connection: Upgrade', 'Upgrade: tcp'));
    await new Promise((resolve) => client.once('data', resolve));
    client.destroy();
    await eventually('the end behind', () => farSockets[0]?.destroyed);
  });

  it('gives every byte to a slow client after the process has ended', async () => {
    const size = 8 << 20;
    await behind((_request, socket) => socket.end(Buffer.concat([Buffer.from(upgraded), Buffer.alloc(size)])));
    const client = connect(front);
    client.write(head('POST /containers/x/attach?stream=1', 'Connection: Upgrade', 'Upgrade: tcp'));
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500)); // longer than the server lingers
    let bytes = 0;
    client.on('data', (piece: Buffer) => (bytes += piece.length));
    client.resume();
    await new Promise((resolve) => client.once('close', resolve));
    expect(bytes).toBeGreaterThanOrEqual(size);
  });
});

describe('closing', () => {
  it('lets a running call finish and cuts what follows for ever', async () => {
    await behind((request, socket) => {
      if (request.includes('/events')) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      else setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]'), 200);
    });
    const following = exchange(head('GET /events'));
    const finishing = exchange(head('GET /networks'));
    await eventually('both calls', () => farSockets.length === 2);
    const started = performance.now();
    await server.close(600);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await finishing).toContain('[]');
    expect(await following).toMatch(/^HTTP\/1\.1 200 /);
  });
});
