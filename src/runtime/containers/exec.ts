import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errnoCode, newId, readTextIfExists } from '../../base/index.ts';
import type { AttachedStream, ExecCreateRequest, ExecInspect } from '../../engine-api/index.ts';
import { attachSocket, resizeTerminal, startConmonExec } from '../host/conmon.ts';
import { runtimeOf } from '../host/tools.ts';
import { connectSeqpacket } from '../host/seqpacket.ts';
import { effectiveCaps } from './capabilities.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { type ExecProblem, execLogFile, execPidFile, execProblem, RUNTIME_FAILED, spawnExec, startedOrEnded } from './exec-child.ts';
import { specToJson } from './launch.ts';
import type { OciProcess } from './oci.ts';
import { DetachScanner, parseDetachKeys } from './detach-keys.ts';
import { frame, OutputStream } from './output-stream.ts';
import { lookUpUser } from './prepare-process.ts';
import { capabilitySets, hasNoNewPrivileges, processEnv } from './spec.ts';

/** A finished session can be inspected for this long. */
const KEEP_MS = 5 * 60_000;
/** Output that a background process holds open does not keep a session for longer than this, as with dockerd. */
const DRAIN_MS = 2000;
/** The exit code of a command that could not be run. */
const CANNOT_RUN = 126;

/** One `exec`. Lives in memory: after a restart of the engine nobody can ask for it any more, but its process goes on. */
export interface ExecSession {
  readonly id: string;
  readonly container: Container;
  readonly request: ExecCreateRequest;
  status: 'created' | 'running' | 'ended';
  exitCode: number | null;
  pid: number;
  endedAtMs: number;
  /** Resolves when the process has ended. */
  done: Promise<number>;
  /** Terminal size asked for before the process was there. */
  size?: { h: number; w: number };
}

/** All sessions by id. */
export type ExecSessions = Map<string, ExecSession>;

/** @throws EngineError conflict when the container does not run, invalid without a command */
export function createExec(room: Containers, sessions: ExecSessions, container: Container, request: ExecCreateRequest): { Id: string } {
  if (container.state.status === 'paused') {
    throw new EngineError('conflict', `Container ${container.id} is paused, unpause the container before exec`);
  }
  requireRunning(container);
  room.tools.moves.expect();
  if (!request.Cmd?.length) throw new EngineError('invalid', 'No exec command specified');
  if (request.DetachKeys) parseDetachKeys(request.DetachKeys);
  const id = newId();
  forgetOld(sessions);
  sessions.set(id, {
    id, container, request, status: 'created', exitCode: null, pid: 0, endedAtMs: 0, done: new Promise(() => {}),
  });
  container.execIds.add(id);
  announce(room, container, `exec_create: ${request.Cmd.join(' ')}`, { execID: id });
  return { Id: id };
}

function requireRunning(container: Container): void {
  if (container.state.status !== 'running') throw notRunning(container);
}

function notRunning(container: Container): EngineError {
  return new EngineError('conflict', `container ${container.id} is not running`);
}

function forgetOld(sessions: ExecSessions): void {
  const limit = Date.now() - KEEP_MS;
  for (const [id, session] of sessions) {
    if (session.status === 'ended' && session.endedAtMs < limit) sessions.delete(id);
  }
}

/** @throws EngineError notFound, conflict when it was started before or the container ended */
export async function startExec(
  room: Containers,
  session: ExecSession,
  options: { attach: boolean; consoleSize?: readonly [number, number] | null },
): Promise<AttachedStream> {
  const { container, request } = session;
  if (session.status !== 'created') throw new EngineError('conflict', `exec ${session.id} has already been started`);
  requireRunning(container);
  session.status = 'running';
  const [h = 0, w = 0] = options.consoleSize ?? request.ConsoleSize ?? [];
  if (h > 0 && w > 0) session.size = { h, w };
  announce(room, container, `exec_start: ${request.Cmd.join(' ')}`, { execID: session.id });
  const stream = new OutputStream();
  try {
    const directory = writeProcess(room, session);
    if (request.Tty) await startWithTerminal(room, session, directory, stream, options.attach);
    else await startWithPipes(room, session, directory, stream, options.attach);
  } catch (error) {
    if (session.status === 'running') end(room, session, CANNOT_RUN);
    if (!options.attach || !(error instanceof EngineError)) throw error;
    sayWhy(stream, request.Tty ?? false, error.message);
    stream.holdEnd(false);
    stream.finish();
  }
  return { stream, tty: request.Tty ?? false };
}

/** As dockerd does: for an attached client the connection is a stream by now, so the reason comes as output. */
function sayWhy(stream: OutputStream, tty: boolean, message: string): void {
  const text = Buffer.from(`${message}\r\n`);
  stream.emitOutput(tty ? text : frame(1, text));
}

function end(room: Containers, session: ExecSession, exitCode: number): void {
  session.status = 'ended';
  session.exitCode = exitCode;
  session.endedAtMs = Date.now();
  session.container.execIds.delete(session.id);
  rmSync(room.ctx.layout.exec(session.id), { recursive: true, force: true });
  announce(room, session.container, 'exec_die', { execID: session.id, exitCode: String(exitCode) });
}

/** @returns the session's directory with the OCI process in it */
function writeProcess(room: Containers, session: ExecSession): string {
  const directory = room.ctx.layout.exec(session.id);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'process.json'), specToJson(execProcess(room, session.container, session.request, session.size)), { mode: 0o600 });
  return directory;
}

