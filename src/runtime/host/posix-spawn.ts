/**
 * Starting programs without forking Node. `child_process.spawn` copies the page tables of the whole engine (2 ms, 6 under load, 15 with
 * a large heap) and blocks meanwhile; glibc's posix_spawn borrows them instead (0.3 ms).
 *
 * What libuv does for its children is done here: default signals, empty mask, a session of its own. The end is told by a pipe that only the
 * child holds, after which `waitpid` does not block.
 */
import { closeSync, constants } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

type Call = (...args: unknown[]) => number;
type AsyncCall = Call & { async(...args: [...unknown[], (error: Error | null, result: number) => void]): void };

interface Native {
  spawn: AsyncCall;
  actionsInit: Call;
  actionsDestroy: Call;
  addDup2: Call;
  addOpen: Call;
  addChdir: Call;
  attrInit: Call;
  attrDestroy: Call;
  setFlags: Call;
  setSigDefault: Call;
  setSigMask: Call;
  sigfillset: Call;
  sigemptyset: Call;
  pipe2: Call;
  waitpid: Call;
}

const O_CLOEXEC = 0o2000000;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const WNOHANG = 1;
const EINTR = 4;
/** Larger than the C library's structures on every platform (glibc: 336, 80 and 128 bytes). */
const STRUCT_BYTES = 512;
/** Descriptor under which a child holds the pipe that tells its end. High, so that it collides with nothing that is passed on. */
const LIFELINE_FD = 20;

let bound: Native | undefined; // handles into the C library, not state

function native(): Native {
  if (bound) return bound;
  const libc = loadLibrary('libc.so.6');
  const bind = (prototype: string): Call => libc.func(prototype);
  bound = {
    spawn: libc.func('int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attr, const char **argv, const char **envp)') as AsyncCall,
    actionsInit: bind('int posix_spawn_file_actions_init(void *actions)'),
    actionsDestroy: bind('int posix_spawn_file_actions_destroy(void *actions)'),
    addDup2: bind('int posix_spawn_file_actions_adddup2(void *actions, int fd, int target)'),
    addOpen: bind('int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)'),
    addChdir: bind('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)'),
    attrInit: bind('int posix_spawnattr_init(void *attr)'),
    attrDestroy: bind('int posix_spawnattr_destroy(void *attr)'),
    setFlags: bind('int posix_spawnattr_setflags(void *attr, short flags)'),
    setSigDefault: bind('int posix_spawnattr_setsigdefault(void *attr, const void *set)'),
    setSigMask: bind('int posix_spawnattr_setsigmask(void *attr, const void *set)'),
    sigfillset: bind('int sigfillset(void *set)'),
    sigemptyset: bind('int sigemptyset(void *set)'),
    pipe2: bind('int pipe2(_Out_ int *fds, int flags)'),
    waitpid: bind('int waitpid(int pid, _Out_ int *status, int options)'),
  };
  return bound;
}

/** What becomes of one of the child's descriptors: an open descriptor of ours, or a file to open. */
export type ChildFd = number | { readonly file: string; readonly flags: number };

export interface SpawnRequest {
  readonly path: string;
  /** Without the program's own name, which is `path`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** By number in the child. All others are closed, being close-on-exec. */
  readonly fds: ReadonlyMap<number, ChildFd>;
}

/**
 * Starts a program in a session of its own. The caller reaps it. The calling thread is held until the child has become the program, so it is
 * one of the pool, not the one that serves.
 * @returns its pid
 * @throws SyscallError ENOENT, EACCES … when it cannot be executed
 */
