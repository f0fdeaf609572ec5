import { type ChildProcess, spawn } from 'node:child_process';
import { renameSync, writeFileSync, openSync, closeSync, writeSync, constants } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { EngineError, readTextIfExists } from '../../base/index.ts';
import { type ChildFd, pipe, posixSpawn, readFrom, reap } from './posix-spawn.ts';
import { identify } from './proc.ts';
import { type OciRuntime, runtimeArgs, runtimeMessage } from './oci-runtime.ts';

/** Create is bounded: a runtime that hangs must not hang the engine. Big machines under load need seconds, never this. */
const CREATE_TIMEOUT_MS = 60_000;

export interface ConmonRequest {
  /** Container id; for an exec the id of its container. */
  readonly id: string;
  readonly name: string;
  /** Directory with `config.json`; `pid`, `conmon.pid`, `attach`, `ctl` and `winsz` appear in it. */
  readonly bundle: string;
  /** k8s-file log; undefined drops the output. */
  readonly logFile: string | undefined;
  /** The exit code appears here as a file named by the container id. */
  readonly exitDir: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  /** false: the first client that goes closes stdin for good (StdinOnce). */
  readonly leaveStdinOpen: boolean;
  /** Path of an OCI process object: run it in the existing container instead of creating one. */
  readonly execProcess?: string;
  /** Where the runtime complains. Default: its stderr, which is lost in an exec with a terminal. */
  readonly runtimeLog?: string;
  /** Run by conmon after the exit file is written. */
  readonly exitCommand?: readonly string[];
}

/** The pid file that conmon writes for itself. */
const conmonPidFile = (bundle: string): string => join(bundle, 'conmon.pid');
export const containerPidFile = (bundle: string): string => join(bundle, 'pid');
export const attachSocket = (bundle: string): string => join(bundle, 'attach');

/** @returns 0 when no conmon has written its number there */
export function conmonPid(bundle: string): number {
  return Number(readTextIfExists(conmonPidFile(bundle)) ?? 0);
}

/** conmon ends within milliseconds after its container. */
const CONMON_END_MS = 2000;

/** Resolves when conmon has written what it had to say of a container that was killed, and has gone; or after two seconds without that. */
export async function conmonEnded(pid: number): Promise<void> {
  for (let pauseMs = 1; pid > 0 && identify(pid) !== undefined && pauseMs < CONMON_END_MS; pauseMs *= 2) await delay(pauseMs);
}

/** The arguments for conmon. Separate from `startConmon` so that a test can read them. */
export function conmonArgs(runtime: OciRuntime, request: ConmonRequest): string[] {
  const { bundle } = request;
  const args = ['-c', request.id, '-u', request.id, '-n', request.name, '-r', runtime.program];
  const log = request.runtimeLog === undefined ? [] : ['--log', request.runtimeLog];
  for (const arg of [...runtimeArgs(runtime), ...log]) args.push('--runtime-arg', arg);
  args.push('-b', bundle, '-p', containerPidFile(bundle), '-P', conmonPidFile(bundle));
  args.push('-l', request.logFile === undefined ? 'off' : `k8s-file:${request.logFile}`);
  args.push('--exit-dir', request.exitDir, '--full-attach', '--no-sync-log');
  if (request.stdin) args.push('-i');
  if (request.stdin && request.leaveStdinOpen) args.push('--leave-stdin-open');
  if (request.tty) args.push('-t');
  if (request.execProcess !== undefined) args.push('-e', '--exec-attach', '--exec-process-spec', request.execProcess, '--api-version', '1');
  if (request.exitCommand) {
    const [program, ...rest] = request.exitCommand;
    args.push('--exit-command', program ?? '');
    for (const arg of rest) args.push('--exit-command-arg', arg);
  }
  return args;
}

/** Answers of conmon on its sync pipe, one JSON object per line. */
class SyncPipe {
  readonly #lines: string[] = [];
  #rest = '';
  #closed = false;
  #wake = (): void => {};

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString('utf8')).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#wake();
    });
    const end = (): void => {
      this.#closed = true;
      this.#wake();
    };
    stream.on('error', end);
    stream.on('close', end);
  }

  /** @returns undefined when conmon has gone without an answer */
  async next(): Promise<{ pid?: number; data?: number; message?: string } | undefined> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return JSON.parse(line) as { pid?: number; data?: number; message?: string };
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

// TZ: conmon stamps log lines in local time, and we want UTC. The runtime's name is for the engine that conmon may wake.
const conmonEnv = (pipes: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'] ?? '', TZ: 'UTC', TMPDIR: '/tmp',
  ...(process.env['TSCOMPOSE_OCI_RUNTIME'] && { TSCOMPOSE_OCI_RUNTIME: process.env['TSCOMPOSE_OCI_RUNTIME'] }),
  ...pipes,
});

