import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { EngineError, type Logger } from '../base/index.ts';
import type { ContainerConfig, Engine, ImagesApi } from '../engine-api/index.ts';
import { type ContainersRoom, createStepRunner, openContainers, Registry, runningContainers } from './containers/index.ts';
import { EventBus } from './events/index.ts';
import { findTools } from './host/tools.ts';
import { ensureVolatile, releaseVolatile } from './host/volatile-directory.ts';
import { openImages } from './images/index.ts';
import type { Layout } from './layout.ts';
import { takeRoot } from './lock.ts';
import { openNetworks } from './networks/index.ts';
import type { ApplyChanges, Builder, ImagesRoom, NetworksRoom, RoomContext, StepRunner, VolumesRoom } from './parts.ts';
import { systemApi } from './system.ts';
import { openVolumes } from './volumes/index.ts';
import { commitContainer } from './containers/commit.ts';

/** What the builder gets from us. */
export interface BuilderParts {
  readonly ctx: RoomContext;
  readonly images: ImagesRoom;
  readonly steps: StepRunner;
  readonly networks: NetworksRoom;
}

export interface RuntimeOptions {
  readonly layout: Layout;
  readonly logger: Logger;
  /** Shown by `version` and `info`. */
  readonly version?: string;
  readonly apiVersion?: string;
  readonly minApiVersion?: string;
  /** Run by conmon when a container with a restart policy ends: brings an engine up if none lives. Bare program with arguments. */
  readonly wakeCommand?: readonly string[];
  /** The resolver's bundled program, when it does not lie next to this one. */
  readonly resolverEntry?: string;
  /** `crun`, `runc` or the path of one of them; undefined or empty: crun, else runc. */
  readonly ociRuntime?: string;
  readonly createBuilder?: (parts: BuilderParts) => Builder;
  readonly applyChanges?: ApplyChanges;
}

/** The runtime core as an `Engine`: what the HTTP server serves. */
export interface Runtime extends Engine {
  /** Something needs a living engine: health checks, restart policies, builds, pulls. */
  isBusy(): boolean;
  readonly steps: StepRunner;
}

/**
 * Opens a state root: takes its lock, recovers everything that a crash may have left, and wires the rooms.
 * @throws EngineError conflict when another engine has the root, unavailable when a program is missing
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { layout } = options;
  const release = await takeRoot(layout);
  try {
    return await openRooms(options, release);
  } catch (error) {
    releaseMemory(layout);
    release();
    throw error;
  }
}

async function openRooms(options: RuntimeOptions, release: () => void): Promise<Runtime> {
  const { layout, logger } = options;
  mkdirSync(layout.run, { recursive: true, mode: 0o711 });
  ensureVolatile(layout.volatile);
  const booted = !existsSync(layout.bundles);
  for (const directory of [layout.bundles, layout.exits, layout.execs, layout.netnsDir, layout.ociState]) {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
  }
  const events = new EventBus();
  const registry = new Registry();
  const ctx: RoomContext = { layout, logger, events, usage: registry };
  const tools = await findTools(layout, options.ociRuntime);
  const images = await openImages(ctx, options.applyChanges ? { applyChanges: options.applyChanges } : {});
  const volumes = await openVolumes(ctx);
  let containers: ContainersRoom | undefined;
  const running = runningContainers(() => {
    if (!containers) throw new EngineError('unavailable', 'the engine is starting');
    return containers.room;
  });
  const networks = await openNetworks(ctx, { containers: running, ...(options.resolverEntry !== undefined && { resolverEntry: options.resolverEntry }) });
  containers = await openContainers(ctx, {
    tools, images, volumes, networks, registry, booted,
    ...(options.wakeCommand && { wakeCommand: options.wakeCommand }),
  });
  const steps = createStepRunner(ctx, { tools, networks });
  const builder = options.createBuilder?.({ ctx, images, steps, networks });
  return assemble(options, { ctx, events, tools, images, volumes, networks, containers, steps, builder, release });
}

interface Rooms {
  readonly ctx: RoomContext;
  readonly events: EventBus;
  readonly tools: Awaited<ReturnType<typeof findTools>>;
  readonly images: ImagesRoom;
  readonly volumes: VolumesRoom;
  readonly networks: NetworksRoom;
  readonly containers: ContainersRoom;
  readonly steps: StepRunner;
  readonly builder: Builder | undefined;
  readonly release: () => void;
}

function assemble(options: RuntimeOptions, rooms: Rooms): Runtime {
  const { containers, networks, volumes, steps } = rooms;
  let closing: Promise<void> | undefined;
  let working = 0;
  const counted = counter((change) => {
    working += change;
  });
  return {
    system: systemApi(options, rooms),
    containers: containers.api,
    exec: containers.exec,
    images: imagesApi(options, rooms, counted),
    networks: networks.api,
    volumes: volumes.api,
    steps,
    isBusy: () => working > 0 || containers.isBusy(),
    close: () => {
      closing ??= closeRooms(rooms);
      return closing;
    },
  };
}

/** Everybody who serves first, the lock last. A room that fails does not keep the others open. */
async function closeRooms({ events, containers, networks, volumes, images, release, ctx }: Rooms): Promise<void> {
  events.close();
  for (const room of [containers, networks, volumes, images]) {
    try {
      await room.close();
    } catch (error) {
      ctx.logger.error('a room did not close cleanly', { error });
    }
  }
  releaseMemory(ctx.layout);
  release();
}

/** Gives the run root's memory back, unless a container, session or namespace is left that goes on without us. */
function releaseMemory(layout: Layout): void {
  const users = [layout.bundles, layout.execs, layout.exits, layout.netnsDir, layout.ociState].filter((directory) => existsSync(directory));
  if (existsSync(layout.volatile) && users.every((directory) => readdirSync(directory).length === 0)) releaseVolatile(layout.volatile);
}

type Counted = <T>(body: () => Promise<AsyncIterable<T>>) => Promise<AsyncIterable<T>>;

/** Keeps the engine alive while a stream of progress is being made. */
function counter(change: (by: 1 | -1) => void): Counted {
  return async (body) => {
    change(1);
    let source: AsyncIterable<never>;
    try {
      source = (await body()) as AsyncIterable<never>;
    } catch (error) {
      change(-1);
      throw error;
    }
    return (async function* () {
      try {
        yield* source;
      } finally {
        change(-1);
      }
    })() as AsyncIterable<never>;
  };
}

function imagesApi(options: RuntimeOptions, { images, builder, containers }: Rooms, counted: Counted): ImagesApi {
  const { api } = images;
  const missing = (): never => {
    throw new EngineError('notImplemented', 'this engine was started without a builder');
  };
  return {
    ...api,
    pull: (query, o) => counted(() => api.pull(query, o)),
    push: (image, query, o) => counted(() => api.push(image, query, o)),
    load: (archive, query, o) => counted(() => api.load(archive, query, o)),
    import: (query, archive, o) => counted(() => api.import(query, archive, o)),
    build: async (query, context, o) => (builder ? counted(() => builder.build(query, context, o)) : missing()),
    pruneBuildCache: async (query) => {
      const { ids, bytes } = await (builder?.pruneCache(query) ?? missing());
      return { CachesDeleted: ids, SpaceReclaimed: bytes };
    },
    commit: (query, config: ContainerConfig | undefined) =>
      commitContainer(containers.room, images, options.applyChanges, query, config),
  };
}

