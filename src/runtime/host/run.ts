import { spawn } from 'node:child_process';
import { EngineError } from '../../base/index.ts';

export interface RunOptions {
  /** Written to the program's stdin, which is closed afterwards. */
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The program is killed after this time. Default 10 s: nothing that the runtime runs to completion takes longer. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Bytes kept of each stream. */
  readonly maxOutput?: number;
}

export interface RunResult {
  /** 128 + n for a signal. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program to its end: argument vector only, never a shell; bounded in time and output.
 * @throws EngineError unavailable when the program cannot be started, cancelled when aborted
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    const limit = options.maxOutput ?? 1 << 20;
    const stdout = collect(child.stdout, limit);
    const stderr = collect(child.stderr, limit);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 10_000);
    const abort = () => child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };
    child.on('error', (cause) => {
      settle();
      reject(new EngineError('unavailable', `cannot run ${program}: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      settle();
      if (options.signal?.aborted) return reject(new EngineError('cancelled', `${program} was cancelled`));
      resolve({ exitCode: code ?? 128 + signalNumber(signal), stdout: stdout(), stderr: stderr(), timedOut });
    });
    if (options.input !== undefined) {
      child.stdin?.on('error', () => {}); // a program that does not read its input is no error by itself
      child.stdin?.end(options.input);
    }
  });
}

function collect(stream: NodeJS.ReadableStream | null, limit: number): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (length < limit) chunks.push(chunk.subarray(0, limit - length));
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (SIGNALS[signal] ?? 0);
}

/** Signal numbers of Linux on the architectures that we run on, with real-time signals as `RTMIN+n` handled by `parseSignal`. */
export const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGIOT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGSTKFLT: 16, SIGCHLD: 17, SIGCLD: 17, SIGCONT: 18, SIGSTOP: 19,
  SIGTSTP: 20, SIGTTIN: 21, SIGTTOU: 22, SIGURG: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28, SIGIO: 29,
  SIGPOLL: 29, SIGPWR: 30, SIGSYS: 31, SIGRTMIN: 34, SIGRTMAX: 64,
};

/**
 * A signal as the API takes it: `SIGTERM`, `term`, `15`, `RTMIN+3`.
 * @returns its number, or undefined when there is no such signal
 */
export function parseSignal(text: string): number | undefined {
  const name = text.trim().toUpperCase().replace(/^SIG/, '');
  if (/^\d+$/.test(name)) {
    const number = Number(name);
    return number > 0 && number <= 64 ? number : undefined;
  }
  const realTime = /^RTM(IN|AX)([+-]\d+)?$/.exec(name);
  if (realTime) {
    const number = (realTime[1] === 'IN' ? 34 : 64) + Number(realTime[2] ?? 0);
    return number >= 34 && number <= 64 ? number : undefined;
  }
  return SIGNALS[`SIG${name}`];
}
