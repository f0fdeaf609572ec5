/** `RUN --mount=type=ssh`: an agent's socket of the user, or an agent of our own that holds the keys the user named. */
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../../../base/index.ts';
import { run } from '../../host/run.ts';
import type { PrivateFiles } from './private-files.ts';

const START_MS = 5000;

export class SshAgents {
  readonly #sources: Readonly<Record<string, string>>;
  readonly #files: PrivateFiles;
  readonly #sockets = new Map<string, Promise<string>>();
  readonly #children: ChildProcess[] = [];

  /** @param sources  id to the path of an agent socket, or of private keys separated by commas */
  constructor(sources: Readonly<Record<string, string>>, files: PrivateFiles) {
    this.#sources = sources;
    this.#files = files;
  }

  /** @returns path of a socket, or undefined when the client passed no such id @throws EngineError invalid */
  socket(id: string): Promise<string> | undefined {
    const source = Object.hasOwn(this.#sources, id) ? this.#sources[id] : undefined;
    if (source === undefined) return undefined;
    let socket = this.#sockets.get(id);
    if (!socket) this.#sockets.set(id, (socket = this.#open(id, source)));
    return socket;
  }

  async #open(id: string, source: string): Promise<string> {
    const paths = source.split(',').filter(Boolean);
    for (const path of paths) if (!path.startsWith('/')) throw new EngineError('invalid', `ssh ${id}: ${JSON.stringify(path)} is no absolute path of a socket or key`);
    const [first] = paths;
    if (first === undefined) throw new EngineError('invalid', `ssh ${id}: neither a socket nor a key was given`);
    const stats = statSync(first, { throwIfNoEntry: false });
    if (!stats) throw new EngineError('invalid', `ssh ${id}: ${first} does not exist`);
    return stats.isSocket() ? first : this.#startAgent(id, paths);
  }

  async #startAgent(id: string, keys: readonly string[]): Promise<string> {
    const socket = join(this.#files.directory(), 's');
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    this.#children.push(child);
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (cause) => reject(new EngineError('unavailable', `cannot run ssh-agent: ${cause.message}`, { cause })));
      child.once('exit', () => reject(new EngineError('internal', 'ssh-agent ended')));
    });
    failed.catch(() => {}); // it always ends, most often after nobody waits any more
    await Promise.race([waitForSocket(socket), failed]);
    for (const key of keys) {
      const added = await run('ssh-add', ['-q', key], { env: { PATH: process.env['PATH'], SSH_AUTH_SOCK: socket, DISPLAY: '' }, input: '' });
      if (added.exitCode !== 0) throw new EngineError('invalid', `ssh ${id}: cannot use the key ${key}: ${added.stderr.trim()}`);
    }
    return socket;
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

async function waitForSocket(path: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) {
    if (Date.now() > deadline) throw new EngineError('unavailable', 'ssh-agent did not start in time');
    await delay(5);
  }
}
