/**
 * The life of an engine process: open the runtime (which takes the root's lock and recovers), listen, serve, leave.
 * Leaving, by signal or when idle: the socket file goes first, so that nobody new comes; running calls finish; then the runtime closes and
 * the lock falls. Containers go on through all of it.
 */
import { EngineError, errorMessage, isEngineError, type Logger, removeFile, writeFileAtomic } from '../base/index.ts';
import type { Engine } from '../engine-api/index.ts';
import { EngineExit } from './exit-codes.ts';
import { watchIdle } from './idle.ts';
import { type EngineServer, serveEngine } from './server.ts';
import { clearSocketPath } from './socket-file.ts';
import { MAX_API_VERSION } from './version.ts';

/** What an engine process needs of a runtime. */
export interface ServedRuntime extends Engine {
  /** True while something needs a living engine: health checks, restart policies, running builds and pulls. */
  isBusy(): boolean;
}

export interface EngineProcessOptions {
  root: string;
  socket: string;
  /** Where `engine.json` goes: information for people and `engine status`, never trusted. */
  infoFile: string;
  version: string;
  logger: Logger;
  /** Milliseconds without need after which the engine leaves; 0: never. */
  idleMs: number;
  /** Opens the state root. @throws EngineError conflict when another engine holds it */
  openRuntime: () => Promise<ServedRuntime>;
}

export interface EngineProcess {
  /** Resolves when the engine has left. */
  readonly ended: Promise<void>;
  /** Leaves gracefully. */
  stop(reason: string): Promise<void>;
}

/** How long running calls may take after the engine was told to leave. Streams that follow something are cut then. */
const STOP_GRACE_MS = 3000;
/** Connections that the kernel accepted just before the socket file went are served. */
const LAST_CALL_MS = 50;

/** @throws EngineError when the root is taken or the socket cannot be made */
export async function startEngineProcess(options: EngineProcessOptions): Promise<EngineProcess> {
  const { logger } = options;
  const startedAt = performance.now();
  const runtime = await options.openRuntime();
  let server: EngineServer;
  try {
    await clearSocketPath(options.socket);
    server = await serveEngine(runtime, { socketPath: options.socket, logger, version: options.version });
  } catch (error) {
    await runtime.close();
    throw error;
  }
  writeInfo(options);
  logger.info('engine ready', { pid: process.pid, socket: options.socket, ms: Math.round(performance.now() - startedAt) });
  return supervise(options, runtime, server);
}

function supervise(options: EngineProcessOptions, runtime: ServedRuntime, server: EngineServer): EngineProcess {
  const { logger, idleMs } = options;
  let leaving: Promise<void> | undefined;
  let announce: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const stop = (reason: string): Promise<void> => {
    leaving ??= leave(reason);
    return leaving;
  };
  const leave = async (reason: string): Promise<void> => {
    logger.info('engine leaves', { reason });
    stopWatching();
    removeFile(options.socket);
    removeFile(options.infoFile);
    await new Promise((resolve) => setTimeout(resolve, LAST_CALL_MS));
    await server.close(STOP_GRACE_MS);
    await runtime.close().catch((error: unknown) => logger.error('the runtime did not close cleanly', { error }));
    logger.info('engine gone', { reason });
    announce();
  };
  const stopWatching =
    idleMs > 0
      ? watchIdle({ isNeeded: () => server.connections > 0 || runtime.isBusy(), onIdle: () => void stop('idle'), idleMs })
      : () => {};
  return { ended, stop };
}

function writeInfo(options: EngineProcessOptions): void {
  const { root, socket, version } = options;
  const info = { pid: process.pid, version, apiVersion: MAX_API_VERSION, started: new Date().toISOString(), root, socket };
  writeFileAtomic(options.infoFile, `${JSON.stringify(info)}\n`, { mode: 0o644, durable: false });
}

/**
 * Runs an engine until it leaves, with the process's signals. SIGTERM and SIGINT leave gracefully, a second one at once.
 * @returns the exit code
 */
export async function runEngineProcess(options: EngineProcessOptions): Promise<number> {
  const { logger } = options;
  process.on('unhandledRejection', (error) => logger.error('unhandled rejection', { error }));
  process.on('uncaughtException', (error) => {
    logger.error('uncaught exception', { error });
    process.exit(EngineExit.failed); // start-up is recovery: the next client starts a fresh engine
  });
  try {
    const engine = await startEngineProcess(options);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => void engine.stop(signal));
    }
    process.on('SIGHUP', () => {}); // the terminal of whoever started us is not ours
    await engine.ended;
    return EngineExit.ok;
  } catch (error) {
    const taken = isEngineError(error, 'conflict');
    const fields = error instanceof EngineError ? { reason: errorMessage(error) } : { reason: errorMessage(error), error };
    logger.error('the engine could not start', { pid: process.pid, ...fields });
    return taken ? EngineExit.taken : EngineExit.failed;
  }
}