/**
 * Creates a container under its own conmon, which outlives us.
 * @returns pid of the container's init, which waits for `openExecFifo`
 * @throws EngineError internal with the OCI runtime's own message
 */
export async function startConmon(conmon: string, runtime: OciRuntime, request: ConmonRequest): Promise<{ pid: number }> {
  const complaints = join(request.bundle, 'conmon.log');
  const { read, write } = pipe();
  let pid: number;
  try {
    pid = await posixSpawn({
      path: conmon,
      args: conmonArgs(runtime, request),
      env: conmonEnv({ _OCI_SYNCPIPE: '3' }),
      cwd: request.bundle,
      fds: new Map<number, ChildFd>([
        [0, { file: '/dev/null', flags: constants.O_RDONLY }],
        [1, { file: '/dev/null', flags: constants.O_WRONLY }],
        [2, { file: complaints, flags: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND }],
        [3, write],
      ]),
    });
  } catch (cause) {
    closeSync(read);
    throw new EngineError('unavailable', `cannot run ${conmon}: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(write);
  }
  const stream = readFrom(read);
  try {
    const answer = await inTime(new SyncPipe(stream).next());
    if (answer?.pid !== undefined && answer.pid > 0) return { pid: answer.pid };
    throw new EngineError('internal', runtimeMessage(answer?.message ?? readTextIfExists(complaints) ?? ''));
  } finally {
    stream.destroy();
    // The child that we started has forked the real conmon and ended before that could answer.
    reap(pid, false);
  }
}

export interface ConmonExec {
  readonly pid: number;
  /** Resolves when the process has ended; undefined when conmon was killed. */
  readonly exit: Promise<number | undefined>;
}

/**
 * Runs a process with a terminal in an existing container.
 * @param attach  called when the attach socket is there and before the process runs, so that none of its output is missed
 * @throws EngineError internal with the OCI runtime's own message
 */
export async function startConmonExec(
  conmon: string,
  runtime: OciRuntime,
  request: ConmonRequest & { execProcess: string },
  attach: () => void,
): Promise<ConmonExec> {
  const child = spawn(conmon, conmonArgs(runtime, request), {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    cwd: request.bundle,
    detached: true,
    env: conmonEnv({ _OCI_SYNCPIPE: '3', _OCI_ATTACHPIPE: '4', _OCI_STARTPIPE: '5' }),
  });
  const [, , stderr, pipe, attached, start] = child.stdio as unknown as [null, null, Readable, Readable, Readable, Writable];
  const sync = new SyncPipe(pipe);
  const said = listen(stderr);
  const failure = failed(child, conmon);
  start.on('error', () => {}); // a conmon that ended early says why on the sync pipe
  const release = (): void => {
    for (const stream of [pipe, attached, start, stderr]) stream.destroy();
    child.unref();
  };
  try {
    start.write('x'); // conmon does nothing before this byte
    await inTime(new SyncPipe(attached).next(), failure);
    attach();
    start.end('x'); // and runs the process after this one
    const answer = await inTime(sync.next(), failure);
    if (answer?.data === undefined || answer.data <= 0) throw new EngineError('internal', runtimeMessage(answer?.message ?? said()));
    return { pid: answer.data, exit: sync.next().then((last) => last?.data).finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

function listen(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    if (chunks.length < 64) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8').trim();
}

function failed(child: ChildProcess, conmon: string): Promise<never> {
  return new Promise((_, reject) => {
    child.on('error', (cause) => reject(new EngineError('unavailable', `cannot run ${conmon}: ${cause.message}`, { cause })));
  });
}

async function inTime<T>(answer: Promise<T>, failure?: Promise<never>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EngineError('internal', 'the OCI runtime did not answer in time')), CREATE_TIMEOUT_MS);
  });
  try {
    return await Promise.race(failure ? [answer, failure, late] : [answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the terminal its size. Silent when the process has gone: there is nobody to tell. */
export function resizeTerminal(bundle: string, height: number, width: number): void {
  tell(join(bundle, 'winsz'), `${height} ${width}\n`);
}

/** Renames the log and has conmon open a new one. Nothing is lost: conmon writes to the old file until it has the new one. */
export function rotateLog(bundle: string, logFile: string, to: string): boolean {
  renameSync(logFile, to);
  writeFileSync(logFile, '', { flag: 'a', mode: 0o640 });
  return tell(join(bundle, 'ctl'), '2 0 0\n');
}

function tell(fifo: string, text: string): boolean {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    return true;
  } catch {
    return false;
  }
}
