import { closeSync, constants, openSync } from 'node:fs';
import { EngineError, errnoCode } from '../../../base/index.ts';
import { unmount } from '../../host/libc.ts';
import type { Container } from '../container.ts';
import type { Containers } from '../context.ts';
import { readyMounts } from '../prepare-mounts.ts';
import { hasProcess } from '../record.ts';
import { bindInside } from './bind-inside.ts';

/** A container's file system, open at its root. */
export interface View {
  readonly root: number;
  close(): Promise<void>;
}

/**
 * Opens what a container sees. While it runs that is its own mount namespace with everything in it, tmpfs included. Else its root is
 * mounted, with its volumes and binds over it, for as long as the view is open.
 */
export async function openView(room: Containers, container: Container): Promise<View> {
  const pid = hasProcess(container.state) ? container.state.process?.pid : undefined;
  if (pid !== undefined) {
    try {
      const root = openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
      return { root, close: async () => closeSync(root) };
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') throw error; // it has just ended
    }
  }
  return openStopped(room, container);
}

/** The root alone, as image and writable layer give it, without anything mounted over it: what `export` writes. */
export async function openRoot(room: Containers, container: Container): Promise<View> {
  const merged = await hold(room, container);
  const root = openSync(merged, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    root,
    close: async () => {
      closeSync(root);
      await letGo(room, container);
    },
  };
}

async function openStopped(room: Containers, container: Container): Promise<View> {
  const merged = await hold(room, container);
  const mounted: string[] = [];
  const undo = async (): Promise<void> => {
    for (const target of mounted.splice(0).reverse()) unmount(target);
    await letGo(room, container);
  };
  try {
    const root = openSync(merged, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      for (const ready of await readyMounts(room, container, merged)) {
        if (ready.type !== 'bind') continue;
        const target = bindInside(root, merged, { ...ready, readonly: ready.options.includes('ro') });
        if (target !== undefined) mounted.push(target);
      }
    } finally {
      closeSync(root);
    }
    // Opened again: a descriptor from before the mounts would look below them.
    const view = openSync(merged, constants.O_RDONLY | constants.O_DIRECTORY);
    return {
      root: view,
      close: async () => {
        closeSync(view);
        await undo();
      },
    };
  } catch (error) {
    await undo();
    throw isGoing(container) ? removalError(container, error) : error; // a removal does not wait for us: it takes the root away
  }
}

function isGoing(container: Container): boolean {
  return container.state.status === 'removing';
}

function removalError(container: Container, cause?: unknown): EngineError {
  return new EngineError('conflict', `container ${container.id} is marked for removal`, { cause });
}

/** Mounts the root and keeps it mounted until the last view has gone. */
async function hold(room: Containers, container: Container): Promise<string> {
  if (isGoing(container)) throw removalError(container);
  container.views++;
  try {
    return await room.images.snapshots.mount(container.id);
  } catch (error) {
    container.views--;
    throw error;
  }
}

async function letGo(room: Containers, container: Container): Promise<void> {
  container.views--;
  await room.locks.run(container.id, async () => {
    if (container.views === 0 && !hasProcess(container.state)) await room.images.snapshots.unmount(container.id);
  });
}
