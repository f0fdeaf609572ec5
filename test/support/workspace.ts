/** A tscompose of one's own for a test: the built CLI with its own data root, run root and engine, and proof that nothing is left behind. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for messages. */
  readonly output: string;
}

export class Workspace {
  /** The user's working directory. */
  readonly directory: string;
  readonly root: string;
  readonly run: string;
  readonly environment: NodeJS.ProcessEnv;
  #command: readonly string[];

  /** @param name  short: it is part of socket paths. `command` defaults to the bundle of this checkout. */
  constructor(name: string, options: { command?: readonly string[] } = {}) {
    const base = mkdtempSync(join(tmpdir(), `tsc-${name}-`));
    this.directory = join(base, 'work');
    this.root = join(base, 'root');
    this.run = join(base, 'run');
    for (const path of [this.directory, this.root, this.run]) mkdirSync(path);
    this.environment = { ...process.env, TSCOMPOSE_ROOT: this.root, TSCOMPOSE_RUN: this.run, NO_COLOR: '1' };
    for (const name of Object.keys(this.environment)) if (/^(COMPOSE_|DOCKER_)/.test(name)) delete this.environment[name];
    this.#command = options.command ?? [process.execPath, join(REPOSITORY, 'dist', 'tscompose.cjs')];
  }

  get socket(): string {
    return join(this.run, 'engine.sock');
  }

  /** Copies an example of the repository into the working directory and makes it the working directory of later calls. */
  useExample(name: string): string {
    const target = join(this.directory, name);
    cpSync(join(REPOSITORY, 'examples', name), target, { recursive: true, filter: (path) => !/\/(base\.tar|base\/busybox)$/.test(path) });
    return target;
  }

  write(path: string, content: string): string {
    const target = join(this.directory, path);
    mkdirSync(resolve(target, '..'), { recursive: true });
    writeFileSync(target, content);
    return target;
  }

  /** Runs tscompose to its end. Never throws for an exit code. */
  call(args: readonly string[], options: { cwd?: string; input?: string; env?: Record<string, string>; timeoutMs?: number } = {}): Result {
    return this.exec([...this.#command, ...args], options);
  }

  /** Runs tscompose and demands exit code 0. */
  ok(args: readonly string[], options: Parameters<Workspace['call']>[1] = {}): Result {
    const result = this.call(args, options);
    if (result.exitCode !== 0) throw new Error(`tscompose ${args.join(' ')}: exit ${result.exitCode}\n${result.output}\n${this.engineLog()}`);
    return result;
  }

  /** Starts tscompose and leaves it running. */
  start(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): ChildProcess {
    const [command = '', ...rest] = [...this.#command, ...args];
    return spawn(command, rest, { cwd: options.cwd ?? this.directory, env: { ...this.environment, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The plain docker CLI on this engine. */
  docker(args: readonly string[], options: Parameters<Workspace['call']>[1] = {}): Result {
    return this.exec(['docker', '-H', `unix://${this.socket}`, ...args], options);
  }

  exec(argv: readonly string[], options: Parameters<Workspace['call']>[1] = {}): Result {
    const [command = '', ...rest] = argv;
    const done = spawnSync(command, rest, {
      cwd: options.cwd ?? this.directory,
      env: { ...this.environment, ...options.env },
      input: options.input ?? '',
      encoding: 'utf8',
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
    if (done.error) throw done.error;
    return { exitCode: done.status ?? -1, stdout: done.stdout, stderr: done.stderr, output: done.stdout + done.stderr };
  }

  /** Pid of the engine, or undefined when none lives. */
  enginePid(): number | undefined {
    try {
      const { pid } = JSON.parse(readFileSync(join(this.run, 'engine.json'), 'utf8')) as { pid: number };
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine') ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  engineLog(): string {
    const path = join(this.root, 'engine.log');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-15).join('\n') : '(no engine log)';
  }

  /** Every trace of this workspace in the machine: mounts, processes. Empty when all is clean. */
  traces(): string[] {
    const base = resolve(this.root, '..');
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes(base));
    const processes = spawnSync('ps', ['-eo', 'pid,args', '--no-headers', '-ww'], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes(base));
    return [...mounts, ...processes.map((line) => line.trim())];
  }

  /** What is left once processes that are just leaving (the resolver looks every five seconds) have had twelve for it. */
  #settled(): string[] {
    const end = Date.now() + 12_000;
    for (;;) {
      const left = this.traces();
      if (left.length === 0 || Date.now() > end) return left;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }

  /** Removes every container and network, stops the engine, deletes the directories. @returns what could not be cleaned */
  dispose(): string[] {
    const ids = this.docker(['ps', '-aq']).stdout.split('\n').filter(Boolean);
    if (ids.length > 0) this.docker(['rm', '-f', '-v', ...ids]);
    this.docker(['network', 'prune', '-f']);
    this.docker(['volume', 'prune', '-af']);
    this.call(['engine', 'stop']);
    const left = this.#settled();
    for (const line of left) {
      const mounted = /^\S+ (\/\S+) /.exec(line)?.[1];
      if (mounted) spawnSync('umount', ['-l', mounted]);
    }
    rmSync(resolve(this.root, '..'), { recursive: true, force: true });
    return left;
  }
}

/** Asks until `probe` gives a value. @throws Error with the last failure at the deadline */
export async function eventually<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>, timeoutMs = 20_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One HTTP request on a connection of its own: nothing is reused over a restart of the server. */
export async function http(url: string, options: { method?: string; body?: string } = {}): Promise<{ status: number; text: string }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const call = request(url, { method: options.method ?? 'GET', agent: false, timeout: 10_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('timeout', () => call.destroy(new Error(`${url}: no answer`)));
    call.on('error', reject);
    call.end(options.body);
  });
}

/** A TCP port that is free on the loopback just now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
