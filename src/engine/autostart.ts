/** Bringing our own engine up, from a client. The only place outside the runtime that starts a process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoCode, errorMessage, UserError } from '../base/index.ts';
import { defaultDataRoot, defaultSocketPath, type Environment } from '../engine-api/index.ts';
import { EngineExit } from './exit-codes.ts';
import { isListening } from './socket-file.ts';

export interface EngineStart {
  /** Node, the engine's program, and arguments before `--root` and `--run`: `[process.execPath, '/…/dist/engine.mjs']`. */
  command: readonly [string, ...string[]];
  env: Environment;
  /** Longest wait for readiness; recovery of many containers takes its time. 30 s by default. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Makes sure that our engine listens at the default socket: connects, and if nobody answers starts one and waits until it is ready.
 * Any number of clients may do so at once: the root's lock lets one engine live, and all clients wait for that one.
 * @throws UserError `engine.start` with the engine's own reason
 */
export async function ensureEngine(start: EngineStart): Promise<void> {
  const socket = defaultSocketPath(start.env);
  if (await isListening(socket)) return;
  const deadline = performance.now() + (start.timeoutMs ?? 30_000);
  while (!(await startOnce(start, socket, deadline)));
}

/** @returns false when an engine that was just leaving still held the root */
async function startOnce(start: EngineStart, socket: string, deadline: number): Promise<boolean> {
  const child = spawnEngine(start, defaultDataRoot(start.env), dirname(socket));
  let ended: { code: number | null; error?: Error } | undefined;
  child.process.once('exit', (code) => (ended = { code }));
  child.process.once('error', (error) => (ended = { code: null, error }));
  for (let pauseMs = 4; ; pauseMs = Math.min(pauseMs * 1.2, 50)) {
    const wasTaken = ended?.code === EngineExit.taken;
    if (await isListening(socket)) return true;
    if (start.signal?.aborted) throw startError('the wait was cancelled');
    if (ended !== undefined && !wasTaken) throw startError(ended.error ? errorMessage(ended.error) : reasonFromLog(child), ended.error);
    if (performance.now() > deadline) throw startError(`it was not ready in time; see ${child.logFile}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (wasTaken && pauseMs >= 50) return false;
  }
}

/**
 * Keeps an idle engine small. Measured resident memory after ten containers and 100 MB of streamed output: 106 MB without, 87 MB
 * with a small young generation (chunks of streams fill it) and one helper thread, 77 MB with the allocator told to give back as well.
 */
export const ENGINE_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=1'];
export const ENGINE_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

interface Started {
  readonly process: ChildProcess;
  readonly logFile: string;
  /** Where this start's lines begin in the log. */
  readonly logOffset: number;
}

function spawnEngine(start: EngineStart, root: string, run: string): Started {
  const logFile = join(root, 'engine.log');
  const [program, ...rest] = start.command;
  let log: number;
  try {
    makeDirectories(root);
    log = openSync(logFile, 'a', 0o600);
  } catch (cause) {
    if (process.geteuid?.() !== 0) throw startError('it must run as root: use sudo, or drive another engine with --host', cause);
    throw startError(`cannot write ${logFile}: ${errorMessage(cause)}`, cause);
  }
  try {
    const logOffset = statSync(logFile).size;
    const child = spawn(program, [...ENGINE_NODE_FLAGS, ...rest, '--root', root, '--run', run], {
      detached: true, // out of our session and process group: a Ctrl-C here is not meant for it
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { ...ENGINE_ENVIRONMENT, ...withLateCertificates(definedEntries(start.env)) },
    });
    child.unref();
    return { process: child, logFile, logOffset };
  } finally {
    closeSync(log);
  }
}

/** Node 20 parses NODE_EXTRA_CA_CERTS when it starts, 45 ms and some MiB for a whole bundle. The registry client reads the file when it needs it. */
function withLateCertificates({ NODE_EXTRA_CA_CERTS: file, ...env }: Record<string, string>): Record<string, string> {
  return file === undefined ? env : { ...env, TSCOMPOSE_EXTRA_CA_CERTS: file };
}

/** Not `recursive: true`: on Node 20 that spins for ever where a directory cannot be made although its parent exists, as under /proc. */
function makeDirectories(path: string): void {
  try {
    mkdirSync(path, { mode: 0o711 });
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return;
    if (errnoCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectories(dirname(path));
    mkdirSync(path, { mode: 0o711 });
  }
}

/** What the engine wrote before it died: its own reason, else the last lines of whatever it printed (a crash of Node, say). */
function reasonFromLog({ process: child, logFile, logOffset }: Started): string {
  const lines = readFileSync(logFile).subarray(logOffset).toString('utf8').split('\n').filter((line) => line.trim() !== '');
  for (const line of lines.toReversed()) {
    const entry = parseLine(line);
    if (typeof entry?.reason === 'string' && entry.pid === child.pid) return entry.reason;
  }
  const printed = lines.filter((line) => parseLine(line) === undefined);
  const error = printed.find((line) => /^\w*Error\b.*:/.test(line)); // Node puts it between an excerpt and the stack
  return error || printed.slice(-5).join('\n') || `it ended with exit code ${child.exitCode}; see ${logFile}`;
}

function parseLine(line: string): { pid?: unknown; reason?: unknown } | undefined {
  try {
    return JSON.parse(line) as { pid?: unknown; reason?: unknown };
  } catch {
    return undefined;
  }
}

function definedEntries(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function startError(reason: string, cause?: unknown): UserError {
  return new UserError(`the engine could not be started: ${reason}`, { code: 'engine.start', cause });
}
