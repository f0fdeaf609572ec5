import { statSync } from 'node:fs';
import { readTextIfExists } from '../../base/index.ts';
import { oomKills } from '../host/cgroup.ts';
import { wallClockMs } from '../host/clock.ts';
import { isWaitingForStart } from '../host/oci-runtime.ts';
import { identify, isAlive } from '../host/proc.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import type { ContainerProcess } from './record.ts';
import type { Evidence } from './settle.ts';

/** Looks at disk and kernel for what has become of a container. Reads only. */
export function gatherEvidence(room: Containers, container: Container): Evidence {
  const { layout } = room.ctx;
  const process = liveProcess(container);
  // An exit file counts for the run that the state tells of. A late one of a run that was given up does not, nor does one that a live
  // process contradicts: conmon writes it after the end. conmon is looked at first: once it has gone, what is there is all there will be.
  const known = process ? undefined : container.state.process;
  const supervised = known !== undefined && identify(known.conmonPid) !== undefined;
  const exit = known && readExit(layout.exitFile(container.id));
  return {
    ...(exit && { exit }),
    awaitsExit: supervised && !exit,
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

/**
 * The process that the state names, if it lives. One that only a bundle tells of does not count: the engine ended before it was written
 * down, it has not run a single instruction (the fifo comes after the record), and its conmon may be dying of the broken sync pipe, so
 * that nobody would keep its output. The sweep ends it.
 */
function liveProcess(container: Container): ContainerProcess | undefined {
  const known = container.state.process;
  return known && isAlive(known) ? known : undefined;
}

/** How long a living conmon may take to write the exit file of a process that has ended. It takes milliseconds; one that fails never does. */
const LAST_WORD_MS = 3000;

/** True when it is no use to wait for the exit file any longer: conmon has been silent for too long, or its number is another program's by now. */
export function isSilent(container: Container): boolean {
  container.silentSinceMs ??= performance.now();
  return performance.now() - container.silentSinceMs > LAST_WORD_MS;
}

/** Now, or the given moment, with the nine digits of a Go time stamp. */
export function timestamp(ms: number = wallClockMs()): string {
  const micros = Math.round((ms % 1) * 1000);
  return new Date(Math.floor(ms)).toISOString().replace('Z', `${String(Math.min(999, Math.max(0, micros))).padStart(3, '0')}000Z`);
}
