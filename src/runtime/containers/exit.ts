import { rm } from 'node:fs/promises';
import { isEngineError } from '../../base/index.ts';
import { cleanUp } from './clean-up.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { gatherEvidence, isSilent } from './evidence.ts';
import { launch } from './launch.ts';
import { type ContainerState, hasProcess } from './record.ts';
import { removeContainer } from './remove.ts';
import { nextRestartDelay, settle, shouldRestart } from './settle.ts';

/**
 * Looks whether a container's process has ended and, if so, does all that follows: cleans up, records, announces, restarts or removes.
 * Safe to call at any time and any number of times.
 */
export async function checkExit(room: Containers, container: Container): Promise<void> {
  if (container.settling) return;
  container.settling = true;
  try {
    await room.locks.run(container.id, async () => {
      if (!hasProcess(container.state)) return;
      const evidence = gatherEvidence(room, container);
      if (evidence.process || (evidence.awaitsExit && !isSilent(container))) return;
      const { state } = settle(container.state, evidence);
      await finish(room, container, state);
    });
  } catch (error) {
    room.ctx.logger.error('cannot settle a container that ended', { container: container.id, error });
  } finally {
    container.settling = false;
  }
}

/** The process has ended; `ended` is what the state will be. The caller holds the lock. */
export async function finish(room: Containers, container: Container, ended: ContainerState): Promise<void> {
  container.stopHealth?.();
  container.stopHealth = undefined;
  await cleanUp(room, container);
  const { AutoRemove, RestartPolicy } = container.record.hostConfig;
  const restarts = !container.stopping && !room.closing.aborted && shouldRestart(RestartPolicy, ended);
  container.state = restarts ? { ...ended, status: 'restarting', restartCount: ended.restartCount + 1 } : ended;
  room.store.saveState(container.id, container.state);
  // Only now: until here it was the only witness. The next start waits for it.
  container.exitFileGone = rm(room.ctx.layout.exitFile(container.id), { force: true }).catch((error: unknown) =>
    room.ctx.logger.warn('cannot remove an exit file', { container: container.id, error }),
  );
  if (ended.oomKilled) announce(room, container, 'oom');
  const ranMs = Math.max(0, Date.parse(ended.finishedAt) - Date.parse(ended.startedAt));
  announce(room, container, 'die', { exitCode: String(ended.exitCode), execDuration: String(Math.floor(ranMs / 1000)) });
  container.markEnded();
  container.answer(['not-running', 'next-exit'], ended.exitCode);
  if (restarts) scheduleRestart(room, container, ranMs);
  else if (AutoRemove) setImmediate(() => void autoRemove(room, container));
}

/** Removes a container that nobody wants to keep: it ended, or could not start. Call it without the container's lock. */
export async function autoRemove(room: Containers, container: Container): Promise<void> {
  try {
    await removeContainer(room, container, { v: true, force: true });
  } catch (error) {
    if (isEngineError(error, 'conflict')) return; // somebody else removes it, or has started it again
    room.ctx.logger.warn('cannot remove a container that ended', { container: container.id, error });
  }
}

/** Plans the next start by policy. Its state is `restarting` already. */
export function scheduleRestart(room: Containers, container: Container, ranMs: number): void {
  container.restartDelayMs = nextRestartDelay(container.restartDelayMs, ranMs);
  clearTimeout(container.restartTimer);
  container.restartTimer = setTimeout(() => void restartByPolicy(room, container), container.restartDelayMs);
}

async function restartByPolicy(room: Containers, container: Container): Promise<void> {
  await room.locks.run(container.id, async () => {
    container.restartTimer = undefined;
    // Somebody stopped, started or removed it while we waited.
    if (container.state.status !== 'restarting' || room.closing.aborted) return;
    try {
      await launch(room, container, container.state);
    } catch (error) {
      room.ctx.logger.warn('a restart failed', { container: container.id, error });
      retryLater(room, container);
    }
  });
}

/** A failed start counts as a failed run: the policy decides again. */
function retryLater(room: Containers, container: Container): void {
  if (!shouldRestart(container.record.hostConfig.RestartPolicy, container.state)) return;
  container.state = { ...container.state, status: 'restarting', restartCount: container.state.restartCount + 1 };
  room.store.saveState(container.id, container.state);
  scheduleRestart(room, container, 0);
}
