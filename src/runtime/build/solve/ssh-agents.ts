/** `RUN --mount=type=ssh`: an agent's socket of the user, or an agent of our own that holds the keys the user named. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorMessage } from '../../../base/index.ts';
import { startSshAgent, type SshAgent } from '../../host/ssh-agent.ts';
import type { PrivateFiles } from './private-files.ts';

export class SshAgents {
  readonly #sources: Readonly<Record<string, string>>;
  readonly #files: PrivateFiles;
  readonly #sockets = new Map<string, Promise<string>>();
  readonly #agents: SshAgent[] = [];

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
    const agent = await startSshAgent(socket);
    this.#agents.push(agent);
    for (const key of keys) {
      await agent.addKey(key).catch((cause: unknown) => {
        throw new EngineError('invalid', `ssh ${id}: ${errorMessage(cause)}`, { cause });
      });
    }
    return socket;
  }

  close(): void {
    for (const agent of this.#agents) agent.stop();
  }
}
