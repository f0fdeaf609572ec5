import { existsSync, statSync } from 'node:fs';
import { readTextIfExists } from '../../base/index.ts';
import { oomKills } from '../host/cgroup.ts';
import { conmonPidFile, containerPidFile } from '../host/conmon.ts';
import { isWaitingForStart } from '../host/oci-runtime.ts';
import { identify, isAlive, isInCgroup } from '../host/proc.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import type { ContainerProcess } from './record.ts';
import type { Evidence } from './settle.ts';

/** Looks at disk and kernel for what has become of a container. Reads only. */
export function gatherEvidence(room: Containers, container: Container): Evidence {
  const { layout } = room.ctx;
  const process = liveProcess(room, container);
  // An exit file counts for the run that the state or a bundle tells of. A late one of a run that was given up does not, nor does one
  // that a live process contradicts: conmon writes it after the end.
  const counts = !process && (container.state.process !== undefined || existsSync(layout.bundle(container.id)));
  const exit = counts ? readExit(layout.exitFile(container.id)) : undefined;
  return {
    ...(exit && { exit }),
    ...(process && { process }),
    waitingForStart: process !== undefined && isWaitingForStart(room.tools.runtime, container.id),
    oomKilled: oomKills(room.tools.cgroups, cgroupPath(room, container)) > 0,
    now: timestamp(),
  };
}

function readExit(file: string): Evidence['exit'] | undefined {
  const text = readTextIfExists(file);
  if (text === undefined || !/^-?\d+$/.test(text.trim())) return undefined;
  const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return { code: Number(text), at: timestamp(at) };
}

/** The process that the state names, else the one that the bundle names if it is in this container's control group. */
function liveProcess(room: Containers, container: Container): ContainerProcess | undefined {
  const known = container.state.process;
  if (known && isAlive(known)) return known;
  const bundle = room.ctx.layout.bundle(container.id);
  const pid = Number(readTextIfExists(containerPidFile(bundle)) ?? 0);
  if (!(pid > 0) || (known && known.pid === pid) || !isInCgroup(pid, container.id)) return undefined;
  const found = identify(pid);
  return found && { ...found, conmonPid: Number(readTextIfExists(conmonPidFile(bundle)) ?? 0) };
}

/** True when nothing more will come: neither the process nor its conmon lives, and there is no exit file. */
export function isLost(room: Containers, container: Container): boolean {
  const known = container.state.process;
  if (!known || isAlive(known) || existsSync(room.ctx.layout.exitFile(container.id))) return false;
  return identify(known.conmonPid) === undefined;
}

/** Now, or the given moment, with the nine digits of a Go time stamp. */
export function timestamp(ms: number = performance.timeOrigin + performance.now()): string {
  const micros = Math.round((ms % 1) * 1000);
  return new Date(Math.floor(ms)).toISOString().replace('Z', `${String(Math.min(999, Math.max(0, micros))).padStart(3, '0')}000Z`);
}
