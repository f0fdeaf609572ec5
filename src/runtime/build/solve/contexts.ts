/** What the client sent to build from: a tar with everything, directories that can be read in place, or an address. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { createIgnoreMatcher, EngineError, parseIgnoreFile, UserError, type IgnoreMatcher } from '../../../base/index.ts';
import type { BuildOptions } from '../../../engine-api/index.ts';
import { bytePathOf, fsPath, type BytePath } from '../../host/byte-path.ts';
import { readTarTree, StatDigestCache, type FileStore } from '../context/index.ts';
import { DirectoryTree, FilteredTree, MemoryTree, resolveTreePath, Subtree, type SourceTree } from '../tree/index.ts';
import { isArchive } from './archives.ts';
import { treeSource } from './content-sources.ts';
import type { Downloads } from './downloads.ts';
import { checkOut, parseGitReference, resolveCommit } from './git.ts';
import type { ContentSource } from './session.ts';

const NAMED = '.tscompose-contexts';
const MAX_DOCKERFILE = 4 << 20;

export interface Contexts {
  readonly main: ContentSource;
  /** Directories among the named contexts. */
  readonly named: ReadonlyMap<string, ContentSource>;
  readonly dockerfile: { readonly path: string; readonly text: string };
  /** What the ignore file leaves out: for the lint rule. */
  readonly ignore: IgnoreMatcher;
  /** Keeps digests of files that were read in place. */
  save(): void;
}

export interface ContextTools {
  readonly files: FileStore;
  readonly downloads: Downloads;
  readonly digestDirectory: string;
  temporary(): string;
  readonly signal: AbortSignal;
}

/** A tree that was received or found, before ignore files are applied. */
interface Found {
  readonly tree: SourceTree;
  /** The ignore file is still to be applied: nobody has packed this tree under it. */
  readonly isRaw: boolean;
  /** The directory that it is. */
  readonly directory?: string;
}

/** @throws EngineError invalid, conflict (a local context that is not the client's) */
export async function receiveContexts(options: BuildOptions, stream: Readable | undefined, tools: ContextTools): Promise<Contexts> {
  const sent = stream ? await readTarTree(stream, tools.files, { signal: tools.signal }) : undefined;
  const local = new LocalContexts(options, tools.digestDirectory);
  const main = local.get('') ?? (await remoteContext(options, tools)) ?? { tree: sent ?? new MemoryTree(() => ''), isRaw: false };
  const dockerfile = readDockerfile(options, sent, main.tree);
  const ignore = ignoreOf(main.tree, dockerfile.path);
  return {
    main: mainSource(main, ignore, dockerfile.path),
    named: namedDirectories(options, sent, local),
    dockerfile,
    ignore,
    save: () => local.save(),
  };
}

function mainSource(main: Found, ignore: IgnoreMatcher, dockerfile: string): ContentSource {
  const always = (path: string): boolean => path === NAMED || (path === dockerfile && /^\.dockerfile\.[0-9a-f]+$/.test(path));
  const special = new Set([dockerfile, `${dockerfile}.dockerignore`, '.dockerignore']);
  // A packed context has been filtered by the client, which sends Dockerfile and ignore file although they are excluded.
  const matcher: IgnoreMatcher = main.isRaw
    ? { isIgnored: (path) => always(path) || ignore.isIgnored(path), canSkipDirectory: (path) => path === NAMED || ignore.canSkipDirectory(path) }
    : { isIgnored: (path) => always(path) || (special.has(path) && ignore.isIgnored(path)), canSkipDirectory: () => true };
  return { ...treeSource(new FilteredTree(main.tree, matcher)), mayChange: main.directory !== undefined };
}

/** Directories that client and engine both see, checked by device and inode. */
class LocalContexts {
  readonly #contexts: NonNullable<NonNullable<BuildOptions['extra']>['localContexts']>;
  readonly #directory: string;
  readonly #caches: StatDigestCache[] = [];

  constructor(options: BuildOptions, directory: string) {
    this.#contexts = options.extra?.localContexts ?? {};
    this.#directory = directory;
  }

