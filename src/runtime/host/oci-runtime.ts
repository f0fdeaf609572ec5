import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readlinkSync, readSync, unlinkSync, writeSync, accessSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineError, errnoCode } from '../../base/index.ts';
import { findProgram } from './programs.ts';
import { run, type RunResult } from './run.ts';
import { sealedCopy } from './sealed-program.ts';

/** crun or runc with the place where it keeps its state. */
export interface OciRuntime {
  readonly kind: 'crun' | 'runc';
  /** Where it is installed. */
  readonly path: string;
  /** What to execute: a sealed copy, which starts faster, or the installed file. */
  readonly program: string;
  readonly version: string;
  /** `--root` of every call. */
  readonly stateRoot: string;
  /** Takes a compiled filter from the annotation `run.oci.seccomp_bpf_data`: 14 ms less per start than the JSON profile. */
  readonly takesSeccompBpf: boolean;
}

const KINDS = ['crun', 'runc'] as const;
type Kind = OciRuntime['kind'];

/**
 * Finds crun, else runc.
 * @param prefer  name or path of the one to take; undefined or empty for the best there is
 * @throws EngineError unavailable when it is not installed
 */
export async function detectOciRuntime(stateRoot: string, prefer?: string): Promise<OciRuntime> {
  const names = prefer ? [prefer] : KINDS;
  for (const name of names) {
    const path = name.includes('/') ? name : findProgram(name);
    if (path === undefined) continue;
    const { stdout } = await run(path, ['--version']);
    const match = /^(crun|runc) version (\S+)/m.exec(stdout);
    if (!match) continue;
    const kind = match[1] as 'crun' | 'runc';
    return withProgram({ kind, path, version: match[2] ?? '', stateRoot, takesSeccompBpf: kind === 'crun' && /\+SECCOMP/.test(stdout) });
  }
  if (prefer) throw new EngineError('unavailable', `TSCOMPOSE_OCI_RUNTIME: ${prefer} is neither crun nor runc, or is not installed: install it, or unset the variable`);
  throw new EngineError('unavailable', 'no OCI runtime was found: install the package crun or runc (tscompose doctor --fix)');
}

/** The copy is made when the runtime is first used. */
function withProgram(runtime: Omit<OciRuntime, 'program'>): OciRuntime {
  let program: string | undefined;
  return {
    ...runtime,
    get program() {
      return (program ??= sealedOrInstalled(runtime.path));
    },
  };
}

function sealedOrInstalled(path: string): string {
  try {
    accessSync(path, constants.X_OK); // removed since: the message of the one who starts it names the file
    return sealedCopy(path);
  } catch {
    return path; // slower, and as safe: it copies itself
  }
}

/** A created init comes to its fifo within milliseconds. */
const FIFO_MS = 10_000;

/** Both runtimes, as far as this machine has them: containers keep the one that they were made for. */
export function otherRuntimes(first: OciRuntime): Readonly<Partial<Record<Kind, OciRuntime>>> {
  const found: Partial<Record<Kind, OciRuntime>> = {};
  for (const kind of KINDS) {
    const path = kind === first.kind ? first.path : findProgram(kind);
    // Whether the second one takes a compiled filter is not worth asking it at each start of the engine.
    if (path !== undefined) found[kind] = kind === first.kind ? first : withProgram({ kind, path, version: '', stateRoot: first.stateRoot, takesSeccompBpf: false });
  }
  return found;
}

/** True while a process is still the runtime, which has not executed the container's program yet. */
export function isRuntimeItself(runtime: OciRuntime, pid: number): boolean {
  try {
    const file = readlinkSync(`/proc/${pid}/exe`);
    return file === runtime.path || /^\/memfd:(oci-runtime|crun|runc)/.test(file);
  } catch {
    return false; // gone
  }
}

/** Which runtime made the container that has state under `stateRoot`: each keeps a file of its own there. */
export function madeBy(stateRoot: string, id: string): Kind | undefined {
  if (existsSync(join(stateRoot, id, 'status'))) return 'crun';
  return existsSync(join(stateRoot, id, 'state.json')) ? 'runc' : undefined;
}

/** Arguments that go before every sub-command. */
export function runtimeArgs(runtime: OciRuntime): string[] {
  return ['--root', runtime.stateRoot];
}

