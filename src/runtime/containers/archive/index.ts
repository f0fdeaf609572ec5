import { closeSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { EngineError, errorMessage } from '../../../base/index.ts';
import type { ContainersApi } from '../../../engine-api/index.ts';
import { bytePathOf } from '../../host/byte-path.ts';
import { fdPath, openInRoot, withFd } from '../../host/rooted.ts';
import { consumePlain, TarError, TarReader } from '../../images/index.ts';
import type { Container } from '../container.ts';
import type { Containers } from '../context.ts';
import { lookUpUser } from '../prepare-process.ts';
import { Extractor } from './extract.ts';
import { packMember } from './pack.ts';
import { findPath, pathStat } from './path-stat.ts';
import { openRoot, openView, type View } from './view.ts';

type ArchiveApi = Pick<ContainersApi, 'changes' | 'export' | 'statPath' | 'getArchive' | 'putArchive'>;

/** The files of containers, running or not: `cp`, `export`, `diff`. */
export function archiveApi(room: Containers): ArchiveApi {
  const find = (reference: string): Container => room.registry.find(reference);
  return {
    changes: async (c) => room.images.snapshots.changes(find(c).id),
    export: async (c, o) => {
      const view = await openRoot(room, find(c));
      return stream(packMember(view.root, '.', '', o?.signal), () => view.close());
    },
    statPath: async (c, path) => {
      const container = find(c);
      return withView(room, container, ({ root }) => {
        const found = findPath(root, path, container.name);
        return withFd(found.parent, () => pathStat(root, path, found));
      });
    },
    getArchive: async (c, path, o) => getArchive(room, find(c), path, o?.signal),
    putArchive: (c, query, archive, o) => putArchive(room, find(c), query, archive, o?.signal),
  };
}

async function withView<T>(room: Containers, container: Container, body: (view: View) => T | Promise<T>): Promise<T> {
  const view = await openView(room, container);
  try {
    return await body(view);
  } finally {
    await view.close();
  }
}

/** The stream owns what it reads from: it is closed when the stream ends, fails or is given up. */
function stream(chunks: AsyncGenerator<Buffer>, close: () => Promise<void>): Readable {
  const readable = Readable.from(chunks, { objectMode: false, highWaterMark: 512 * 1024 });
  readable.once('close', () => void close());
  return readable;
}

async function getArchive(
  room: Containers,
  container: Container,
  path: string,
  signal: AbortSignal | undefined,
): ReturnType<ContainersApi['getArchive']> {
  const view = await openView(room, container);
  try {
    const found = findPath(view.root, path, container.name);
    const stat = pathStat(view.root, path, found);
    // `dir/.` and `/` give the members relative to the directory.
    const as = found.name === '.' && /(^|\/)\.$|^\/*$/.test(path) ? '' : bytePathOf(posix.basename(posix.resolve('/', path)));
    const archive = stream(packMember(found.parent, found.name, as, signal), async () => {
      closeSync(found.parent);
      await view.close();
    });
    return { stat, archive };
  } catch (error) {
    await view.close();
    throw error;
  }
}

async function putArchive(
  room: Containers,
  container: Container,
  query: { path: string; noOverwriteDirNonDir?: boolean; copyUIDGID?: boolean },
  archive: Readable,
  signal: AbortSignal | undefined,
): Promise<void> {
  const into = posix.resolve('/', query.path);
  refuseReadonly(container, into);
  await withView(room, container, async ({ root }) => {
    checkTarget(root, into, container.name);
    const owner = query.copyUIDGID ? lookUpUser(root, container.record.config.User ?? '', []) : undefined;
    const extractor = new Extractor(root, { into, noOverwriteDirNonDir: query.noOverwriteDirNonDir ?? false, ...(owner && { owner }) });
    try {
      const reader = new TarReader(extractor);
      await consumePlain({ bytes: archive, ...(signal && { signal }) }, async (bytes) => {
        for await (const chunk of bytes) reader.write(chunk);
        reader.end();
        extractor.finish();
      });
    } catch (error) {
      if (error instanceof TarError) throw new EngineError('invalid', errorMessage(error), { cause: error });
      throw error;
    } finally {
      extractor.close();
    }
  });
  room.ctx.events.publish('container', 'extract-to-dir', container.id, { ...container.record.config.Labels, name: container.name, path: query.path });
}

function checkTarget(root: number, into: string, name: string): void {
  let isDirectory: boolean;
  try {
    isDirectory = withFd(openInRoot(root, into), (fd) => statSync(fdPath(fd)).isDirectory());
  } catch (cause) {
    throw new EngineError('notFound', `Could not find the file ${into} in container ${name}`, { cause });
  }
  if (!isDirectory) throw new EngineError('invalid', 'extraction point is not a directory');
}

/** A read-only root takes files only where something writable is mounted. */
function refuseReadonly(container: Container, into: string): void {
  const { mounts, hostConfig } = container.record;
  const covering = mounts
    .filter(({ destination }) => into === destination || into.startsWith(`${destination}/`))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
  if (covering?.readonly) throw new EngineError('forbidden', 'mounted volume is marked read-only');
  if (!covering && hostConfig.ReadonlyRootfs) throw new EngineError('forbidden', 'container rootfs is marked read-only');
}
