/** What the parts of one build share. */
import type { KeyedMutex, Limiter } from '../../../base/index.ts';
import type { BuildOptions, ProgressMessage } from '../../../engine-api/index.ts';
import type { ImagesRoom, ResolvedImage, RoomContext, StepRunner } from '../../parts.ts';
import type { BuildVariables, ImageState } from '../config/index.ts';
import type { FileStore } from '../context/index.ts';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { SourceTree } from '../tree/index.ts';
import type { CacheMounts } from './cache-mounts.ts';
import type { Downloads } from './downloads.ts';
import type { BuildOutput } from './output.ts';
import type { PrivateFiles } from './private-files.ts';
import type { ReadRoots } from './roots.ts';
import type { SshAgents } from './ssh-agents.ts';
import type { StepNetworks } from './step-networks.ts';
import type { StepCache, StepRecord } from './step-cache.ts';

/** Something that COPY or a mount reads from. */
export interface ContentSource {
  /** Names the content without looking at it: the layers of a stage or image. Undefined: only its files tell. */
  readonly identity: string | undefined;
  tree(): Promise<SourceTree>;
  /** A directory of this machine that holds exactly the content, when there is one already. */
  directory(): Promise<string | undefined>;
  /** Somebody else may write to it while the build reads. */
  readonly mayChange?: boolean;
}

export interface StageResult {
  readonly state: ImageState;
  /** ARGs at its end, which child stages inherit. */
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[];
}

export interface BuildSession {
  readonly ctx: RoomContext;
  readonly images: ImagesRoom;
  readonly steps: StepRunner;
  readonly options: BuildOptions;
  readonly file: Dockerfile;
  readonly variables: BuildVariables;
  readonly platform: ImageState['platform'];
  /** SOURCE_DATE_EPOCH in seconds. */
  readonly epochS: number | undefined;
  readonly cache: StepCache;
  /** Records of `cache_from` images; looked at after the cache. */
  readonly importedSteps: ReadonlyMap<string, StepRecord>;
  /** Every step of this build by key, for an image that carries its cache with it. */
  readonly usedSteps: Map<string, StepRecord>;
  /** Equal steps of parallel builds run once. */
  readonly stepLocks: KeyedMutex;
  readonly runLimit: Limiter;
  readonly cacheMounts: CacheMounts;
  readonly downloads: Downloads;
  readonly files: FileStore;
  readonly roots: ReadRoots;
  readonly privateFiles: PrivateFiles;
  readonly ssh: SshAgents;
  readonly stepNetworks: StepNetworks;
  readonly output: BuildOutput;
  readonly signal: AbortSignal;
  /** Layers that this build stands on: kept from garbage collection while it runs. */
  readonly heldLayers: Set<string>;
  /** An empty directory of this build on the disk of the data root. */
  temporary(): string;
  /** Builds a stage, once. */
  stage(index: number): Promise<StageResult>;
  /** An image by reference, pulled when it is missing or `pull` was asked for. */
  image(reference: string, platform: string | undefined, say: (message: ProgressMessage) => void): Promise<ResolvedImage>;
  /** The build context. */
  context(): ContentSource;
  /** A named context, or undefined when the client passed none of that name. */
  namedContext(name: string): Promise<ContentSource | { readonly image: string } | undefined>;
}
