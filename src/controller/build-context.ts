/**
 * What a build is made from: a directory that the engine reads in place, the same packed under its ignore file, or an address that the
 * engine fetches itself.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createIgnoreMatcher, errnoCode, errorMessage, parseIgnoreFile, UserError, type IgnoreMatcher } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import type { BuildExtra } from '../engine-api/index.ts';
import { archive, BATCH_BYTES, type ExtraFile } from './build-archive.ts';
import { imageOf } from './identity.ts';

export interface PackedContext {
  /** Undefined when there is nothing to send: the engine fetches `remote`, or reads in place. */
  readonly stream: Readable | undefined;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  /** The name of the Dockerfile for people: from the project's directory on. */
  readonly dockerfileName: string | undefined;
  /** Undefined for one that the engine fetches. */
  readonly dockerfileText: string | undefined;
  readonly remote: string | undefined;
  /** For `BuildExtra.namedContexts`. */
  readonly namedContexts: Readonly<Record<string, string>>;
  /** For `BuildExtra.localContexts`; empty when everything is in the stream. */
  readonly localContexts: NonNullable<BuildExtra['localContexts']>;
}

export interface PackOptions {
  /** The engine is ours: it takes named contexts. */
  readonly ownEngine: boolean;
  /** Nothing of a local directory is sent, only where it lies: for an engine on this machine, which may decline (`conflict`). */
  readonly inPlace?: boolean;
}

/** Where local named contexts lie inside the archive; see `BuildOptions.extra`. */
const OCI_LAYOUT = 'oci-layout://';
const NAMED_CONTEXTS = '.tscompose-contexts';

/** @throws UserError `build.context`, `build.dockerfile`, `ignore.pattern` */
export async function packContext(project: Project, service: Service, options: PackOptions): Promise<PackedContext> {
  const definition = service.build ?? {};
  const context = definition.context ?? project.directory;
  const named = namedContexts(project, service);
  const directories = options.ownEngine ? named.directories : {};
  for (const directory of Object.values(directories)) await requireDirectory(service.name, directory);
  if (isRemote(context)) {
    if (definition.dockerfile_inline !== undefined) throw new UserError(`services.${service.name}.build: dockerfile_inline needs a local context`, { code: 'build.context' });
    const remote = { stream: undefined, dockerfile: definition.dockerfile ?? 'Dockerfile', dockerfileName: undefined, dockerfileText: undefined, remote: context };
    if (options.inPlace) return { ...remote, namedContexts: named.references, localContexts: await places(directories) };
    return { ...remote, namedContexts: { ...insideArchive(directories), ...named.references }, localContexts: {} };
  }
  const root = isAbsolute(context) ? context : join(project.directory, context);
  await requireDirectory(service.name, root);
  const dockerfile = await placeDockerfile(project, service, root);
  const { path, name, text } = dockerfile;
  const local = { dockerfile: path, dockerfileName: name, dockerfileText: text, remote: undefined };
  if (options.inPlace) {
    const files = [...dockerfile.extra, ...(await foreignIgnoreFile(dockerfile))];
    return { ...local, stream: files.length === 0 ? undefined : streamOf([], files), namedContexts: named.references, localContexts: await places({ '': root, ...directories }) };
  }
  const trees = [{ root, prefix: '', matcher: await ignoreMatcher(root, dockerfile) }];
  for (const [key, directory] of Object.entries(directories)) {
    trees.push({ root: directory, prefix: `${NAMED_CONTEXTS}/${key}/`, matcher: await ignoreMatcher(directory, undefined) });
  }
  return { ...local, stream: streamOf(trees, dockerfile.extra), namedContexts: { ...insideArchive(named.directories), ...named.references }, localContexts: {} };
}

function streamOf(...what: Parameters<typeof archive>): Readable {
  return Readable.from(archive(...what), { objectMode: false, highWaterMark: 2 * BATCH_BYTES });
}

function insideArchive(directories: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(directories).map((name) => [name, 'context:']));
}

/** Device and inode let the engine tell whether it sees the same directories. */
async function places(directories: Readonly<Record<string, string>>): Promise<NonNullable<BuildExtra['localContexts']>> {
  const entries = Object.entries(directories).map(async ([name, path]) => {
    const { dev, ino } = await stat(path, { bigint: true });
    return [name, { path, device: String(dev), inode: String(ino) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

interface PlacedDockerfile {
  /** Inside the context. */
  readonly path: string;
  readonly text: string;
  /** What to call it. */
  readonly name: string;
  /** Files to add to the archive: a Dockerfile that is inline or lies outside the context. */
  readonly extra: readonly ExtraFile[];
  /** On disk, for `<Dockerfile>.dockerignore`. */
  readonly file: string | undefined;
}

async function placeDockerfile(project: Project, service: Service, root: string): Promise<PlacedDockerfile> {
  const { dockerfile, dockerfile_inline: inline } = service.build ?? {};
  if (inline !== undefined) return outside(Buffer.from(inline), undefined, 'dockerfile_inline');
  const file = isAbsolute(dockerfile ?? '') ? (dockerfile ?? '') : join(root, dockerfile ?? 'Dockerfile');
  const inside = relative(root, file);
  if (!inside.startsWith('..') && !isAbsolute(inside)) {
    await requireFile(service.name, file);
    return { path: inside, text: await readFile(file, 'utf8'), name: shownName(project, file), extra: [], file };
  }
  await requireFile(service.name, file);
  return outside(await readFile(file), file, shownName(project, file));
}

function shownName(project: Project, file: string): string {
  const path = relative(project.directory, file);
  return path.startsWith('..') ? file : path;
}

function outside(content: Buffer, file: string | undefined, name: string): PlacedDockerfile {
  const path = `.dockerfile.${createHash('sha256').update(content).digest('hex').slice(0, 20)}`;
  return { path, text: content.toString('utf8'), name, extra: [{ name: path, content }], file };
}

/** The ignore file beside a Dockerfile that is not in the context: the engine would not find it. */
async function foreignIgnoreFile({ file, extra, path }: PlacedDockerfile): Promise<ExtraFile[]> {
  const text = file === undefined || extra.length === 0 ? undefined : await readIfThere(`${file}.dockerignore`);
  return text === undefined ? [] : [{ name: `${path}.dockerignore`, content: Buffer.from(text) }];
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
    } else if (source.startsWith(OCI_LAYOUT)) {
      const [, path = '', selector = ''] = /^(.*?)((?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?)$/s.exec(source.slice(OCI_LAYOUT.length)) ?? [];
      references[name] = `oci-layout:${selector}`;
      directories[name] = isAbsolute(path) ? path : join(project.directory, path);
    } else if (/^[a-z-]+:\/\//.test(source) || isRemote(source)) {
      references[name] = source;
    } else {
      directories[name] = isAbsolute(source) ? source : join(project.directory, source);
    }
  }
  return { references, directories };
}

function isRemote(context: string): boolean {
  return /^(https?|git|ssh):\/\//.test(context) || context.startsWith('git@') || context.startsWith('github.com/');
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
