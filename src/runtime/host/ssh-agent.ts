import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../../base/index.ts';
import { run } from './run.ts';

const START_MS = 5000;

/** An ssh-agent of our own, our child. */
export interface SshAgent {
  /** @throws EngineError invalid for a key that cannot be used without being asked for its passphrase */
  addKey(path: string): Promise<void>;
  stop(): void;
}

/**
 * Starts an agent that listens at `socket`, and waits until it does.
 * @throws EngineError unavailable
 */
export async function startSshAgent(socket: string): Promise<SshAgent> {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new EngineError('unavailable', `cannot run ssh-agent: ${cause.message}`, { cause })));
    child.once('exit', () => reject(new EngineError('unavailable', 'ssh-agent ended')));
  });
  failed.catch(() => {}); // it always ends, most often after nobody waits any more
  try {
    await Promise.race([waitForSocket(socket), failed]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    async addKey(path) {
      const added = await run('ssh-add', ['-q', path], { env: { PATH: process.env['PATH'], SSH_AUTH_SOCK: socket, DISPLAY: '' }, input: '' });
      if (added.exitCode !== 0) throw new EngineError('invalid', `cannot use the key ${path}: ${added.stderr.trim()}`);
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

async function waitForSocket(path: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) {
    if (Date.now() > deadline) throw new EngineError('unavailable', 'ssh-agent did not start in time');
    await delay(5);
  }
}
