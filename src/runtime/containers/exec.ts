import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errorMessage, newId, readTextIfExists } from '../../base/index.ts';
import type { AttachedStream, ExecCreateRequest, ExecInspect } from '../../engine-api/index.ts';
import { attachSocket, resizeTerminal, startConmonExec } from '../host/conmon.ts';
import { runtimeArgs, runtimeMessage } from '../host/oci-runtime.ts';
import { runtimeOf } from '../host/tools.ts';
import { type Child, spawnChild } from '../host/posix-spawn.ts';
import { connectSeqpacket } from '../host/seqpacket.ts';
import { effectiveCaps } from './capabilities.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { executableProblem, specToJson } from './launch.ts';
import type { OciProcess } from './oci.ts';
import { DetachScanner, parseDetachKeys } from './detach-keys.ts';
import { frame, OutputStream } from './output-stream.ts';
import { lookUpUser } from './prepare-process.ts';
import { capabilitySets, hasNoNewPrivileges, processEnv } from './spec.ts';

/** A finished session can be inspected for this long. */
const KEEP_MS = 5 * 60_000;
/** Output that a background process holds open does not keep a session for longer than this, as with dockerd. */
const DRAIN_MS = 2000;
/** crun's exit code when it could not run the command; the reason is in its log. */
const CRUN_FAILED = 255;

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
  if (container.state.status !== 'running') throw new EngineError('conflict', `container ${container.id} is not running`);
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
    fail(room, session, error);
    throw error;
  }
  return { stream, tty: request.Tty ?? false };
}

function fail(room: Containers, session: ExecSession, error: unknown): void {
  end(room, session, /not found|no such file/i.test(errorMessage(error)) ? 127 : 126);
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
  const root = openSync(`/proc/${container.state.process?.pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
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

/** The plain way: the runtime's `exec` as our child, its output straight to us. */
async function startWithPipes(room: Containers, session: ExecSession, directory: string, stream: OutputStream, attach: boolean): Promise<void> {
  const { request } = session;
  const child = await spawnExec(room, session.container, directory, { stdin: attach && (request.AttachStdin ?? false), output: attach });
  session.pid = child.pid;
  session.done = child.exit.then(({ code, signal }) => {
    const problem = code === CRUN_FAILED ? execProblem(directory, request.Cmd[0] ?? '') : undefined;
    if (problem && attach) stream.emitOutput(frame(1, Buffer.from(`${problem.message}\r\n`)));
    session.pid = 0;
    end(room, session, problem?.exitCode ?? code ?? 128 + (signal ?? 0));
    return session.exitCode ?? CRUN_FAILED;
  });
  if (!child.stdout || !child.stderr) return stream.finish();
  stream.connectPipes(child.stdout, child.stderr, child.stdin);
  void session.done.then(async () => {
    const late = setTimeout(() => stream.finish(), DRAIN_MS);
    await child.closed;
    clearTimeout(late);
    stream.finish();
  });
}

/** Starts the runtime's `exec` on a written process. Also used by health probes. @throws SyscallError */
export function spawnExec(room: Containers, container: Container, directory: string, io: { stdin: boolean; output: boolean }): Promise<Child> {
  room.tools.moves.expect();
  const runtime = runtimeOf(room.tools, container.id);
  const args = [
    '--log', join(directory, 'log'), ...runtimeArgs(runtime),
    'exec', '--pid-file', join(directory, 'pid'), '-p', join(directory, 'process.json'), container.id,
  ];
  return spawnChild({ path: runtime.program, args, env: { PATH: process.env['PATH'] }, ...io });
}

/** Why the runtime could not run the command, in dockerd's words and with its exit codes; undefined when the command itself ended so. */
export function execProblem(directory: string, command: string): { message: string; exitCode: number } | undefined {
  const log = readTextIfExists(join(directory, 'log'));
  if (!log) return undefined;
  const raw = runtimeMessage(log);
  const known = executableProblem(raw, command);
  const denied = /permission denied|operation not permitted|is a directory/i.test(raw);
  const message = `OCI runtime exec failed: exec failed: unable to start container process: ${known ?? raw}: unknown`;
  return { message, exitCode: denied ? 126 : known ? 127 : 126 };
}

/** With a terminal: conmon holds it, so that it can be resized and outlives us. */
async function startWithTerminal(room: Containers, session: ExecSession, directory: string, stream: OutputStream, attach: boolean): Promise<void> {
  const { container, request } = session;
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
    },
    () => {
      if (!attach) return;
      const select = { stdin: request.AttachStdin ?? false, stdout: true, stderr: true };
      stream.connectConmon(connectSeqpacket(attachSocket(directory)), true, select, detachScanner(request.DetachKeys));
    },
  ).catch((error: unknown) => {
    const problem = executableProblem(errorMessage(error), request.Cmd[0] ?? '');
    throw new EngineError('invalid', `OCI runtime exec failed: exec failed: unable to start container process: ${problem ?? errorMessage(error)}: unknown`, { cause: error });
  });
  session.pid = exec.pid;
  if (session.size) resizeTerminal(directory, session.size.h, session.size.w);
  session.done = exec.exit.then((code) => {
    session.pid = 0;
    end(room, session, code ?? CRUN_FAILED);
    if (!attach) stream.finish();
    return code ?? CRUN_FAILED;
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

export function inspectExec(session: ExecSession): ExecInspect {
  const { request } = session;
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
    Pid: session.pid,
  };
}
