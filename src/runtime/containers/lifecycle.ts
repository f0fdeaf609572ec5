import { EngineError } from '../../base/index.ts';
import { setFrozen } from '../host/cgroup.ts';
import { signalProcess } from '../host/proc.ts';
import { parseSignal } from '../host/run.ts';
import type { Container } from './container.ts';
import { announce, cgroupPath, type Containers } from './context.ts';
import { autoRemove, checkExit } from './exit.ts';
import { launch } from './launch.ts';
import { type ContainerState, hasProcess, isRunning } from './record.ts';

const DEFAULT_STOP_TIMEOUT_S = 10;
const SIGKILL = 9;
/** After SIGKILL only the kernel can delay the end: uninterruptible I/O. */
const KILL_DEADLINE_MS = 30_000;

/** @returns false when it was running already @throws EngineError */
export async function startContainer(room: Containers, container: Container): Promise<boolean> {
  return room.locks.run(container.id, async () => {
    const { status } = container.state;
    if (status === 'paused') throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
    if (status === 'removing' || status === 'dead') {
      throw new EngineError('conflict', 'container is marked for removal and cannot be started');
    }
    if (hasProcess(container.state)) return false;
    cancelRestart(container);
    container.restartDelayMs = 0;
    container.stopping = false;
    try {
      await launch(room, container, { ...container.state, restartCount: 0, stoppedByUser: false });
    } catch (error) {
      // `docker run --rm` waits for the removal also of what never ran
      if (container.record.hostConfig.AutoRemove) setImmediate(() => void autoRemove(room, container));
      throw error;
    }
    return true;
  });
}

/** Forgets a planned restart. */
export function cancelRestart(container: Container): void {
  clearTimeout(container.restartTimer);
  container.restartTimer = undefined;
}

/**
 * Asks the process to end, and makes it end after the grace period.
 * @param options.t  seconds; -1 waits for ever
 * @returns false when it did not run
 */
export async function stopContainer(room: Containers, container: Container, options: { signal?: string; t?: number } = {}): Promise<boolean> {
  const { config } = container.record;
  const signal = signalNumber(options.signal || config.StopSignal || 'SIGTERM');
  const seconds = options.t ?? config.StopTimeout ?? DEFAULT_STOP_TIMEOUT_S;
  const ended = await room.locks.run(container.id, async () => {
    if (!isRunning(container.state)) return undefined;
    container.stopping = true;
    if (!hasProcess(container.state)) return endRestarting(room, container);
    change(room, container, { stoppedByUser: true });
    const { ended } = container;
    if (seconds !== 0) await deliver(room, container, signal);
    return { done: ended };
  });
  if (!ended) return false;
  try {
    if (seconds === 0 || !(await within(ended.done, seconds < 0 ? undefined : seconds * 1000))) await killAndWait(room, container, ended.done);
  } finally {
    container.stopping = false;
  }
  announce(room, container, 'stop');
  return true;
}

/** A container that waits for its next start has no process: it is stopped by not starting it. */
function endRestarting(room: Containers, container: Container): { done: Promise<void> } {
  cancelRestart(container);
  change(room, container, { status: 'exited', stoppedByUser: true });
  return { done: Promise.resolve() };
}

function change(room: Containers, container: Container, part: Partial<ContainerState>): void {
  container.state = { ...container.state, ...part };
  room.store.saveState(container.id, container.state);
}

/** Signals the process and, for a frozen one, lets it go on so that it can act on it. */
async function deliver(room: Containers, container: Container, signal: number): Promise<void> {
  const { process } = container.state;
  if (process) signalProcess(process, signal);
  announce(room, container, 'kill', { signal: String(signal) });
  if (container.state.status === 'paused') await thaw(room, container);
}

async function thaw(room: Containers, container: Container): Promise<void> {
  await setFrozen(room.tools.cgroups, cgroupPath(room, container), false);
  change(room, container, { status: 'running' });
}

/** SIGKILL, then the end with everything that follows from it. */
export async function killAndWait(room: Containers, container: Container, ended: Promise<void>): Promise<void> {
  await room.locks.run(container.id, async () => {
    if (hasProcess(container.state)) await deliver(room, container, SIGKILL);
  });
  if (await within(ended, KILL_DEADLINE_MS)) return;
  throw new EngineError('internal', `tried to kill container, but did not receive an exit event: ${container.id}`);
}

/** @returns false after the time */
async function within(promise: Promise<void>, ms: number | undefined): Promise<boolean> {
  if (ms === undefined) return promise.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws EngineError conflict when it does not run, invalid for an unknown signal */
export async function killContainer(room: Containers, container: Container, options: { signal?: string } = {}): Promise<void> {
  const signal = signalNumber(options.signal || 'SIGKILL');
  const ended = await room.locks.run(container.id, async () => {
    if (!isRunning(container.state)) throw notRunning(container);
    if (!hasProcess(container.state)) {
      endRestarting(room, container);
      return undefined;
    }
    const stops = signal === SIGKILL || signal === signalNumber(container.record.config.StopSignal || 'SIGTERM');
    change(room, container, stops ? { stoppedByUser: true } : {});
    const { ended } = container;
    await deliver(room, container, signal);
    return { done: ended }; // not the promise itself: an async function would wait for it, and the end needs this lock
  });
  // dockerd answers a SIGKILL when the process has gone.
  if (signal === SIGKILL && ended) await within(ended.done, KILL_DEADLINE_MS);
}

function notRunning(container: Container): EngineError {
  return new EngineError('conflict', `cannot kill container: ${container.id}: container ${container.id} is not running`);
}

/** @throws EngineError invalid */
export function signalNumber(text: string): number {
  const signal = parseSignal(text);
  if (signal === undefined) throw new EngineError('invalid', `Invalid signal: ${text}`);
  return signal;
}

/** Stop, if it runs, and start. */
export async function restartContainer(room: Containers, container: Container, options: { signal?: string; t?: number } = {}): Promise<void> {
  await stopContainer(room, container, options);
  await startContainer(room, container);
  announce(room, container, 'restart');
}

/** Freezes all processes. @throws EngineError conflict */
export async function pauseContainer(room: Containers, container: Container): Promise<void> {
  await room.locks.run(container.id, async () => {
    if (container.state.status === 'paused') throw new EngineError('conflict', `Container ${container.id} is already paused`);
    if (!hasProcess(container.state)) throw new EngineError('conflict', `Container ${container.id} is not running`);
    await setFrozen(room.tools.cgroups, cgroupPath(room, container), true);
    change(room, container, { status: 'paused' });
  });
  announce(room, container, 'pause');
}

/** @throws EngineError conflict */
export async function unpauseContainer(room: Containers, container: Container): Promise<void> {
  await room.locks.run(container.id, async () => {
    if (container.state.status !== 'paused') throw new EngineError('conflict', `Container ${container.id} is not paused`);
    await thaw(room, container);
  });
  announce(room, container, 'unpause');
  void checkExit(room, container);
}
