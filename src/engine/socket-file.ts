import { lstatSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { EngineError, errnoCode, removeFile } from '../base/index.ts';

/**
 * True when somebody accepts connections there.
 * @param timeoutMs  a socket whose backlog is full counts as alive
 */
export function isListening(path: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const late = setTimeout(() => settle(true), timeoutMs);
    const settle = (answer: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', (error) => settle(errnoCode(error) === 'EAGAIN'));
  });
}

/**
 * Makes room for listening at a path: its directory exists, and what a dead engine left there is gone.
 * Call it only while holding the root's lock.
 * @throws EngineError conflict when an engine (of another data root) is alive there, or the path is no socket
 */
export async function clearSocketPath(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new EngineError('conflict', `${path} exists and is no socket`);
  if (await isListening(path)) throw new EngineError('conflict', `another engine listens at ${path}`);
  removeFile(path);
}