export async function posixSpawn(request: SpawnRequest): Promise<number> {
  const n = native();
  const actions = Buffer.alloc(STRUCT_BYTES);
  const attr = Buffer.alloc(STRUCT_BYTES);
  n.actionsInit(actions);
  n.attrInit(attr);
  try {
    for (const [fd, source] of request.fds) {
      if (typeof source === 'number') n.addDup2(actions, source, fd);
      else n.addOpen(actions, fd, source.file, source.flags, 0o600);
    }
    if (request.cwd !== undefined) n.addChdir(actions, request.cwd);
    const signals = Buffer.alloc(STRUCT_BYTES);
    n.sigfillset(signals);
    n.setSigDefault(attr, signals);
    n.sigemptyset(signals);
    n.setSigMask(attr, signals);
    n.setFlags(attr, SETSIGDEF | SETSIGMASK | SETSID);
    const env = Object.entries(request.env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    const pid = [0];
    const errno = await new Promise<number>((resolve, reject) => {
      n.spawn.async(pid, request.path, actions, attr, [request.path, ...request.args, null], [...env, null], (error, result) =>
        error ? reject(error) : resolve(result),
      );
    });
    if (errno !== 0) throw new SyscallError('posix_spawn', errno, request.path);
    return pid[0] ?? 0;
  } finally {
    n.actionsDestroy(actions);
    n.attrDestroy(attr);
  }
}

/** A pipe whose ends are closed on exec. @throws SyscallError EMFILE */
export function pipe(): { read: number; write: number } {
  const fds = [0, 0];
  if (native().pipe2(fds, O_CLOEXEC) < 0) throw new SyscallError('pipe2', lastErrno(), '');
  return { read: fds[0] ?? -1, write: fds[1] ?? -1 };
}

/** How a process ended. */
export interface ExitStatus {
  /** Undefined after a signal. */
  readonly code: number | undefined;
  readonly signal: number | undefined;
}

/**
 * Takes a child's exit status.
 * @param block  wait for its end: only when that is imminent
 * @returns undefined when it has not ended, or is no child of ours
 */
export function reap(pid: number, block: boolean): ExitStatus | undefined {
  const status = [0];
  for (;;) {
    const result = native().waitpid(pid, status, block ? 0 : WNOHANG);
    if (result < 0 && lastErrno() === EINTR) continue;
    if (result <= 0) return undefined;
    const value = status[0] ?? 0;
    const signal = value & 0x7f;
    return signal === 0 ? { code: (value >> 8) & 0xff, signal: undefined } : { code: undefined, signal };
  }
}

/** A readable stream on a descriptor that it then owns. */
export function readFrom(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false });
}

/** A writable stream on a descriptor that it then owns. */
export function writeTo(fd: number): Writable {
  return new Socket({ fd, readable: false, writable: true });
}

/** A child with pipes. */
export interface Child {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Resolves when the process itself has ended; its output may still be on the way. */
  readonly exit: Promise<ExitStatus>;
  /** Resolves when both outputs have been read to their end and closed, or destroyed. May be asked for late: they can close before `exit` is known. */
  readonly closed: Promise<void>;
}

export interface ChildRequest extends Omit<SpawnRequest, 'fds'> {
  readonly stdin: boolean;
  /** false: output is dropped. */
  readonly output: boolean;
}

/** Starts a program with pipes for its streams. @throws SyscallError when it cannot be executed */
export async function spawnChild(request: ChildRequest): Promise<Child> {
  const open: number[] = []; // the child's ends, and ours until a stream owns them
  const makePipe = (): { read: number; write: number } => {
    const ends = pipe();
    open.push(ends.read, ends.write);
    return ends;
  };
  try {
    const [stdin, stdout, stderr] = [request.stdin ? makePipe() : undefined, request.output ? makePipe() : undefined, request.output ? makePipe() : undefined];
    const lifeline = makePipe();
    const nothing: ChildFd = { file: '/dev/null', flags: constants.O_RDWR };
    const fds = new Map<number, ChildFd>([
      [0, stdin?.read ?? nothing],
      [1, stdout?.write ?? nothing],
      [2, stderr?.write ?? nothing],
      [LIFELINE_FD, lifeline.write],
    ]);
    const pid = await posixSpawn({ ...request, fds });
    const keep = (fd: number | undefined): void => {
      if (fd !== undefined) open.splice(open.indexOf(fd), 1);
    };
    for (const fd of [stdin?.write, stdout?.read, stderr?.read, lifeline.read]) keep(fd);
    const outputs = [stdout, stderr].map((ends) => ends && readFrom(ends.read));
    return {
      pid,
      stdin: stdin && writeTo(stdin.write),
      stdout: outputs[0],
      stderr: outputs[1],
      closed: allClosed(outputs),
      exit: exitOf(pid, readFrom(lifeline.read)),
    };
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

async function allClosed(streams: readonly (Readable | undefined)[]): Promise<void> {
  await Promise.all(streams.map((stream) => stream && new Promise<void>((resolve) => stream.on('close', () => resolve()))));
}

async function exitOf(pid: number, lifeline: Readable): Promise<ExitStatus> {
  await new Promise<void>((resolve) => {
    lifeline.on('error', () => resolve());
    lifeline.on('close', () => resolve());
    lifeline.resume();
  });
  return reap(pid, true) ?? { code: undefined, signal: undefined };
}