  names(): string[] {
    return Object.keys(this.#contexts).filter((name) => name !== '');
  }

  /** @throws EngineError conflict when the engine sees another directory there, or none */
  get(name: string): Found | undefined {
    const wanted = Object.hasOwn(this.#contexts, name) ? this.#contexts[name] : undefined;
    if (!wanted) return undefined;
    const stats = isAbsolute(wanted.path) ? statSync(wanted.path, { bigint: true, throwIfNoEntry: false }) : undefined;
    if (!stats?.isDirectory() || String(stats.dev) !== wanted.device || String(stats.ino) !== wanted.inode) {
      throw new EngineError('conflict', `the engine does not see the build context ${wanted.path}`);
    }
    const cache = new StatDigestCache(this.#directory, wanted.path);
    this.#caches.push(cache);
    return { tree: new DirectoryTree(wanted.path, cache, { ownedByRoot: true }), isRaw: true, directory: wanted.path };
  }

  save(): void {
    for (const cache of this.#caches) cache.save();
  }
}

function namedDirectories(options: BuildOptions, sent: MemoryTree | undefined, local: LocalContexts): Map<string, ContentSource> {
  const named = new Map<string, ContentSource>();
  for (const [name, source] of Object.entries(options.extra?.namedContexts ?? {})) {
    if (source !== 'context:') continue;
    if (!sent) throw new EngineError('invalid', `the named context ${name} was not sent`);
    named.set(name, treeSource(new Subtree(sent, posix.join(NAMED, bytePathOf(name)))));
  }
  for (const name of local.names()) {
    const found = local.get(name);
    if (found) named.set(name, treeSource(new FilteredTree(found.tree, ignoreOf(found.tree, undefined))));
  }
  return named;
}

/** `<Dockerfile>.dockerignore` wins over `.dockerignore`. @throws EngineError invalid for a bad pattern */
function ignoreOf(tree: SourceTree, dockerfile: string | undefined): IgnoreMatcher {
  const text = (dockerfile === undefined ? undefined : readText(tree, `${dockerfile}.dockerignore`)) ?? readText(tree, '.dockerignore') ?? '';
  try {
    return createIgnoreMatcher(parseIgnoreFile(text));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new EngineError('invalid', `.dockerignore: ${error.message}`, { cause: error });
  }
}

/** A file of a tree as text, symlinks followed inside it. */
function readText(tree: SourceTree, path: string): string | undefined {
  const found = resolveTreePath((at) => tree.stat(at), bytePathOf(path));
  if (found.node?.type !== 'file') return undefined;
  if (found.node.size > MAX_DOCKERFILE) throw new EngineError('invalid', `${path} is larger than ${MAX_DOCKERFILE >> 20} MiB`);
  return readFileSync(fsPath(tree.contentFile(found.path)), 'utf8');
}

function readDockerfile(options: BuildOptions, sent: SourceTree | undefined, main: SourceTree): { path: string; text: string } {
  const asked = options.dockerfile === undefined || options.dockerfile === '' ? 'Dockerfile' : options.dockerfile;
  const path = posix.normalize(`/${asked}`).slice(1);
  const candidates = asked === 'Dockerfile' ? [path, 'dockerfile'] : [path];
  for (const candidate of candidates) {
    const text = (sent && readText(sent, candidate)) ?? readText(main, candidate);
    if (text !== undefined) return { path: candidate, text };
  }
  throw new EngineError('invalid', `Cannot locate specified Dockerfile: ${asked}`);
}

/** `remote=`: a git repository, a tar archive, or a lone Dockerfile. */
async function remoteContext(options: BuildOptions, tools: ContextTools): Promise<Found | undefined> {
  const { remote, buildArgs } = options;
  if (remote === undefined || remote === '' || remote === 'client-context') return undefined;
  return fetchContext(remote, tools, /^(?:1|true)$/i.test(buildArgs?.['BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? ''));
}

/** @throws EngineError */
export async function fetchContext(address: string, tools: Omit<ContextTools, 'digestDirectory'>, keepGitDir = false): Promise<Found> {
  const reference = parseGitReference(address);
  if (reference) {
    const directory = join(tools.temporary(), 'git');
    await checkOut(reference, await resolveCommit(reference, tools.signal), directory, { keepGitDir, signal: tools.signal });
    return { tree: inside(new DirectoryTree(directory, undefined, { ownedByRoot: true }), reference.directory, address), isRaw: true };
  }
  if (!/^https?:\/\//i.test(address)) throw new EngineError('invalid', `unsupported build context ${JSON.stringify(address)}`);
  const { digest, size } = await tools.downloads.get(address, undefined, tools.signal);
  const file = tools.files.path(digest);
  if (await isArchive(file)) return { tree: await readTarTree(createReadStream(file), tools.files, { signal: tools.signal }), isRaw: true };
  const tree = new MemoryTree((hex) => tools.files.path(hex));
  tree.set('Dockerfile', { type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtimeMs: 0, link: '', major: 0, minor: 0 }, { digest });
  return { tree, isRaw: true };
}

function inside(tree: SourceTree, directory: string, address: string): SourceTree {
  const { path, node } = resolveTreePath((at: BytePath) => tree.stat(at), bytePathOf(directory));
  if (node?.type !== 'dir') throw new EngineError('invalid', `${address}: no such directory`);
  return path === '' ? tree : new Subtree(tree, path);
}
