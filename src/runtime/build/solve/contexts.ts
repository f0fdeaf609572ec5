/** What the client sent to build from: a tar with everything, directories that can be read in place, or an address. */
import { createReadStream, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { createIgnoreMatcher, EngineError, parseIgnoreFile, UserError, type IgnoreMatcher } from '../../../base/index.ts';
import type { BuildOptions } from '../../../engine-api/index.ts';
import { bytePathOf, type BytePath } from '../../host/byte-path.ts';
import { withFd } from '../../host/rooted.ts';
import { readTarTree, type FileStore } from '../context/index.ts';
import { DirectoryTree, FilteredTree, MemoryTree, resolveTreePath, Subtree, type SourceTree } from '../tree/index.ts';
import { isArchive } from './archives.ts';
import { treeSource } from './content-sources.ts';
import type { Downloads } from './downloads.ts';
import { checkOut, parseGitReference, resolveCommit } from './git.ts';
import { LocalContexts } from './local-contexts.ts';
import type { ContentSource } from './session.ts';

const NAMED = '.tscompose-contexts';
/** Begins the address of a named context that is a directory in OCI layout; what follows says which image: `:tag`, `@digest`. */
export const OCI_LAYOUT = 'oci-layout:';
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
  /** Runs something at the end of the build, however it ends. */
  atEnd(close: () => void): void;
  readonly signal: AbortSignal;
}

/** A tree that was received or found, before ignore files are applied. */
interface Found {
  readonly tree: SourceTree;
  /** The ignore file is still to be applied: nobody has packed this tree under it. */
  readonly isRaw: boolean;
  /** Others may write to it meanwhile. */
  readonly mayChange?: boolean;
}

/** @throws EngineError invalid, conflict (a local context that is not the client's) */
export async function receiveContexts(options: BuildOptions, stream: Readable | undefined, tools: ContextTools): Promise<Contexts> {
  const sent = stream ? await readTarTree(stream, tools.files, { signal: tools.signal }) : undefined;
  const local = new LocalContexts(options.extra, tools.digestDirectory);
  tools.atEnd(() => local.close());
  const main = localMain(local) ?? (await remoteContext(options, tools)) ?? { tree: sent ?? new MemoryTree(() => ''), isRaw: false };
  const dockerfile = readDockerfile(options, sent, main.tree);
  const ignore = ignoreOf(sent ? [sent, main.tree] : [main.tree], dockerfile.path);
  return {
    main: mainSource(main, ignore, dockerfile.path),
    named: namedDirectories(options, sent, local),
    dockerfile,
    ignore,
    save: () => local.save(),
  };
}

function localMain(local: LocalContexts): Found | undefined {
  const tree = local.get('');
  return tree && { tree, isRaw: true, mayChange: true };
}

function mainSource(main: Found, ignore: IgnoreMatcher, dockerfile: string): ContentSource {
  if (main.mayChange === true) return { ...treeSource(filtered(main.tree, ignore)), mayChange: true };
  const always = (path: string): boolean => path === NAMED || (path === dockerfile && /^\.dockerfile\.[0-9a-f]+$/.test(path));
  const special = new Set([dockerfile, `${dockerfile}.dockerignore`, '.dockerignore']);
  // A packed context has been filtered by the client, which sends Dockerfile and ignore file although they are excluded.
  const matcher: IgnoreMatcher = main.isRaw
    ? { isEmpty: false, isIgnored: (path) => always(path) || ignore.isIgnored(path), canSkipDirectory: (path) => path === NAMED || ignore.canSkipDirectory(path) }
    : { isEmpty: false, isIgnored: (path) => always(path) || (special.has(path) && ignore.isIgnored(path)), canSkipDirectory: () => true };
  return treeSource(new FilteredTree(main.tree, matcher));
}

function filtered(tree: SourceTree, ignore: IgnoreMatcher): SourceTree {
  return ignore.isEmpty ? tree : new FilteredTree(tree, ignore);
}

function namedDirectories(options: BuildOptions, sent: MemoryTree | undefined, local: LocalContexts): Map<string, ContentSource> {
  const named = new Map<string, ContentSource>();
  for (const [name, source] of Object.entries(options.extra?.namedContexts ?? {})) {
    if ((source !== 'context:' && !source.startsWith(OCI_LAYOUT)) || local.has(name)) continue;
    if (!sent) throw new EngineError('invalid', `the named context ${name} was not sent`);
    named.set(name, treeSource(new Subtree(sent, posix.join(NAMED, bytePathOf(name)))));
  }
  for (const name of local.names()) {
    const tree = local.get(name);
    if (tree) named.set(name, { ...treeSource(filtered(tree, ignoreOf([tree], undefined))), mayChange: true });
  }
  return named;
}

/**
 * `<Dockerfile>.dockerignore` wins over `.dockerignore`.
 * @param trees  the context last; before it what was sent along, which may bring the ignore file of a Dockerfile from elsewhere
 * @throws EngineError invalid for a bad pattern
 */
function ignoreOf(trees: readonly SourceTree[], dockerfile: string | undefined): IgnoreMatcher {
  const read = (path: string): string | undefined => trees.map((tree) => readText(tree, path)).find((text) => text !== undefined);
  const text = (dockerfile === undefined ? undefined : read(`${dockerfile}.dockerignore`)) ?? read('.dockerignore') ?? '';
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
  return withFd(tree.openContent(found.path), (fd) => readFileSync(fd, 'utf8'));
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
export async function fetchContext(address: string, tools: ContextTools, keepGitDir = false): Promise<Found> {
  const reference = parseGitReference(address);
  if (reference) {
    const directory = join(tools.temporary(), 'git');
    await checkOut(reference, await resolveCommit(reference, tools.signal), directory, { keepGitDir, signal: tools.signal });
    return { tree: inside(new DirectoryTree(directory, { ownedByRoot: true }), reference.directory, address), isRaw: true };
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
