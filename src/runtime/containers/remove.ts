import { EngineError } from '../../base/index.ts';
import { cleanUp } from './clean-up.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { cancelRestart, killAndWait } from './lifecycle.ts';
import { hasProcess, isRunning } from './record.ts';

/**
 * Removes a container with its writable layer.
 * @param options.v  its anonymous volumes too
 * @param options.force  kill it first
 * @throws EngineError conflict while it runs, or while it is being removed by somebody else
 */
export async function removeContainer(
  room: Containers,
  container: Container,
  options: { v?: boolean; force?: boolean; link?: boolean } = {},
): Promise<void> {
  if (container.state.status === 'removing') {
    throw new EngineError('conflict', `removal of container ${container.id} is already in progress`);
  }
  if (isRunning(container.state)) {
    if (!options.force) throw stillRunning(container);
    container.stopping = true;
    if (hasProcess(container.state)) await killAndWait(room, container, container.ended);
  }
  await room.locks.run(container.id, async () => {
    if (room.registry.get(container.id) !== container) return; // auto-removed meanwhile
    if (hasProcess(container.state)) throw stillRunning(container); // started again meanwhile
    cancelRestart(container);
    container.state = { ...container.state, status: 'removing', removeVolumes: options.v ?? false };
    room.store.saveState(container.id, container.state);
    await destroy(room, container);
  });
}

function stillRunning(container: Container): EngineError {
  const what = container.state.status === 'paused' ? 'paused' : container.state.status === 'restarting' ? 'restarting' : 'running';
  const mend = what === 'paused' ? 'unpause and stop the container' : 'stop the container';
  return new EngineError('conflict', `cannot remove container "/${container.name}": container is ${what}: ${mend} before removing or force remove`);
}

/** Deletes all that is left of a container whose state is `removing`. Each step may be repeated: recovery calls it again after a crash. */
export async function destroy(room: Containers, container: Container): Promise<void> {
  const { registry } = room;
  await cleanUp(room, container);
  await room.images.snapshots.remove(container.id);
  const volumes = container.state.removeVolumes ? container.record.mounts.filter((mount) => mount.type === 'volume' && mount.anonymous) : [];
  registry.remove(container);
  for (const { source } of volumes) {
    if (registry.ofVolume(source).length > 0) continue; // another container has it by volumes-from
    try {
      await room.volumes.remove(source);
    } catch (error) {
      room.ctx.logger.warn('cannot remove an anonymous volume', { volume: source, error });
    }
  }
  room.store.remove(container.id);
  announce(room, container, 'destroy');
  for (const connect of container.beforeStart) connect(undefined);
  container.answer(['not-running', 'next-exit', 'removed'], container.state.exitCode);
}
