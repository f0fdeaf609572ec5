/** `RUN --mount`: what each mount is for the cache key, and what it is on this machine when the step runs. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type Scope } from '../../../base/index.ts';
import type { ProgressMessage } from '../../../engine-api/index.ts';
import { bytePathOf, textOf } from '../../host/byte-path.ts';
import type { StepRequest } from '../../parts.ts';
import { createExclude, Copier, digestSources, type CopySource } from '../copy/index.ts';
import { DockerfileMistake, type RunMount } from '../dockerfile/index.ts';
import { resolveTreePath, type SourceTree, type TreeNode } from '../tree/index.ts';
import { sourceNamed } from './content-sources.ts';
import type { BuildSession, ContentSource } from './session.ts';

type OciMount = NonNullable<StepRequest['mounts']>[number];

export interface PreparedMount {
  readonly mount: OciMount;
  readonly isFile: boolean;
}

export interface PreparedMounts {
  readonly mounts: readonly PreparedMount[];
  readonly env: readonly string[];
}

const EVERYTHING = createExclude([]);

/** One RUN's mounts. `from` is looked up once. */
export class RunMounts {
  readonly #session: BuildSession;
  readonly #mounts: readonly RunMount[];
  readonly #stage: number;
  readonly #say: (message: ProgressMessage) => void;
  readonly #sources = new Map<string, Promise<ContentSource>>();

  constructor(session: BuildSession, mounts: readonly RunMount[], stage: number, say: (message: ProgressMessage) => void) {
    this.#session = session;
    this.#mounts = mounts;
    this.#stage = stage;
    this.#say = say;
  }

