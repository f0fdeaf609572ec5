import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errnoCode, errorMessage, explainFullDisk, removeFile } from '../../base/index.ts';
import { conmonEnded, conmonPid, startConmon } from '../host/conmon.ts';
import { identify } from '../host/proc.ts';
import { openExecFifo, startContainer } from '../host/oci-runtime.ts';
import { runtimeNamed, runtimeOf } from '../host/tools.ts';
import { cleanUp } from './clean-up.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { timestamp } from './evidence.ts';
import { executableProblem } from './executable-problem.ts';
import { startHealth } from './health.ts';
import { bothOrFirstError, prepareStart } from './prepare.ts';
import type { Sandbox } from '../parts.ts';
import type { ContainerState } from './record.ts';

/**
 * Brings a container's process to life. The caller holds the container's lock and has checked that it may start.
 *
 * Order matters for crashes. The bundle comes first: recovery finds a process by it even when the state does not know of one.
 * Then the state, and last the fifo, so that no instruction of the container runs unrecorded.
 * @throws EngineError  after everything was given back; the state then carries the message
 */
export async function launch(room: Containers, container: Container, before: ContainerState): Promise<void> {
  const { layout } = room.ctx;
  room.tools.moves.expect();
  container.isClean = false;
  await container.exitFileGone;
  removeFile(layout.exitFile(container.id));
  try {
    const bundle = makeBundle(room, container);
    const prepared = await prepareStart(room, container);
    writeFileSync(join(bundle, 'config.json'), specToJson(prepared.spec), { mode: 0o600 });
    const [sandbox, pid] = await bothOrFirstError(prepared.sandbox, createProcess(room, container, bundle));
    container.begin();
    recordRunning(room, container, before, pid, sandbox);
    for (const connect of container.beforeStart) connect(bundle);
    const runtime = runtimeOf(room.tools, container.id);
    if (!(await openExecFifo(runtime, container.id, () => identify(pid) !== undefined))) await startContainer(runtime, container.id);
  } catch (cause) {
    const known = explainFullDisk(cause, room.ctx.layout.root);
    const error = known instanceof EngineError ? known : new EngineError('internal', errorMessage(cause), { cause });
    await abandon(room, container, before, error);
    throw error;
  }
  announce(room, container, 'start');
  startHealth(room, container);
}

/** `JSON.stringify` rounds 2^64-1, which is how "no limit" is written. */
export function specToJson(spec: unknown): string {
  return JSON.stringify(spec).replaceAll('18446744073709552000', '18446744073709551615');
}

function makeBundle(room: Containers, container: Container): string {
  const bundle = room.ctx.layout.bundle(container.id);
  try {
    mkdirSync(bundle, { mode: 0o700 });
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
    room.runTrash.discard(bundle); // left by a crash
    mkdirSync(bundle, { mode: 0o700 });
  }
  return bundle;
}

async function createProcess(room: Containers, container: Container, bundle: string): Promise<number> {
  const { config, hostConfig } = container.record;
  const wakes = room.wakeCommand && hostConfig.RestartPolicy?.Name !== 'no' ? room.wakeCommand : undefined;
  const request = {
    id: container.id,
    name: container.name,
    bundle,
    logFile: hostConfig.LogConfig?.Type === 'none' ? undefined : room.ctx.layout.containerLog(container.id),
    exitDir: room.ctx.layout.exits,
    tty: config.Tty ?? false,
    stdin: config.OpenStdin ?? false,
    leaveStdinOpen: !config.StdinOnce,
    ...(wakes && { exitCommand: wakes }),
  };
  try {
    return (await startConmon(room.tools.conmon, runtimeNamed(room.tools, hostConfig.Runtime), request)).pid;
  } catch (error) {
    throw createError(config.Entrypoint?.[0] ?? config.Cmd?.[0] ?? '', error);
  }
}

function recordRunning(room: Containers, container: Container, before: ContainerState, pid: number, sandbox: Sandbox | undefined): void {
  const identity = identify(pid);
  if (!identity) throw new EngineError('internal', 'the container process ended before it was started');
  const { health: _, ...rest } = before;
  const checks = container.record.config.Healthcheck?.Test;
  const watched = checks?.length && checks[0] !== 'NONE' && checks[0] !== '';
  container.state = {
    ...rest,
    status: 'running',
    process: { ...identity, conmonPid: conmonPid(room.ctx.layout.bundle(container.id)) },
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: timestamp(),
    ...(watched && { health: { Status: 'starting', FailingStreak: 0, Log: [] } }),
    ...(sandbox && { endpoints: sandbox.endpoints, ports: sandbox.ports, netns: sandbox.netns }),
  };
  room.store.saveState(container.id, container.state);
}

/** Takes everything back after a failed start. The container is as it was, with the reason in its state. */
async function abandon(room: Containers, container: Container, before: ContainerState, error: EngineError): Promise<void> {
  const conmon = conmonPid(room.ctx.layout.bundle(container.id));
  await cleanUp(room, container, { kill: true });
  // A process that was made while the network failed: its conmon says how it ended, which nobody wants to know.
  await conmonEnded(conmon);
  removeFile(room.ctx.layout.exitFile(container.id));
  const { process: _, endpoints: __, ports: ___, netns: ____, ...rest } = before;
  const status = before.status === 'created' ? 'created' : 'exited';
  container.state = { ...rest, status, exitCode: exitCodeOf(error), error: error.message };
  room.store.saveState(container.id, container.state);
  container.answer(['not-running', 'next-exit'], container.state.exitCode, error.message);
  for (const connect of container.beforeStart) connect(undefined);
  container.markEnded();
}

/** As `docker run` does: 127 no such command, 126 it cannot be run, 128 anything else. */
function exitCodeOf(error: EngineError): number {
  if (/executable file not found|no such file or directory/.test(error.message)) return 127;
  return /permission denied|is a directory/.test(error.message) ? 126 : 128;
}

/** What is missing when the container to be joined ended meanwhile: its namespace, or the files that belong to its network. */
const LOST_NAMESPACE = /\/proc\/\d+\/ns\/(\w+)\b.*no such file/i;
const LOST_FILE = /\/[0-9a-f]{12}\/(?:hosts|hostname|resolv\.conf)\b.*no such file/i;

/** Clients look for runc's words in these messages to choose their exit code, so crun's are translated. */
export function createError(command: string, cause: unknown): EngineError {
  if (cause instanceof EngineError && cause.kind !== 'internal') return cause;
  const message = errorMessage(cause);
  const prefix = 'failed to create task for container: failed to create shim task: OCI runtime create failed: ';
  const namespace = LOST_NAMESPACE.exec(message)?.[1] ?? (LOST_FILE.test(message) ? 'net' : undefined);
  if (namespace !== undefined) return new EngineError('conflict', `cannot join the ${namespace} namespace of a container that has just ended`, { cause });
  const reason = executableProblem(message, command);
  if (reason !== undefined) {
    return new EngineError('invalid', `${prefix}unable to start container process: ${reason}: unknown`, { cause });
  }
  return new EngineError('internal', `${prefix}${message}`, { cause });
}
