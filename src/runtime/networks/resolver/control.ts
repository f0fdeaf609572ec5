import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { errnoCode, removeFile } from '../../../base/index.ts';
import { sandboxFile } from '../records.ts';
import type { SandboxRecord } from '../records.ts';
import { lineReader, PROTOCOL_VERSION } from './protocol.ts';
import type { LoadResult, Reply, Request } from './protocol.ts';
import type { LiveSandboxes } from './sandboxes.ts';

/** The engine's way in: see protocol.ts. */
export class Control {
  readonly #directory: string;
  readonly #sandboxes: LiveSandboxes;
  readonly #exit: () => void;
  readonly #onDisconnect: () => void;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: { directory: string; sandboxes: LiveSandboxes; exit: () => void; onDisconnect: () => void }) {
    this.#directory = options.directory;
    this.#sandboxes = options.sandboxes;
    this.#exit = options.exit;
    this.#onDisconnect = options.onDisconnect;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * A socket file left by a dead process is replaced; the caller holds the lock that says it is dead. The file mode is up to the umask.
   */
  listen(path: string): Promise<void> {
    removeFile(path);
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    const say = (reply: Reply) => socket.writable && socket.write(`${JSON.stringify(reply)}\n`);
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#onDisconnect();
    });
    socket.on(
      'data',
      lineReader((line) => {
        const request = JSON.parse(line) as Request;
        void this.#handle(request).then((results) => say({ seq: request.seq, results }));
      }),
    );
    say({ hello: PROTOCOL_VERSION, pid: process.pid });
  }

  async #handle(request: Request): Promise<Record<string, LoadResult>> {
    switch (request.op) {
      case 'load': {
        const results = await Promise.all(request.ids.map(async (id) => [id, await this.#sandboxes.load(id, this.#read(id))] as const));
        return Object.fromEntries(results);
      }
      case 'sync':
        return this.#sandboxes.sync();
      case 'exit':
        setImmediate(this.#exit);
        return {};
    }
  }

  #read(id: string): SandboxRecord | undefined {
    try {
      return JSON.parse(readFileSync(sandboxFile(this.#directory, id), 'utf8')) as SandboxRecord;
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  close(): void {
    this.#server?.close();
    for (const connection of this.#connections) connection.destroy();
  }
}