/**
 * Starts a created container the short way: through the fifo on which its init process waits. crun waits for a reader of
 * its write end, runc the other way round; neither needs the runtime's `start`, which costs 5 ms.
 * Non-blocking, because an init that has died would block the open for ever.
 * @param isAlive  whether the init process still lives
 * @returns false when nobody waits on the fifo (yet, or any more)
 */
export async function openExecFifo(runtime: OciRuntime, id: string, isAlive: () => boolean): Promise<boolean> {
  const fifo = join(runtime.stateRoot, id, 'exec.fifo');
  try {
    if (runtime.kind === 'crun') writeFifo(fifo);
    else if (!(await readFifo(fifo, isAlive))) return false;
  } catch (error) {
    if (errnoCode(error) === 'ENXIO' || errnoCode(error) === 'ENOENT' || errnoCode(error) === 'EAGAIN') return false;
    throw error;
  }
  try {
    unlinkSync(fifo);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  return true;
}

function writeFifo(fifo: string): void {
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, '0');
  } finally {
    closeSync(fd);
  }
}

/**
 * runc's init may be on its way to the fifo, or be woken by our opening it and about to write: both look like an empty pipe.
 * The read end must stay open meanwhile, or init would die of a broken pipe.
 */
async function readFifo(fifo: string, isAlive: () => boolean): Promise<boolean> {
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (const deadline = Date.now() + FIFO_MS; ; await new Promise((resolve) => setTimeout(resolve, 1))) {
      if (hasByte(fd)) return true;
      if (Date.now() > deadline || !isAlive()) return hasByte(fd);
    }
  } finally {
    closeSync(fd);
  }
}

function hasByte(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(8)) > 0;
  } catch (error) {
    if (errnoCode(error) === 'EAGAIN') return false;
    throw error;
  }
}

/** True while a created container waits to be started. */
export function isWaitingForStart(runtime: OciRuntime, id: string): boolean {
  try {
    accessSync(join(runtime.stateRoot, id, 'exec.fifo'));
    return true;
  } catch {
    return false;
  }
}

/** The runtime's own `start`, for runtimes whose fifo we do not know. @throws EngineError internal */
export async function startContainer(runtime: OciRuntime, id: string): Promise<void> {
  expectSuccess(await run(runtime.program, [...runtimeArgs(runtime), 'start', id]), 'start');
}

/** Kills whatever is left of a container and forgets it. Idempotent. */
export async function deleteContainer(runtime: OciRuntime, id: string): Promise<void> {
  await run(runtime.program, [...runtimeArgs(runtime), 'delete', '--force', id]);
}

/**
 * Applies new limits to a running container.
 * @param file  holds `linux.resources` as JSON. A file, because crun opens /dev/stdin by name, which fails for Node's socket pairs.
 * @throws EngineError internal with the runtime's message
 */
export async function updateResources(runtime: OciRuntime, id: string, file: string): Promise<void> {
  expectSuccess(await run(runtime.program, [...runtimeArgs(runtime), 'update', '--resources', file, id]), 'update');
}

function expectSuccess(result: RunResult, what: string): void {
  if (result.exitCode !== 0) throw new EngineError('internal', `OCI runtime ${what} failed: ${runtimeMessage(result.stderr)}`);
}

/** The runtime's own words without its time stamps and log prefixes. */
export function runtimeMessage(stderr: string): string {
  const lines = stderr.trim().split('\n').filter(Boolean);
  const last = lines.at(-1) ?? 'no message';
  const json = /^time=.*? msg="(.*)"$/.exec(last);
  if (json) return (json[1] ?? last).replaceAll('\\"', '"');
  return last.replace(/^\d{4}-\d\d-\d\dT\S+ /, '').replace(/^\[conmon:[a-z]\]: /, '');
}

/**
 * Runs a container from a bundle in the foreground: its output comes through the child's pipes, and its exit code is the child's.
 * @param step.log  file for the runtime's own complaints
 */
export function runInForeground(
  runtime: OciRuntime,
  step: { readonly bundle: string; readonly id: string; readonly log: string },
): ChildProcessByStdio<null, Readable, Readable> {
  // Not `-b`, by which recovery tells creations of containers that it must wait for.
  const args = ['--log', step.log, ...runtimeArgs(runtime), 'run', '--bundle', step.bundle, step.id];
  return spawn(runtime.program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: step.bundle, detached: true });
}
