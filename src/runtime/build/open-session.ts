/** What one build works with, put together. */
import { EngineError, type KeyedMutex, type Limiter, type Scope } from '../../base/index.ts';
import type { BuildOptions, ProgressMessage } from '../../engine-api/index.ts';
import type { ImagesRoom, NetworksRoom, RoomContext, StepRunner } from '../parts.ts';
import type { FileStore } from './context/index.ts';
import type { Dockerfile } from './dockerfile/index.ts';
import type { CacheMounts } from './solve/cache-mounts.ts';
import { treeSource } from './solve/content-sources.ts';
import { fetchContext, OCI_LAYOUT, type Contexts, type ContextTools } from './solve/contexts.ts';
import type { Downloads } from './solve/downloads.ts';
import type { BaseImages } from './solve/images.ts';
import { importOciLayout } from './solve/oci-layout.ts';
import { PrivateFiles } from './solve/private-files.ts';
import { ReadRoots } from './solve/roots.ts';
import type { BuildSession, StageResult } from './solve/session.ts';
import { SshAgents } from './solve/ssh-agents.ts';
import type { StagePlan } from './solve/stage-plan.ts';
import { StageSolver } from './solve/stage-solver.ts';
import type { StepCache } from './solve/step-cache.ts';
import { StepNetworks } from './solve/step-networks.ts';

/** What all builds of an engine share. */
export interface BuilderShared {
  readonly ctx: RoomContext;
  readonly images: ImagesRoom;
  readonly steps: StepRunner;
  readonly networks: NetworksRoom;
  /** `build-cache`. */
  readonly directory: string;
  readonly files: FileStore;
  readonly cache: StepCache;
  readonly cacheMounts: CacheMounts;
  readonly downloads: Downloads;
  readonly stepLocks: KeyedMutex;
  readonly runLimit: Limiter;
  /** Layers that running builds stand on, one set per build. */
  readonly held: Set<ReadonlySet<string>>;
}

/** What the client asked for, read and checked. */
export interface BuildRequest {
  readonly file: Dockerfile;
  readonly contexts: Contexts;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
}

/** What the whole of one build has. */
export interface Course {
  readonly tools: ContextTools;
  readonly scope: Scope;
  readonly heldLayers: Set<string>;
  emit(message: ProgressMessage): void;
  readonly signal: AbortSignal;
}

/** What is known once the request has been read. */
export type SessionParts = Pick<BuildSession, 'platform' | 'epochS' | 'variables' | 'output' | 'signal' | 'importedSteps'> & { base: BaseImages; plan: StagePlan };

/** Everything that it opens is closed by the build's scope. */
export function openSession(shared: BuilderShared, options: BuildOptions, request: BuildRequest, course: Course, parts: SessionParts): BuildSession {
  const { file, contexts } = request;
  const { base, plan, ...rest } = parts;
  const { scope, tools } = course;
  const privateFiles = new PrivateFiles(shared.ctx.layout);
  scope.defer(() => privateFiles.close());
  const ssh = new SshAgents(options.extra?.ssh ?? {}, privateFiles);
  scope.defer(() => ssh.close());
  const stepNetworks = new StepNetworks(shared.networks, options.extraHosts ?? []);
  scope.defer(() => stepNetworks.close());
  const roots = new ReadRoots(shared.images);
  scope.defer(() => roots.close());
  const results = new Map<number, Promise<StageResult>>();
  const fetched = new Map<string, ReturnType<BuildSession['namedContext']>>();
  const noCache = new Set(options.extra?.noCacheFilter?.map((name) => name.toLowerCase()));
  const session: BuildSession = {
    ...shared,
    ...rest,
    options,
    file,
    roots,
    privateFiles,
    ssh,
    stepNetworks,
    heldLayers: course.heldLayers,
    usedSteps: new Map(),
    temporary: () => tools.temporary(),
    context: () => contexts.main,
    image: (reference, platform, say) => base.get(reference, platform, say),
    stage(index) {
      let result = results.get(index);
      const stage = file.stages[index];
      if (!stage) throw new EngineError('internal', `there is no stage ${index}`);
      if (!result) {
        const skip = options.noCache === true || (stage.name !== undefined && noCache.has(stage.name)) || noCache.has(String(index));
        result = new StageSolver(session, stage, { firstStep: plan.firstStep.get(index) ?? plan.totalSteps, useCache: !skip }).solve();
        results.set(index, result);
      }
      return result;
    },
    namedContext(name) {
      let context = fetched.get(name);
      if (!context) fetched.set(name, (context = namedContext(name, { images: shared.images, options, contexts, tools })));
      return context;
    },
  };
  return session;
}

interface NamedContextSources {
  readonly images: ImagesRoom;
  readonly options: BuildOptions;
  readonly contexts: Contexts;
  readonly tools: ContextTools;
}

async function namedContext(name: string, { images, options, contexts, tools }: NamedContextSources): ReturnType<BuildSession['namedContext']> {
  const directory = contexts.named.get(name);
  const given = options.extra?.namedContexts ?? {};
  const address = Object.hasOwn(given, name) ? given[name] : undefined;
  if (directory && address?.startsWith(OCI_LAYOUT)) {
    return { image: await importOciLayout(images, await directory.tree(), address.slice(OCI_LAYOUT.length), tools.signal) };
  }
  if (directory) return directory;
  if (address === undefined) return undefined;
  if (address.startsWith('docker-image://')) return { image: address.slice('docker-image://'.length) };
  return treeSource((await fetchContext(address, tools)).tree);
}
