/** What the instructions of a stage work on. Values are never changed in place: stages share their beginnings. */
import type { ContainerConfig } from '../../../engine-api/index.ts';
import type { Digest, ImageConfigFile, LayerDescriptor } from '../../parts.ts';

export interface HistoryEntry {
  /** Undefined until the image is put together: metadata takes the time of its neighbour. */
  readonly created: string | undefined;
  readonly created_by: string;
  readonly empty_layer: boolean;
}

export interface ImageState {
  readonly config: ContainerConfig;
  readonly author: string | undefined;
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly layers: readonly LayerDescriptor[];
  /** Of the base image, taken over as they are. */
  readonly baseHistory: NonNullable<ImageConfigFile['history']>;
  readonly history: readonly HistoryEntry[];
  /** Creation time of the base image. */
  readonly baseCreated: string | undefined;
  /** What remains of the base's config file besides what is listed here. */
  readonly baseFile: Partial<ImageConfigFile>;
  /** This stage has a CMD of its own, which a later ENTRYPOINT leaves alone. */
  readonly ownCmd: boolean;
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];
const COMMENT = 'buildkit.dockerfile.v0';

/** `FROM scratch`. */
export function scratchState(platform: ImageState['platform']): ImageState {
  return {
    config: { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: '/' },
    author: undefined,
    platform,
    layers: [],
    baseHistory: [],
    history: [],
    baseCreated: undefined,
    baseFile: {},
    ownCmd: false,
  };
}

/** `FROM image`. @param layers  the image's, in order */
export function stateOfImage(file: ImageConfigFile, layers: readonly LayerDescriptor[]): ImageState {
  const { config = {}, history = [], rootfs, created, author, ...rest } = file;
  const { architecture, os, variant } = rest;
  const env = config.Env ?? [];
  const hasPath = env.some((entry) => entry.startsWith('PATH='));
  return {
    config: { ...config, Env: hasPath ? env : [`PATH=${DEFAULT_PATH}`, ...env] },
    author,
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    layers,
    baseHistory: history,
    history: [],
    baseCreated: created,
    baseFile: 'os.version' in rest ? { 'os.version': rest['os.version'] ?? '' } : {},
    ownCmd: false,
  };
}

/** A stage that starts from another stage. */
export function childState(parent: ImageState): ImageState {
  return { ...parent, ownCmd: false };
}

/** Adds a history entry, and a layer when the step made one. */
export function withStep(state: ImageState, createdBy: string, step?: { layer: LayerDescriptor | undefined; createdAt: string }): ImageState {
  const layer = step?.layer;
  return {
    ...state,
    layers: layer ? [...state.layers, layer] : state.layers,
    history: [...state.history, { created: step?.createdAt, created_by: createdBy, empty_layer: layer === undefined }],
  };
}

/** The config file as it is stored. Same state, same bytes. @param epoch  SOURCE_DATE_EPOCH as a date, which replaces all times of this build */
export function configFileOf(state: ImageState, epoch?: string): ImageConfigFile {
  const times = historyTimes(state, epoch);
  const own = state.history.map(({ created_by, empty_layer }, i) => ({
    created: times[i] ?? NO_TIME,
    created_by,
    comment: COMMENT,
    ...(empty_layer && { empty_layer }),
  }));
  const { os, architecture, variant } = state.platform;
  return {
    architecture,
    config: withoutUndefined(state.config),
    created: epoch ?? times.at(-1) ?? state.baseCreated ?? NO_TIME,
    history: [...state.baseHistory, ...own],
    os,
    rootfs: { type: 'layers', diff_ids: state.layers.map(({ diffId }): Digest => diffId) },
    ...(variant !== undefined && { variant }),
    ...state.baseFile,
    ...(state.author !== undefined && { author: state.author }),
  };
}

/** A build from nothing that runs nothing has no time of its own; a fixed one keeps its id stable. */
const NO_TIME = '1970-01-01T00:00:00Z';

/** Metadata gets the time of the next step that has one, else of the last, else of the base image. */
function historyTimes(state: ImageState, epoch: string | undefined): string[] {
  const times: string[] = [];
  let next = state.history.findLast(({ created }) => created !== undefined)?.created ?? state.baseCreated ?? NO_TIME;
  for (const { created } of state.history.toReversed()) times.unshift(epoch ?? (next = created ?? next));
  return times;
}

function withoutUndefined(config: ContainerConfig): ContainerConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as ContainerConfig;
}
