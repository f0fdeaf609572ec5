import { KeyedMutex } from '../../base/index.ts';
import type { StringMap } from '../../engine-api/index.ts';
import type { HostTools } from '../host/tools.ts';
import type { Trash } from '../host/trash.ts';
import type { ImagesRoom, NetworksRoom, RoomContext, VolumesRoom } from '../parts.ts';
import type { ContainerStore } from '../store/container-store.ts';
import type { Container } from './container.ts';
import type { Registry } from './registry.ts';

export type { HostTools };

/** What every file of this room works with. */
export interface Containers {
  readonly ctx: RoomContext;
  readonly tools: HostTools;
  readonly store: ContainerStore;
  /** Takes what lies under the run root. */
  readonly runTrash: Trash;
  readonly registry: Registry;
  /** Names of containers that are being made, to their ids. */
  readonly reservedNames: Map<string, string>;
  /** One lock per container id, plus `names`. Order: `names` before a container. Never held while waiting for a process to end. */
  readonly locks: KeyedMutex;
  readonly images: ImagesRoom;
  readonly volumes: VolumesRoom;
  readonly networks: NetworksRoom;
  /** Started as conmon's exit command for containers with a restart policy; undefined: nobody wakes the engine. */
  readonly wakeCommand: readonly string[] | undefined;
  /** Aborted when the engine closes: timers and probes end, containers go on. */
  readonly closing: AbortSignal;
}

/** Group of a container. */
export function cgroupPath(room: Containers, container: Container): string {
  const parent = container.record.hostConfig.CgroupParent;
  return `${parent ? `/${parent.replace(/^\/+|\/+$/g, '')}` : room.tools.cgroupParent}/${container.id}`;
}

/** Announces something about a container with the attributes that dockerd sends: its labels, image and name. */
export function announce(room: Containers, container: Container, action: string, extra: StringMap = {}): void {
  const { config, name } = container.record;
  room.ctx.events.publish('container', action, container.id, { ...config.Labels, image: config.Image ?? '', name, ...extra });
}
