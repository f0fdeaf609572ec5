import { closeSync, constants, openSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError, errnoCode } from '../../../base/index.ts';
import { mount, MS, unmount } from '../../host/libc.ts';
import { fdPath, openInRoot, withFd } from '../../host/rooted.ts';
import type { Container } from '../container.ts';
import type { Containers } from '../context.ts';
import { readyMounts } from '../prepare-mounts.ts';
import { makeDirectoriesInRoot } from '../prepare-process.ts';
import { hasProcess } from '../record.ts';

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
        if (ready.type === 'bind') mounted.push(bindInside(root, ready.source, ready.destination, ready.options.includes('ro')));
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
    throw error;
  }
}

/** Mounts the root and keeps it mounted until the last view has gone. */
async function hold(room: Containers, container: Container): Promise<string> {
  if (container.state.status === 'removing') throw new EngineError('conflict', `container ${container.id} is marked for removal`);
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

/** @returns the host path of the mount point, resolved inside the root */
function bindInside(root: number, source: string, destination: string, readonly: boolean): string {
  makeMountPoint(root, source, destination);
  const target = withFd(openInRoot(root, destination), (fd) => readlinkSync(fdPath(fd)));
  mount(source, target, null, MS.BIND | MS.REC);
  mount(null, target, null, MS.PRIVATE | MS.REC);
  if (readonly) mount(null, target, null, MS.BIND | MS.REMOUNT | MS.RDONLY);
  return target;
}

function makeMountPoint(root: number, source: string, destination: string): void {
  try {
    return withFd(openInRoot(root, destination), () => undefined);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  if (statSync(source).isDirectory()) return makeDirectoriesInRoot(root, destination);
  const parent = dirname(destination);
  makeDirectoriesInRoot(root, parent);
  withFd(openInRoot(root, parent), (fd) => writeFileSync(join(fdPath(fd), destination.slice(parent.length).replace(/^\//, '')), '', { flag: 'a' }));
}

