/** Puts files into a container that has not started yet. */
import { Readable } from 'node:stream';
import type { Engine } from '../engine-api/index.ts';
import { TAR_END, tarFile } from './tar-entry.ts';
import type { FileCopy } from './plan.ts';

/** All files go in one archive, extracted at the root. Directories on the way are made by the engine. @throws EngineError */
export async function copyFiles(engine: Engine, container: string, files: readonly FileCopy[], o: { signal?: AbortSignal }): Promise<void> {
  const mtime = Math.floor(Date.now() / 1000);
  const parts = files.map(({ target, content, uid, gid, mode }) => tarFile({ name: target.replace(/^\/+/, ''), uid, gid, mode, mtime }, content));
  await engine.containers.putArchive(container, { path: '/', copyUIDGID: false }, Readable.from([Buffer.concat([...parts, TAR_END])]), o);
}
