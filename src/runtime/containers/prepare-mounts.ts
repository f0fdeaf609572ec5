import { closeSync, constants, mkdirSync, openSync, readlinkSync, statSync } from 'node:fs';
import { EngineError, errnoCode } from '../../base/index.ts';
import { fdPath, isInside, openInRoot, withFd } from '../host/rooted.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import type { MountRecord } from './record.ts';
import type { ReadyMount } from './spec-mounts.ts';

/** Sources of a container's mounts, made and mounted where they need it; volumes filled on first use. */
export async function readyMounts(room: Containers, container: Container, rootfs: string): Promise<ReadyMount[]> {
  const ready: ReadyMount[] = [];
  for (const record of container.record.mounts) ready.push(await readyMount(room, container, record, rootfs));
  return ready;
}

async function readyMount(room: Containers, container: Container, record: MountRecord, rootfs: string): Promise<ReadyMount> {
  const { destination } = record;
  const mode = record.readonly ? 'ro' : 'rw';
  switch (record.type) {
    case 'tmpfs':
      return { destination, type: 'tmpfs', source: 'tmpfs', options: record.options ?? [] };
    case 'bind': {
      const source = bindSource(record);
      return { destination, type: 'bind', source, options: [record.nonRecursive ? 'bind' : 'rbind', mode, record.propagation || 'rprivate'] };
    }
    case 'volume': {
      if (record.copy !== false && record.subpath === undefined) await populateVolume(room, record, rootfs);
      const source = await room.volumes.mount(record.source, record.subpath);
      return { destination, type: 'bind', source, options: ['rbind', mode, 'rprivate'] };
    }
    case 'image': {
      const source = await mountImage(room, container, record);
      return { destination, type: 'bind', source, options: ['rbind', 'ro', 'rprivate'] };
    }
  }
}

function bindSource(record: MountRecord): string {
  if (statSync(record.source, { throwIfNoEntry: false })) return record.source;
  if (!record.createSource) {
    throw new EngineError('invalid', `invalid mount config for type "bind": bind source path does not exist: ${record.source}`);
  }
  try {
    mkdirSync(record.source, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new EngineError('internal', `error while creating mount source path '${record.source}': ${(cause as Error).message}`, { cause });
  }
  return record.source;
}

/** A new volume takes over what the image has at its place. By a descriptor: a path would lead to the host when the root is unmounted meanwhile. */
async function populateVolume(room: Containers, record: MountRecord, rootfs: string): Promise<void> {
  const directory = openDirectory(rootfs, record.destination);
  if (directory === undefined) return;
  try {
    await room.volumes.populate(record.source, `${fdPath(directory)}/.`);
  } finally {
    closeSync(directory);
  }
}

/** A directory inside a mounted root, symlinks resolved inside it; undefined when there is none. */
function openDirectory(rootfs: string, path: string): number | undefined {
  try {
    return withFd(openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY), (root) => openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** The id under which the snapshot of an image mount is kept. */
export function imageMountId(container: Container, record: MountRecord): string {
  return `${container.id}-i${container.record.mounts.indexOf(record)}`;
}

async function mountImage(room: Containers, container: Container, record: MountRecord): Promise<string> {
  const id = imageMountId(container, record);
  const image = await room.images.resolve(record.image ?? record.source);
  await room.images.snapshots.prepare(id, image.record);
  const root = await room.images.snapshots.mount(id);
  if (record.subpath === undefined) return root;
  const fd = openDirectory(root, record.subpath);
  const directory = fd === undefined ? undefined : withFd(fd, () => readlinkSync(fdPath(fd)));
  if (directory === undefined || !isInside(root, directory)) throw new EngineError('invalid', `cannot access path ${record.subpath} in image ${record.source}`);
  return directory;
}
