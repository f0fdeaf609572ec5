/**
 * Directories packed as one tar under their ignore files. Owners are written as root, as docker's client does; modes and times are kept.
 * Entries come in the order of their names, so the same tree gives the same archive.
 */
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, type IgnoreMatcher } from '../base/index.ts';
import { TAR_END, tarFile, tarHeader, tarPadding } from './tar-entry.ts';

const WHOLE_FILE_BYTES = 1024 * 1024;
export const BATCH_BYTES = 512 * 1024;

export interface ExtraFile {
  readonly name: string;
  readonly content: Buffer;
}

export interface PackedTree {
  readonly root: string;
  /** Goes before the names in the archive; empty or ends in a slash. */
  readonly prefix: string;
  readonly matcher: IgnoreMatcher;
}

/** The archive in pieces of about half a megabyte: few, large writes. */
export async function* archive(trees: readonly PackedTree[], extra: readonly ExtraFile[]): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [];
  let bytes = 0;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (const { name, content } of extra) yield tarFile({ name, uid: 0, gid: 0, mode: 0o644, mtime: 0 }, content);
    for (const tree of trees) yield* packDirectory(tree, '');
    yield TAR_END;
  };
  for await (const piece of pieces()) {
    batch.push(piece);
    bytes += piece.length;
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(batch, bytes);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(batch, bytes);
}

async function* packDirectory(tree: PackedTree, directory: string): AsyncGenerator<Buffer> {
  const names = (await readdir(join(tree.root, directory))).sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const ignored = tree.matcher.isIgnored(path);
    if (ignored && tree.matcher.canSkipDirectory(path)) continue;
    const info = await lstatIfThere(join(tree.root, path));
    if (info) yield* packEntry(tree, path, info, ignored);
  }
}

async function* packEntry(tree: PackedTree, path: string, info: Stats, ignored: boolean): AsyncGenerator<Buffer> {
  const base = { name: tree.prefix + path, uid: 0, gid: 0, mode: info.mode & 0o7777, mtime: Math.floor(info.mtimeMs / 1000) };
  if (info.isDirectory()) {
    if (!ignored) yield tarHeader({ ...base, name: `${base.name}/`, type: 'directory', size: 0 });
    yield* packDirectory(tree, path);
  } else if (ignored) {
    return;
  } else if (info.isSymbolicLink()) {
    yield tarHeader({ ...base, type: 'symlink', size: 0, linkTarget: await readlink(join(tree.root, path)) });
  } else if (info.isFile()) {
    if (info.size <= WHOLE_FILE_BYTES) yield tarFile(base, await readFile(join(tree.root, path)));
    else yield* packLargeFile(join(tree.root, path), base);
  }
  // Sockets, pipes and devices have no content that a build could use.
}

/** Exactly as many bytes as the header says, even when the file changes meanwhile. */
async function* packLargeFile(path: string, base: Omit<Parameters<typeof tarHeader>[0], 'type' | 'size'>): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    yield tarHeader({ ...base, type: 'file', size });
    for (let left = size; left > 0; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, BATCH_BYTES)));
      if (bytesRead === 0) {
        for (; left > 0; left -= Math.min(left, BATCH_BYTES)) yield Buffer.alloc(Math.min(left, BATCH_BYTES));
        break;
      }
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    yield tarPadding(size);
  } finally {
    await file.close();
  }
}

/** Undefined for what vanished since the directory was read. */
async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
