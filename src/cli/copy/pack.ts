/** Reading a local file or folder as an archive for a container. */
import { createReadStream, lstatSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Header, TarPacker as Pack, TarSink } from './tar-types.ts';

type Headers = Partial<Header>;

export interface PackOptions {
  /** Name of the top entry; undefined leaves it out: only what is in the folder is packed. */
  readonly rootName: string | undefined;
  /** Follow a symbolic link at the top. */
  readonly followLink: boolean;
  /** Keep owner and group; else everything belongs to root. */
  readonly archive: boolean;
  readonly onWarning: (message: string) => void;
}

/** Entries in order of their names, parents first. Errors come as the stream's. */
export function packTree(path: string, options: PackOptions): Readable {
  const archive = pack() as unknown as Pack;
  void add(archive, path, options.rootName ?? '', options, true).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive, { objectMode: false });
}

async function add(archive: Pack, path: string, name: string, options: PackOptions, isTop: boolean): Promise<void> {
  const stat = isTop && options.followLink ? statSync(path) : lstatSync(path);
  const header = headerOf(stat, name, options);
  if (stat.isDirectory()) {
    if (name !== '') await entry(archive, { ...header, type: 'directory', size: 0 });
    for (const child of readdirSync(path).sort()) await add(archive, join(path, child), name === '' ? child : `${name}/${child}`, options, false);
  } else if (stat.isSymbolicLink()) await entry(archive, { ...header, type: 'symlink', size: 0, linkname: readlinkSync(path) });
  else if (stat.isFile()) await file(archive, path, { ...header, type: 'file', size: stat.size });
  else options.onWarning(`${path}: neither a file nor a folder nor a link; it is not copied`);
}

function headerOf(stat: Stats, name: string, { archive }: PackOptions): Headers {
  return { name, mode: stat.mode & 0o7777, mtime: stat.mtime, ...(archive ? { uid: stat.uid, gid: stat.gid } : { uid: 0, gid: 0 }) };
}

function entry(archive: Pack, header: Headers): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, '', (error) => (error ? reject(error) : resolve()));
  });
}

/** A file that grows meanwhile is cut at the size that its header says; one that shrinks fails. */
async function file(archive: Pack, path: string, header: Headers): Promise<void> {
  const size = header.size ?? 0;
  if (size === 0) return entry(archive, header);
  const done = new Promise<void>((resolve, reject) => {
    const sink = archive.entry(header, (error) => (error ? reject(error) : resolve()));
    void copy(path, size, sink).catch((error: Error) => sink.destroy(error));
  });
  await done;
}

async function copy(path: string, size: number, sink: TarSink): Promise<void> {
  for await (const piece of createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>) {
    if (!sink.write(piece)) await new Promise<void>((resolve) => sink.once('drain', resolve));
  }
  sink.end();
}
