import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../base/index.ts';
import { killCgroup, removeCgroup } from '../host/cgroup.ts';
import { deleteContainer } from '../host/oci-runtime.ts';
import { runtimeOf } from '../host/tools.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import { releaseSharedMemory } from './prepare.ts';
import { imageMountId } from './prepare-mounts.ts';
import { hasProcess } from './record.ts';

/** Processes take a moment to leave their group after they were killed. */
const CGROUP_RETRIES_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000] as const;

/**
 * Gives back what a run of a container used: network, control group, runtime state, mounts, bundle. Idempotent, goes on after errors,
 * never throws: what could not be removed is logged and swept by the next recovery.
 * @param options.kill  first end what still runs in it
 */
export async function cleanUp(room: Containers, container: Container, options: { kill?: boolean } = {}): Promise<void> {
  if (container.isClean) return;
  const { layout } = room.ctx;
  let complete = true;
  const attempt = async (what: string, body: () => unknown): Promise<void> => {
    try {
      await body();
    } catch (error) {
      complete = false;
      room.ctx.logger.warn(`cannot clean up ${what}`, { container: container.id, error });
    }
  };
  if (options.kill) await attempt('process', () => deleteContainer(runtimeOf(room.tools, container.id), container.id));
  const mode = container.record.hostConfig.NetworkMode ?? '';
  const network = mode === 'host' || mode.startsWith('container:') ? undefined : attempt('network', () => room.networks.detach(container.id));
  await attempt('control group', () => removeGroup(room, container));
  await attempt('runtime state', () => room.runTrash.discard(join(room.tools.runtime.stateRoot, container.id)));
  await attempt('bundle', () => room.runTrash.discard(layout.bundle(container.id)));
  if (container.views === 0) await attempt('root', () => room.images.snapshots.unmount(container.id));
  await attempt('shared memory', () => releaseSharedMemory(room, container));
  await attempt('mounts', () => releaseMounts(room, container));
  await network;
  container.isClean = complete;
}

async function removeGroup(room: Containers, container: Container): Promise<void> {
  const path = cgroupPath(room, container);
  if (removeCgroup(room.tools.cgroups, path)) return;
  for (const pause of CGROUP_RETRIES_MS) {
    killCgroup(room.tools.cgroups, path);
    await delay(pause);
    if (removeCgroup(room.tools.cgroups, path)) return;
  }
  throw new Error(`the control group ${path} is still in use`);
}

async function releaseMounts(room: Containers, container: Container): Promise<void> {
  for (const mount of container.record.mounts) {
    if (mount.type === 'image') await room.images.snapshots.remove(imageMountId(container, mount));
    if (mount.type !== 'volume') continue;
    const inUse = room.registry.all().some(
      (other) => other !== container && hasProcess(other.state) && other.record.mounts.some((m) => m.type === 'volume' && m.source === mount.source),
    );
    if (inUse) continue;
    try {
      await room.volumes.release(mount.source);
    } catch (error) {
      room.ctx.logger.warn('cannot release volume', { volume: mount.source, reason: errorMessage(error) });
    }
  }
}
