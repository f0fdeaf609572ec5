import { EngineError } from '../../../base/index.ts';
import type { ContainersApi } from '../../../engine-api/index.ts';
import type { Containers } from '../context.ts';

type ArchiveApi = Pick<ContainersApi, 'changes' | 'export' | 'statPath' | 'getArchive' | 'putArchive'>;

/** Files of containers, running or not. */
export function archiveApi(room: Containers): ArchiveApi {
  const later = (): never => {
    throw new EngineError('notImplemented', 'not implemented yet');
  };
  return {
    changes: async (c) => room.images.snapshots.changes(room.registry.find(c).id),
    export: async () => later(),
    statPath: async () => later(),
    getArchive: async () => later(),
    putArchive: async () => later(),
  };
}
