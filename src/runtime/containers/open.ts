import { KeyedMutex } from '../../base/index.ts';
import type { ContainersApi, ExecApi } from '../../engine-api/index.ts';
import type { ImagesRoom, NetworksRoom, RoomContext, VolumesRoom } from '../parts.ts';
import { removeEmptyCgroup } from '../host/cgroup.ts';
import { ContainerStore } from '../store/index.ts';
import type { Containers, HostTools } from './context.ts';
import type { ExecSessions } from './exec.ts';
import { probeCommand } from './health.ts';
import { rotateIfFull, rotationLimits } from './logs/rotation.ts';
import { Trash } from '../host/trash.ts';
import { hasProcess } from './record.ts';
import { awaitCreations, loadContainers, recoverContainers, runningIds } from './recover.ts';
import { Registry } from './registry.ts';
import { containersApi, execApi } from './room.ts';
import { Supervisor } from './supervisor.ts';

/** How often logs with a limit are measured. */
const ROTATION_MS = 250;

export interface ContainersRoom {
  readonly api: ContainersApi;
  readonly exec: ExecApi;
  readonly registry: Registry;
  readonly room: Containers;
  /** Something here needs a living engine: health checks, restart policies, log limits, sessions. */
  isBusy(): boolean;
  counts(): { all: number; running: number; paused: number };
  close(): Promise<void>;
}

export interface ContainersDeps {
  readonly tools: HostTools;
  readonly images: ImagesRoom;
  readonly volumes: VolumesRoom;
  readonly networks: NetworksRoom;
  readonly registry: Registry;
  readonly wakeCommand?: readonly string[];
  /** The run root is new: the machine was started since the last engine. */
  readonly booted: boolean;
}

/** Recovers all containers and begins to look after them. */
export async function openContainers(ctx: RoomContext, deps: ContainersDeps): Promise<ContainersRoom> {
  const closing = new AbortController();
  const room: Containers = {
    ctx,
    ...deps,
    store: new ContainerStore(ctx.layout, ctx.logger),
    runTrash: new Trash(ctx.layout.runTrash, ctx.logger),
    reservedNames: new Map(),
    locks: new KeyedMutex(),
    wakeCommand: deps.wakeCommand,
    closing: closing.signal,
  };
  loadContainers(room);
  await awaitCreations(room);
  await room.networks.reconcile(runningIds(room));
  const supervisor = new Supervisor(room);
  supervisor.start();
  await recoverContainers(room, { booted: deps.booted });
  const sessions: ExecSessions = new Map();
  const rotation = setInterval(() => rotateLogs(room), ROTATION_MS).unref();
  return {
    api: containersApi(room),
    exec: execApi(room, sessions),
    registry: deps.registry,
    room,
    isBusy: () => [...sessions.values()].some((session) => session.status === 'running') || deps.registry.all().some((c) => needsEngine(room, c)),
    counts: () => counts(room),
    close: async () => {
      closing.abort();
      supervisor.stop();
      clearInterval(rotation);
      for (const container of room.registry.all()) {
        clearTimeout(container.restartTimer);
        container.stopHealth?.();
      }
      removeEmptyCgroup(deps.tools.cgroups, deps.tools.cgroupParent); // stays while a container runs in it
      await room.store.close();
      await room.runTrash.empty();
    },
  };
}

function needsEngine(room: Containers, { record, state, waiters }: ReturnType<Registry['all']>[number]): boolean {
  if (state.status === 'restarting' || waiters.size > 0) return true;
  if (!hasProcess(state)) return false;
  const { config, hostConfig } = record;
  const policy = hostConfig.RestartPolicy?.Name ?? 'no';
  if (policy !== 'no' && policy !== '' && !room.wakeCommand) return true;
  return hostConfig.AutoRemove === true || rotationLimits(hostConfig) !== undefined || probeCommand(config.Healthcheck, config.Shell) !== undefined;
}

function rotateLogs(room: Containers): void {
  for (const container of room.registry.all()) {
    if (!hasProcess(container.state)) continue;
    const limits = rotationLimits(container.record.hostConfig);
    if (!limits) continue;
    try {
      rotateIfFull(room.ctx.layout.bundle(container.id), room.ctx.layout.containerLog(container.id), limits);
    } catch (error) {
      room.ctx.logger.warn('cannot rotate a log', { container: container.id, error });
    }
  }
}

function counts(room: Containers): { all: number; running: number; paused: number } {
  const all = room.registry.all();
  return {
    all: all.length,
    running: all.filter((c) => c.state.status === 'running' || c.state.status === 'restarting').length,
    paused: all.filter((c) => c.state.status === 'paused').length,
  };
}