  /** What the cache key says of the mounts. Secrets, agents and caches count by their options, never by their content. */
  async identity(): Promise<unknown[]> {
    const identities: unknown[] = [];
    for (const mount of this.#mounts) {
      if (mount.type !== 'bind') identities.push(mount);
      else identities.push({ ...mount, content: await this.#contentOf(mount) });
    }
    return identities;
  }

  async #contentOf(mount: Extract<RunMount, { type: 'bind' }>): Promise<string> {
    const source = await this.#source(mount.from);
    if (source.identity !== undefined) return source.identity;
    const found = await this.#find(source, mount.source);
    return digestSources([found], EVERYTHING, this.#session.signal);
  }

  #source(from: string | undefined): Promise<ContentSource> {
    const key = from ?? '';
    let source = this.#sources.get(key);
    if (!source) {
      source = from === undefined ? Promise.resolve(this.#session.context()) : sourceNamed(this.#session, from, this.#stage, this.#say);
      this.#sources.set(key, source);
    }
    return source;
  }

  async #find(source: ContentSource, path: string): Promise<CopySource> {
    const tree: SourceTree = await source.tree();
    const found = resolveTreePath((at) => tree.stat(at), bytePathOf(path));
    if (!found.node) throw new DockerfileMistake(`mount source ${JSON.stringify(path)} not found`);
    return { tree, path: found.path, node: found.node, name: found.path.split('/').at(-1) ?? '', parents: [] };
  }

  /**
   * @param scope  gets what must be undone when the step has ended
   * @param workingDir  where relative targets start
   */
  async prepare(scope: Scope, workingDir: string): Promise<PreparedMounts> {
    const mounts: PreparedMount[] = [];
    const env: string[] = [];
    for (const mount of this.#mounts) {
      const prepared = await this.#prepareOne(mount, scope, env);
      if (!prepared) continue;
      const destination = prepared.mount.destination;
      mounts.push(destination.startsWith('/') ? prepared : { ...prepared, mount: { ...prepared.mount, destination: join('/', workingDir, destination) } });
    }
    return { mounts, env };
  }

  async #prepareOne(mount: RunMount, scope: Scope, env: string[]): Promise<PreparedMount | undefined> {
    switch (mount.type) {
      case 'bind':
        return this.#bind(mount);
      case 'cache':
        return this.#cache(mount, scope);
      case 'tmpfs': {
        const size = mount.size === undefined ? [] : [`size=${mount.size}`];
        return { mount: { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', ...size] }, isFile: false };
      }
      case 'secret':
        return this.#secret(mount, env);
      case 'ssh':
        return this.#ssh(mount, env);
    }
  }

  async #bind(mount: Extract<RunMount, { type: 'bind' }>): Promise<PreparedMount> {
    const source = await this.#source(mount.from);
    const found = await this.#find(source, mount.source);
    const isFile = found.node.type !== 'dir';
    const directory = await source.directory();
    const path = directory === undefined ? await this.#materialize(found) : join(directory, textOf(found.path));
    const options = ['rbind', 'private', ...(mount.writable ? [] : ['ro'])];
    return { mount: { destination: mount.target, type: 'bind', source: mount.writable ? await this.#writable(path, found.node) : path, options }, isFile };
  }

  /** A copy on disk of what exists only as a tree. */
  async #materialize(found: CopySource): Promise<string> {
    const root = this.#session.temporary();
    const name = found.node.type === 'dir' ? 'd' : 'f';
    const target = { root, destination: `/${name}`, owner: undefined, mode: undefined, exclude: EVERYTHING, signal: this.#session.signal };
    await new Copier(target).copy(found);
    return join(root, name);
  }

  /** Writes are allowed, and dropped. */
  async #writable(path: string, node: TreeNode): Promise<string> {
    if (node.type === 'dir') return this.#session.roots.overlay(path);
    const copy = join(this.#session.temporary(), 'f');
    copyFileSync(path, copy);
    return copy;
  }

  async #cache(mount: Extract<RunMount, { type: 'cache' }>, scope: Scope): Promise<PreparedMount> {
    const namespace = this.#session.variables.buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? '';
    const use = await this.#session.cacheMounts.use(mount, namespace, async (directory) => {
      if (mount.from === undefined) return;
      const found = await this.#find(await this.#source(mount.from), mount.source);
      await new Copier({ root: directory, destination: '/', owner: undefined, mode: undefined, exclude: EVERYTHING, signal: this.#session.signal }).copy(found);
    });
    scope.defer(use.release);
    return { mount: { destination: mount.target, type: 'bind', source: use.path, options: ['rbind', 'private', ...(mount.readOnly ? ['ro'] : [])] }, isFile: false };
  }

  #secret(mount: Extract<RunMount, { type: 'secret' }>, env: string[]): PreparedMount | undefined {
    const secrets = this.#session.options.extra?.secrets ?? {};
    const encoded = Object.hasOwn(secrets, mount.id) ? secrets[mount.id] : undefined;
    if (encoded === undefined) {
      if (mount.required) throw new EngineError('invalid', `secret ${mount.id}: not found`);
      return undefined;
    }
    const content = Buffer.from(encoded, 'base64');
    if (mount.env !== undefined) env.push(`${mount.env}=${content.toString('utf8')}`);
    if (mount.target === undefined) return undefined;
    const source = this.#session.privateFiles.write(content, mount);
    return { mount: { destination: mount.target, type: 'bind', source, options: ['bind', 'private', 'ro', 'nosuid', 'nodev', 'noexec'] }, isFile: true };
  }

  async #ssh(mount: Extract<RunMount, { type: 'ssh' }>, env: string[]): Promise<PreparedMount | undefined> {
    const socket = await this.#session.ssh.socket(mount.id);
    if (socket === undefined) {
      if (mount.required) throw new EngineError('invalid', `ssh ${mount.id}: no agent or key was given for it`);
      return undefined;
    }
    const index = this.#mounts.filter(({ type }) => type === 'ssh').indexOf(mount);
    const destination = mount.target ?? `/run/buildkit/ssh_agent.${index}`;
    if (!env.some((entry) => entry.startsWith('SSH_AUTH_SOCK='))) env.push(`SSH_AUTH_SOCK=${destination}`);
    return { mount: { destination, type: 'bind', source: socket, options: ['bind', 'private'] }, isFile: true };
  }
}
