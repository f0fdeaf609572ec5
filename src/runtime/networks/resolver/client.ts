import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError, errnoCode, errorMessage } from '../../../base/index.ts';
import type { Logger } from '../../../base/index.ts';
import { controlSocket, lineReader, PROTOCOL_VERSION, resolverLog } from './protocol.ts';
import type { LoadResult, Reply, Request } from './protocol.ts';

type Results = Readonly<Record<string, LoadResult>>;
type Question = { op: 'load'; ids: readonly string[] } | { op: 'sync' };

const READY_MS = 10_000;
const ANSWER_MS = 20_000;
/** The process is small; these keep the garbage collector from letting it grow. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=96', '--v8-pool-size=1'];

interface Connection {
  readonly socket: Socket;
  readonly pid: number;
  readonly pending: Map<number, { resolve(results: Results): void; reject(error: Error): void }>;
}

/**
 * The engine's end of the resolver process: finds the one that is running, or starts it, and starts it again when it dies.
 * The process itself belongs to the run root, not to this engine: it goes on when the engine ends.
 */
export class ResolverClient {
  readonly #dnsDir: string;
  readonly #entry: () => string;
  readonly #arguments: readonly string[];
  readonly #logger: Logger;
  readonly #isNeeded: () => boolean;
  #connection: Promise<Connection> | undefined;
  #sequence = 1;
  #closed = false;

  /** @param options.isNeeded  whether a resolver that died must come back at once */
  constructor(options: { dnsDir: string; entry: () => string; hostResolvFile?: string | undefined; logger: Logger; isNeeded: () => boolean }) {
    this.#dnsDir = options.dnsDir;
    this.#entry = options.entry;
    this.#arguments = options.hostResolvFile === undefined ? [options.dnsDir] : [options.dnsDir, options.hostResolvFile];
    this.#logger = options.logger;
    this.#isNeeded = options.isNeeded;
  }

  /** Begins to look for the process, or to start it, so that the first container need not wait. */
  warmUp(): void {
    this.#connect().catch((error: unknown) => this.#logger.warn('the resolver did not start', { error }));
  }

  /** Has the process read these sandboxes' records. Resolves when names answer and ports are held. */
  async load(ids: readonly string[]): Promise<Results> {
    return this.#ask({ op: 'load', ids });
  }

  async sync(): Promise<Results> {
    return this.#ask({ op: 'sync' });
  }

  /** Pid of the process, for tests and `doctor`. */
  async pid(): Promise<number> {
    return (await this.#connect()).pid;
  }

  /** Lets go of the process, which stays while there is something to serve. Waits for no start that is under way: nobody needs it any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const leaving = this.#connection?.then(({ socket }) => void socket.destroy(), () => {});
    await Promise.race([leaving, nextTurn()]);
  }

  async #ask(question: Question): Promise<Results> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#exchange(question);
      } catch (error) {
        // Records are read, not deltas: asking again is harmless when the process died over it.
        if (attempt >= 2 || this.#closed) throw new EngineError('internal', `the resolver process does not answer: ${errorMessage(error)}`, { cause: error });
      }
    }
  }

  async #exchange(question: Question): Promise<Results> {
    const { socket, pending } = await this.#connect();
    const seq = this.#sequence++;
    const request: Request = { seq, ...question };
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Results>((resolve, reject) => {
        timer = setTimeout(() => {
          reject(new Error('no answer in time'));
          socket.destroy();
        }, ANSWER_MS);
        pending.set(seq, { resolve, reject });
        socket.ref();
        socket.write(`${JSON.stringify(request)}\n`);
      });
    } finally {
      clearTimeout(timer);
      pending.delete(seq);
      if (pending.size === 0) socket.unref();
    }
  }

  #connect(): Promise<Connection> {
    if (this.#closed) return Promise.reject(new Error('closed'));
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    const path = controlSocket(this.#dnsDir);
    for (let attempt = 0; ; attempt++) {
      const found = await this.#dial(path);
      if (found && found.version === PROTOCOL_VERSION) return found.connection;
      if (found) await retire(found.connection.socket);
      if (attempt >= 3) throw new Error('cannot reach the resolver process');
      if (this.#closed) throw new Error('closed');
      await this.#spawn();
    }
  }

  #dial(path: string): Promise<{ connection: Connection; version: number } | undefined> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const pending: Connection['pending'] = new Map();
      socket.setEncoding('utf8');
      socket.setTimeout(READY_MS, () => socket.destroy(new Error('the resolver does not greet')));
      socket.on('error', (error) => {
        if (['ENOENT', 'ECONNREFUSED'].includes(errnoCode(error) ?? '')) resolve(undefined);
        else reject(error);
      });
      let greeted = false;
      socket.on('close', () => {
        resolve(undefined);
        if (greeted) this.#lost(pending); // otherwise nobody has it: the one who dials goes on
      });
      const onLine = (line: string) => {
        const reply = JSON.parse(line) as Reply;
        if ('hello' in reply) {
          greeted = reply.hello === PROTOCOL_VERSION;
          socket.setTimeout(0);
          socket.unref();
          resolve({ connection: { socket, pid: reply.pid, pending }, version: reply.hello });
        } else pending.get(reply.seq)?.resolve(reply.results);
      };
      socket.on('data', lineReader(onLine) as (chunk: string | Buffer) => void);
    });
  }

  #lost(pending: Connection['pending']): void {
    this.#connection = undefined;
    for (const { reject } of pending.values()) reject(new Error('the resolver process ended'));
    if (this.#closed || pending.size > 0 || !this.#isNeeded()) return;
    this.#logger.warn('the resolver process ended; starting it again');
    this.warmUp();
  }

  /** Resolves when the new process is ready, or has left because another one serves the run root. */
  #spawn(): Promise<void> {
    const errors = openSync(resolverLog(this.#dnsDir), 'a', 0o600);
    try {
      const child = spawn(process.execPath, [...NODE_FLAGS, this.#entry(), ...this.#arguments], {
        detached: true, // the engine's end, or Ctrl-C at its terminal, is not the resolver's
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', errors],
      });
      return new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          child.kill('SIGKILL'); // it may hold the lock, and nobody could be started in its place
          reject(new Error('the resolver process does not start'));
        }, READY_MS);
        const done = (error?: Error) => {
          clearTimeout(timer);
          child.stdout?.destroy();
          child.unref();
          if (error) reject(error);
          else resolve();
        };
        child.once('error', done);
        child.once('exit', (code) => done(code === 0 ? undefined : new Error(`the resolver process ended with ${code}; see ${resolverLog(this.#dnsDir)}`)));
        child.stdout?.once('data', () => done());
      });
    } finally {
      closeSync(errors);
    }
  }
}

/** Asks a resolver of another version to leave and waits until it has. */
function retire(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, READY_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.write(`${JSON.stringify({ seq: 0, op: 'exit' } satisfies Request)}\n`);
  });
}