/** The OCI process of an exec: the container's own settings with what the request changes. */
export function execProcess(
  room: Containers,
  container: Container,
  request: ExecCreateRequest,
  size?: { h: number; w: number },
): OciProcess {
  const { config, hostConfig: host } = container.record;
  const root = openRootOf(container);
  try {
    const user = lookUpUser(root, request.User || config.User || '', request.User ? [] : (host.GroupAdd ?? []));
    const privileged = request.Privileged || host.Privileged || false;
    const caps = effectiveCaps(host.CapAdd ?? [], host.CapDrop ?? [], privileged, room.tools.caps);
    return {
      terminal: request.Tty ?? false,
      ...(size && { consoleSize: { height: size.h, width: size.w } }),
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: request.Cmd,
      env: processEnv([...(config.Env ?? []), ...(request.Env ?? [])], { hostname: config.Hostname ?? '', tty: request.Tty ?? false, home: user.home }),
      cwd: request.WorkingDir || config.WorkingDir || '/',
      capabilities: capabilitySets(caps, user.uid),
      noNewPrivileges: hasNoNewPrivileges(host.SecurityOpt ?? []),
    };
  } finally {
    closeSync(root);
  }
}

function openRootOf(container: Container): number {
  try {
    return openSync(`/proc/${container.state.process?.pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    throw notRunning(container); // it has just ended, which we have not heard yet
  }
}

/** The plain way: the runtime's `exec` as our child, its output straight to us. */
async function startWithPipes(room: Containers, session: ExecSession, directory: string, stream: OutputStream, attach: boolean): Promise<void> {
  const { request } = session;
  const child = await spawnExec(room, session.container, directory, { stdin: attach && (request.AttachStdin ?? false), output: attach });
  session.pid = child.pid;
  let problem: ExecProblem | undefined;
  session.done = child.exit.then(({ code, signal }) => {
    problem = code === RUNTIME_FAILED ? execProblem(directory, request.Cmd[0] ?? '') : undefined;
    if (problem && attach) sayWhy(stream, false, problem.message);
    session.pid = 0;
    end(room, session, problem?.exitCode ?? code ?? 128 + (signal ?? 0));
    return session.exitCode ?? RUNTIME_FAILED;
  });
  const started = startedOrEnded(directory, session.done);
  if (!child.stdout || !child.stderr) {
    await started;
    if (problem) throw new EngineError('invalid', problem.message);
    return stream.finish();
  }
  stream.connectPipes(child.stdout, child.stderr, child.stdin, started.then(() => problem === undefined));
  void session.done.then(async () => {
    const late = setTimeout(() => stream.finish(), DRAIN_MS);
    await child.closed;
    clearTimeout(late);
    stream.finish();
  });
}

/** With a terminal: conmon holds it, so that it can be resized and outlives us. */
async function startWithTerminal(room: Containers, session: ExecSession, directory: string, stream: OutputStream, attach: boolean): Promise<void> {
  const { container, request } = session;
  stream.holdEnd(true); // conmon closes its end before it is clear why the command does not run
  const exec = await startConmonExec(
    room.tools.conmon,
    runtimeOf(room.tools, container.id),
    {
      id: container.id,
      name: container.name,
      bundle: directory,
      logFile: undefined,
      exitDir: directory,
      tty: true,
      stdin: request.AttachStdin ?? false,
      leaveStdinOpen: false,
      execProcess: join(directory, 'process.json'),
      runtimeLog: execLogFile(directory),
    },
    () => {
      if (!attach) return;
      const select = { stdin: request.AttachStdin ?? false, stdout: true, stderr: true };
      stream.connectConmon(connectSeqpacket(attachSocket(directory)), true, select, detachScanner(request.DetachKeys));
    },
  ).catch((error: unknown) => {
    const problem = execProblem(directory, request.Cmd[0] ?? '');
    if (!problem) throw error;
    end(room, session, problem.exitCode);
    throw new EngineError('invalid', problem.message, { cause: error });
  });
  stream.holdEnd(false);
  session.pid = exec.pid;
  if (session.size) resizeTerminal(directory, session.size.h, session.size.w);
  session.done = exec.exit.then((code) => {
    session.pid = 0;
    end(room, session, code ?? RUNTIME_FAILED);
    if (!attach) stream.finish();
    return code ?? RUNTIME_FAILED;
  });
}

function detachScanner(keys: string | undefined): DetachScanner {
  return new DetachScanner(parseDetachKeys(keys));
}

/** Changes the terminal's size; before the start it is remembered. */
export function resizeExec(room: Containers, session: ExecSession, size: { h: number; w: number }): void {
  session.size = size;
  if (session.status === 'running' && session.request.Tty) resizeTerminal(room.ctx.layout.exec(session.id), size.h, size.w);
}

export function inspectExec(room: Containers, session: ExecSession): ExecInspect {
  const { request } = session;
  // Without a terminal our child is the runtime, which writes down the pid of the command.
  const commandPid = session.pid > 0 && !request.Tty ? readTextIfExists(execPidFile(room.ctx.layout.exec(session.id))) : undefined;
  const [entrypoint = '', ...args] = request.Cmd;
  return {
    ID: session.id,
    Running: session.status === 'running',
    ExitCode: session.exitCode,
    ProcessConfig: {
      tty: request.Tty ?? false,
      entrypoint,
      arguments: args,
      privileged: request.Privileged ?? false,
      ...(request.User && { user: request.User }),
    },
    OpenStdin: request.AttachStdin ?? false,
    OpenStderr: request.AttachStderr ?? false,
    OpenStdout: request.AttachStdout ?? false,
    CanRemove: session.status === 'ended',
    ContainerID: session.container.id,
    DetachKeys: request.DetachKeys ?? '',
    Pid: Number(commandPid) || session.pid,
  };
}
