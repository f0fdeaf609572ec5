/** Our own engine as a process of a test: the built bundle with its own roots, stopped and swept afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENGINE_ENVIRONMENT, ENGINE_NODE_FLAGS } from '../../src/engine/autostart.ts';
import { HttpEngine } from '../../src/engine-api/index.ts';
import { eventually, REPOSITORY } from './workspace.ts';

export interface OwnEngine {
  readonly engine: HttpEngine;
  readonly socket: string;
  readonly root: string;
  readonly process: ChildProcess;
  /** What it logged, for messages. */
  log(): string;
  /** Removes all containers, stops the engine and deletes its roots. */
  stop(): Promise<void>;
}

/** Starts `dist/engine.mjs`; the build must be there. @param env  more environment */
export async function startOwnEngine(env: Record<string, string> = {}): Promise<OwnEngine> {
  const base = mkdtempSync(join(tmpdir(), 'tsc-own-'));
  const [root, run, output] = [join(base, 'root'), join(base, 'run'), join(base, 'output')];
  const socket = join(run, 'engine.sock');
  const fd = openSync(output, 'w');
  const child = spawn(process.execPath, [...ENGINE_NODE_FLAGS, join(REPOSITORY, 'dist/engine.mjs'), '--root', root, '--run', run], {
    stdio: ['ignore', fd, fd],
    env: { ...process.env, ...ENGINE_ENVIRONMENT, TSCOMPOSE_IDLE_SECONDS: '0', ...env },
  });
  closeSync(fd);
  const engine = new HttpEngine({ endpoint: { kind: 'unix', path: socket, source: '--host' } });
  const log = (): string => [output, join(root, 'engine.log')].map((path) => (existsSync(path) ? readFileSync(path, 'utf8').slice(-4000) : '')).join('\n');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (!hasEnded()) {
      const bounded = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });
      for (const { Id } of await engine.containers.list({ all: true }, bounded()).catch(() => [])) await engine.containers.remove(Id, { force: true, v: true }, bounded()).catch(() => {});
      await engine.networks.prune(undefined, bounded()).catch(() => {});
      child.kill('SIGTERM');
    }
    await engine.close();
    await eventually('the end of the engine', hasEnded, 20_000).finally(() => child.kill('SIGKILL'));
    rmSync(base, { recursive: true, force: true });
  };
  await eventually('the engine', async () => {
    if (hasEnded()) throw new Error(log());
    return existsSync(socket) && engine.system.ping();
  });
  return { engine, socket, root, process: child, log, stop };
}
