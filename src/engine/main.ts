/**
 * The program of the engine process: `node engine.mjs [--root DIR] [--run DIR]`. Started by `ensureEngine`, or by the exit command of
 * a container with a restart policy. Only ever run, never imported.
 *
 * Environment: TSCOMPOSE_ROOT, TSCOMPOSE_RUN (the options win); TSCOMPOSE_IDLE_SECONDS, 0 for an engine that stays (300);
 * TSCOMPOSE_LOG_LEVEL (`info`); TSCOMPOSE_OCI_RUNTIME, `crun`, `runc` or the path of one of them (crun, else runc).
 */
import { join } from 'node:path';
import { errorMessage, type LogLevel } from '../base/index.ts';
import { defaultDataRoot, defaultRunRoot } from '../engine-api/index.ts';
import { applyChanges, createBuilder, createLayout, type Layout, openRuntime, trimWhenIdle } from '../runtime/index.ts';
import { createFileLogger } from './engine-log.ts';
import { runEngineProcess } from './engine-process.ts';
import { EngineExit } from './exit-codes.ts';
import { MAX_API_VERSION, MIN_API_VERSION } from './version.ts';

/** Put here by the build; sources run as "dev". */
declare const TSCOMPOSE_VERSION: string | undefined;
const VERSION = typeof TSCOMPOSE_VERSION === 'string' ? TSCOMPOSE_VERSION : 'dev';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const DEFAULT_IDLE_SECONDS = 300;

function readLayout(args: readonly string[]): Layout {
  let [root, run] = [defaultDataRoot(process.env), defaultRunRoot(process.env)];
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1];
    if (value === undefined || !value.startsWith('/')) throw new Error(`${args[i]} needs an absolute path`);
    if (args[i] === '--root') root = value;
    else if (args[i] === '--run') run = value;
    else throw new Error(`unknown option ${args[i]}; usage: engine.mjs [--root DIR] [--run DIR]`);
  }
  return createLayout({ root, run });
}

/**
 * What conmon runs when a container ends whose restart policy wants an engine: a shell that looks whether one holds the root's lock
 * (2 ms) before it pays for starting Node. The words are parameters, never part of the script.
 */
function wakeCommand(layout: Layout): string[] {
  const script = 'if command -v flock >/dev/null; then flock -n "$0" true || exit 0; fi; "$@" </dev/null >/dev/null 2>&1 &';
  const entry = process.argv[1] ?? '';
  return ['/bin/sh', '-c', script, layout.lockFile, process.execPath, ...process.execArgv, entry, '--root', layout.root, '--run', layout.run];
}

async function main(): Promise<number> {
  const layout = readLayout(process.argv.slice(2));
  const level = LEVELS.find((one) => one === process.env['TSCOMPOSE_LOG_LEVEL']) ?? 'info';
  const idleSeconds = Number(process.env['TSCOMPOSE_IDLE_SECONDS'] ?? DEFAULT_IDLE_SECONDS);
  const logger = createFileLogger(layout.logFile, level);
  trimWhenIdle();
  return runEngineProcess({
    root: layout.root,
    socket: layout.socket,
    infoFile: layout.engineInfo,
    version: VERSION,
    logger,
    idleMs: Number.isFinite(idleSeconds) ? Math.max(0, idleSeconds) * 1000 : DEFAULT_IDLE_SECONDS * 1000,
    openRuntime: () =>
      openRuntime({
        layout,
        logger,
        version: VERSION,
        apiVersion: MAX_API_VERSION,
        minApiVersion: MIN_API_VERSION,
        wakeCommand: wakeCommand(layout),
        createBuilder: ({ ctx, ...parts }) => createBuilder(ctx, parts),
        applyChanges,
        ...(process.env['TSCOMPOSE_OCI_RUNTIME'] && { ociRuntime: process.env['TSCOMPOSE_OCI_RUNTIME'] }),
        resolverEntry: join(import.meta.dirname, 'resolver.mjs'),
      }),
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  return EngineExit.failed;
});
process.exit(); // handles of the runtime must not keep a dead engine around
