/** What the sources of a COPY or ADD are: found, named for the cache, and loaded when they are needed. */
import { closeSync, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../base/index.ts';
import { bytePathOf } from '../../host/byte-path.ts';
import { fdPath } from '../../host/rooted.ts';
import { FileStore, readTarTree } from '../context/index.ts';
import { digestSources, findSources, type CopySource, type Exclude } from '../copy/index.ts';
import type { AddInstruction, CopyInstruction } from '../dockerfile/index.ts';
import { DirectoryTree, MemoryTree, resolveTreePath, type SourceTree, type TreeNode } from '../tree/index.ts';
import { isArchive } from './archives.ts';
import { sourceNamed } from './content-sources.ts';
import type { CopyArgument } from './copy-step.ts';
import { checkOut, parseGitReference, resolveCommit, type GitReference } from './git.ts';
import type { RunContext } from './run-step.ts';
import type { ContentSource } from './session.ts';
import { cacheKey } from './step-cache.ts';

export type CopyInput =
  | { readonly kind: 'tree'; readonly source: CopySource }
  | { readonly kind: 'archive'; readonly source: CopySource }
  | { readonly kind: 'inline'; readonly name: string; readonly content: string };

type Located =
  | Extract<CopyArgument, { kind: 'inline' }>
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string; readonly checksum: string | undefined }
  | { readonly kind: 'git'; readonly reference: GitReference; readonly commit: string };

export class CopyInputs {
  readonly #context: RunContext;
  readonly #instruction: CopyInstruction | AddInstruction;
  readonly #arguments: readonly CopyArgument[];
  readonly #exclude: Exclude;
  #located: readonly Located[] | undefined;
  #source: Promise<ContentSource> | undefined;
  /** Digest that the cache key was made with, for `isUnchanged`. */
  #digest: string | undefined;

  constructor(context: RunContext, instruction: CopyInstruction | AddInstruction, list: readonly CopyArgument[], exclude: Exclude) {
    this.#context = context;
    this.#instruction = instruction;
    this.#arguments = list;
    this.#exclude = exclude;
  }

