import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { EngineError, newId } from '../../../src/base/index.ts';
import type { RoomContext, VolumesRoom } from '../../../src/runtime/parts.ts';

/** Volumes as bare directories: what tests of containers need of the volumes room. */
export async function plainVolumes({ layout }: RoomContext): Promise<VolumesRoom> {
  const later = async (): Promise<never> => {
    throw new EngineError('notImplemented', 'plain volumes');
  };
  return {
    api: { list: later, inspect: later, create: later, remove: later, prune: later },
    ensure: async (name = newId(), options = {}) => {
      const mountpoint = layout.volumeData(name);
      const created = !existsSync(mountpoint);
      mkdirSync(mountpoint, { recursive: true });
      return { name, mountpoint, anonymous: options.anonymous ?? false, created };
    },
    mount: async (name) => layout.volumeData(name),
    release: async () => {},
    populate: async (name, source) => {
      if (readdirSync(layout.volumeData(name)).length === 0) cpSync(source, layout.volumeData(name), { recursive: true });
    },
    remove: async (name) => rmSync(layout.volume(name), { recursive: true, force: true }),
    isAnonymous: () => false,
    close: async () => {},
  };
}
