/**
 * What a build is made from: a directory packed under its ignore file, or an address that the engine fetches itself.
 * Owners are written as root, as docker's client does; modes and times are kept. Entries come in the order of their names, so the
 * same tree gives the same archive.
 */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createIgnoreMatcher, errnoCode, errorMessage, parseIgnoreFile, UserError, type IgnoreMatcher } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { imageOf } from './identity.ts';
import { TAR_END, tarFile, tarHeader, tarPadding } from './tar-entry.ts';

export interface PackedContext {
  /** Undefined when the engine fetches `remote`. */
  readonly stream: Readable | undefined;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  readonly remote: string | undefined;
  /** For `BuildExtra.namedContexts`. */
  readonly namedContexts: Readonly<Record<string, string>>;
}

/** Where local named contexts lie inside the archive; see `BuildOptions.extra`. */
const NAMED_CONTEXTS = '.tscompose-contexts';
const WHOLE_FILE_BYTES = 1024 * 1024;
const BATCH_BYTES = 512 * 1024;

/** @throws UserError `build.context`, `build.dockerfile`, `ignore.pattern` */
export async function packContext(project: Project, service: Service, options: { readonly ownEngine: boolean }): Promise<PackedContext> {
  const definition = service.build ?? {};
  const context = definition.context ?? project.directory;
  const named = namedContexts(project, service);
  if (isRemote(context)) {
    if (definition.dockerfile_inline !== undefined) throw new UserError(`services.${service.name}.build: dockerfile_inline needs a local context`, { code: 'build.context' });
    return { stream: undefined, dockerfile: definition.dockerfile ?? 'Dockerfile', remote: context, namedContexts: named.references };
  }
  const root = isAbsolute(context) ? context : join(project.directory, context);
  await requireDirectory(service.name, root);
  const dockerfile = await placeDockerfile(service, root);
  const trees = [{ root, prefix: '', matcher: await ignoreMatcher(root, dockerfile) }];
  if (options.ownEngine) {
    for (const [name, directory] of Object.entries(named.directories)) {
      await requireDirectory(service.name, directory);
      trees.push({ root: directory, prefix: `${NAMED_CONTEXTS}/${name}/`, matcher: await ignoreMatcher(directory, undefined) });
    }
  }
  const stream = Readable.from(archive(trees, dockerfile.extra), { objectMode: false, highWaterMark: 2 * BATCH_BYTES });
  return { stream, dockerfile: dockerfile.path, remote: undefined, namedContexts: named.references };
}

interface PlacedDockerfile {
  /** Inside the context. */
  readonly path: string;
  /** Files to add to the archive: a Dockerfile that is inline or lies outside the context. */
  readonly extra: readonly { readonly name: string; readonly content: Buffer }[];
  /** On disk, for `<Dockerfile>.dockerignore`. */
  readonly file: string | undefined;
}

async function placeDockerfile(service: Service, root: string): Promise<PlacedDockerfile> {
  const { dockerfile, dockerfile_inline: inline } = service.build ?? {};
  if (inline !== undefined) return outside(Buffer.from(inline), undefined);
  const file = isAbsolute(dockerfile ?? '') ? (dockerfile ?? '') : join(root, dockerfile ?? 'Dockerfile');
  const inside = relative(root, file);
  if (!inside.startsWith('..') && !isAbsolute(inside)) {
    await requireFile(service.name, file);
    return { path: inside, extra: [], file };
  }
  await requireFile(service.name, file);
  return outside(await readFile(file), file);
}

function outside(content: Buffer, file: string | undefined): PlacedDockerfile {
  const name = `.dockerfile.${createHash('sha256').update(content).digest('hex').slice(0, 20)}`;
  return { path: name, extra: [{ name, content }], file };
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile wins over the context's `.dockerignore`; both files always travel. */
async function ignoreMatcher(root: string, dockerfile: PlacedDockerfile | undefined): Promise<IgnoreMatcher> {
  const own = dockerfile?.file === undefined ? undefined : await readIfThere(`${dockerfile.file}.dockerignore`);
  const text = own ?? (await readIfThere(join(root, '.dockerignore'))) ?? '';
  const keep = dockerfile ? [`!${dockerfile.path}`, '!.dockerignore'] : [];
  const patterns = parseIgnoreFile(text);
  return createIgnoreMatcher(patterns.length === 0 ? [] : [...patterns, ...keep]);
}

function namedContexts(project: Project, service: Service): { references: Record<string, string>; directories: Record<string, string> } {
  const references: Record<string, string> = {};
  const directories: Record<string, string> = {};
  for (const [name, source] of Object.entries(service.build?.additional_contexts ?? {})) {
    if (!/^[\w.@:/-]+$/.test(name) || name.split('/').includes('..')) throw new UserError(`services.${service.name}.build.additional_contexts: "${name}" is no name for a context`, { code: 'build.context' });
    if (source.startsWith('service:')) {
      const other = source.slice('service:'.length);
      const target = project.services[other] ?? project.disabledServices[other];
      if (!target) throw new UserError(`services.${service.name}.build.additional_contexts: no such service: ${other}`, { code: 'build.context' });
      references[name] = `docker-image://${imageOf(project.name, target)}`;
    } else if (/^[a-z-]+:\/\//.test(source) || isRemote(source)) {
      references[name] = source;
    } else {
      references[name] = 'context:';
      directories[name] = isAbsolute(source) ? source : join(project.directory, source);
    }
  }
  return { references, directories };
}

function isRemote(context: string): boolean {
  return /^(https?|git|ssh):\/\//.test(context) || context.startsWith('git@') || context.startsWith('github.com/');
}

interface Tree {
  readonly root: string;
  /** Goes before the names in the archive; empty or ends in a slash. */
  readonly prefix: string;
  readonly matcher: IgnoreMatcher;
}

/** The archive in pieces of about half a megabyte: few, large writes. */
async function* archive(trees: readonly Tree[], extra: PlacedDockerfile['extra']): AsyncGenerator<Buffer> {
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

async function* packDirectory(tree: Tree, directory: string): AsyncGenerator<Buffer> {
  const names = (await readdir(join(tree.root, directory))).sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const ignored = tree.matcher.isIgnored(path);
    if (ignored && tree.matcher.canSkipDirectory(path)) continue;
    const info = await lstatIfThere(join(tree.root, path));
    if (info) yield* packEntry(tree, path, info, ignored);
  }
}

async function* packEntry(tree: Tree, path: string, info: Stats, ignored: boolean): AsyncGenerator<Buffer> {
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

async function requireDirectory(service: string, path: string): Promise<void> {
  const info = await stat(path).catch((error: unknown) => {
    throw new UserError(`services.${service}.build: context ${path}: ${errnoCode(error) === 'ENOENT' ? 'no such directory' : errorMessage(error)}`, { code: 'build.context', cause: error });
  });
  if (!info.isDirectory()) throw new UserError(`services.${service}.build: context ${path} is not a directory`, { code: 'build.context' });
}

async function requireFile(service: string, path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new UserError(`services.${service}.build: Dockerfile ${path}: no such file`, { code: 'build.dockerfile' });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw error;
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