  /** Equal inputs have equal identities. Contents count, except where layers or a commit name them already. */
  async identity(): Promise<unknown[]> {
    const paths: string[] = [];
    const identities: unknown[] = [];
    for (const located of await this.#locate()) {
      if (located.kind === 'path') paths.push(located.path);
      else if (located.kind === 'git') identities.push(['git', located.commit, located.reference.directory, this.#keepGitDir()]);
      else if (located.kind === 'url') identities.push(['url', await this.#download(located)]);
      else identities.push(located.content);
    }
    if (paths.length > 0) identities.push([this.#unpackWish() ?? null, await this.#digestPaths(paths)]);
    return identities;
  }

  /** A stage's content is looked at once per stack of layers: the result is kept in the cache. */
  async #digestPaths(paths: readonly string[]): Promise<string> {
    const source = await this.#contentSource();
    const { session } = this.#context;
    const compute = async (): Promise<string> => digestSources(this.#find(await source.tree(), paths), this.#exclude, session.signal);
    if (source.identity === undefined) return (this.#digest = await compute());
    const key = cacheKey(['digest', source.identity, paths, this.#instruction.exclude, this.#instruction.kind === 'copy' && this.#instruction.parents]);
    const known = session.cache.get(key)?.digest;
    if (known !== undefined) return known;
    const digest = await compute();
    session.cache.put(key, { digest, createdAt: new Date().toISOString(), description: `content of ${this.#instruction.text}`, size: 0 });
    return digest;
  }

  /** Whether files of the context are still what the cache key says. Contexts that were received cannot change. */
  async isUnchanged(): Promise<boolean> {
    if (this.#digest === undefined) return true;
    const source = await this.#contentSource();
    if (source.mayChange !== true) return true;
    const paths = (this.#located ?? []).flatMap((located) => (located.kind === 'path' ? [located.path] : []));
    return (await digestSources(this.#find(await source.tree(), paths), this.#exclude, this.#context.session.signal)) === this.#digest;
  }

  async load(): Promise<CopyInput[]> {
    const inputs: CopyInput[] = [];
    for (const located of await this.#locate()) inputs.push(...(await this.#loadOne(located)));
    return inputs;
  }

  async #loadOne(located: Located): Promise<CopyInput[]> {
    switch (located.kind) {
      case 'inline':
        return [located];
      case 'git': {
        const { session } = this.#context;
        const directory = join(session.temporary(), 'git');
        await checkOut(located.reference, located.commit, directory, { keepGitDir: this.#keepGitDir(), signal: session.signal });
        return [{ kind: 'tree', source: directoryIn(new DirectoryTree(directory), located.reference.directory) }];
      }
      case 'url':
        return [await this.#maybeUnpack(await this.#urlSource(located), this.#unpackWish() ?? false)];
      case 'path': {
        const sources = this.#find(await (await this.#contentSource()).tree(), [located.path]);
        const unpack = this.#instruction.kind === 'add' && (this.#unpackWish() ?? true);
        return Promise.all(sources.map((source) => this.#maybeUnpack(source, unpack)));
      }
    }
  }

  async #maybeUnpack(source: CopySource, unpack: boolean): Promise<CopyInput> {
    if (!unpack || source.node.type !== 'file') return { kind: 'tree', source };
    const fd = source.tree.openContent(source.path);
    try {
      if (!(await isArchive(fdPath(fd)))) return { kind: 'tree', source };
      const { session } = this.#context;
      const store = new FileStore(join(session.temporary(), 'files'));
      const tree = await readTarTree(createReadStream(fdPath(fd), { highWaterMark: 256 * 1024 }), store, { keepOwners: true, signal: session.signal });
      return { kind: 'archive', source: directoryIn(tree, '') };
    } finally {
      closeSync(fd);
    }
  }

  /** @throws EngineError invalid for a path that is not there */
  #find(tree: SourceTree, paths: readonly string[]): CopySource[] {
    const parents = this.#instruction.kind === 'copy' && this.#instruction.parents;
    return paths.flatMap((path) => {
      const found = findSources(tree, path, parents);
      if (found) return found;
      const keyword = this.#instruction.kind.toUpperCase();
      const where = this.#from() === undefined ? 'file not found in build context or excluded by .dockerignore' : `not found in ${this.#from()}`;
      throw new EngineError('invalid', `${keyword} failed: ${where}: stat ${path}: file does not exist`);
    });
  }

  #from(): string | undefined {
    return this.#instruction.kind === 'copy' ? this.#instruction.from : undefined;
  }

  #contentSource(): Promise<ContentSource> {
    const { session, stage, channel, variables } = this.#context;
    const from = this.#from();
    this.#source ??= from === undefined ? Promise.resolve(session.context()) : sourceNamed(session, variables.expand(from), stage, (message) => channel.send(message));
    return this.#source;
  }

  async #locate(): Promise<readonly Located[]> {
    if (this.#located) return this.#located;
    const located: Located[] = [];
    for (const argument of this.#arguments) located.push(argument.kind === 'path' ? await this.#locatePath(argument.path) : argument);
    return (this.#located = located);
  }

  async #locatePath(path: string): Promise<Located> {
    if (this.#instruction.kind !== 'add') return { kind: 'path', path };
    const checksum = this.#instruction.checksum === undefined ? undefined : this.#context.variables.expand(this.#instruction.checksum);
    const reference = parseGitReference(path);
    if (reference) return this.#locateGit(reference, checksum);
    if (/^https?:\/\//i.test(path)) return { kind: 'url', url: path, checksum };
    if (checksum !== undefined) throw new EngineError('invalid', 'checksum can only be used for a URL or a git repository');
    return { kind: 'path', path };
  }

  async #locateGit(reference: GitReference, checksum: string | undefined): Promise<Located> {
    const commit = await resolveCommit(reference, this.#context.session.signal);
    if (checksum !== undefined && !commit.startsWith(checksum)) throw new EngineError('invalid', `expected checksum to match ${checksum}, got ${commit}`);
    return { kind: 'git', reference, commit };
  }

  async #download(located: Extract<Located, { kind: 'url' }>): Promise<string> {
    const { digest, name, mtimeMs } = await this.#context.session.downloads.get(located.url, located.checksum, this.#context.session.signal);
    return JSON.stringify([digest, name, mtimeMs, this.#unpackWish() ?? false]);
  }

  async #urlSource({ url, checksum }: Extract<Located, { kind: 'url' }>): Promise<CopySource> {
    const { session } = this.#context;
    const { digest, size, mtimeMs, name } = await session.downloads.get(url, checksum, session.signal);
    if (name === '') throw new EngineError('invalid', `cannot determine a file name from ${url}`);
    const tree = new MemoryTree((hex) => session.files.path(hex));
    // dockerd gives what it fetched to root alone.
    const node: TreeNode = { type: 'file', mode: 0o600, uid: 0, gid: 0, size, mtimeMs, link: '', major: 0, minor: 0 };
    const path = bytePathOf(name);
    tree.set(path, node, { digest });
    return { tree, path, node, name: path, parents: [] };
  }

  #unpackWish(): boolean | undefined {
    return this.#instruction.kind === 'add' ? this.#instruction.unpack : undefined;
  }

  #keepGitDir(): boolean {
    return this.#instruction.kind === 'add' && this.#instruction.keepGitDir;
  }
}

/** @throws EngineError invalid when the tree has no such directory */
export function directoryIn(tree: SourceTree, directory: string): CopySource {
  const { path, node } = resolveTreePath((at) => tree.stat(at), bytePathOf(directory));
  if (node?.type !== 'dir') throw new EngineError('invalid', `the repository has no directory ${JSON.stringify(directory)}`);
  return { tree, path, node, name: path.split('/').at(-1) ?? '', parents: [] };
}
