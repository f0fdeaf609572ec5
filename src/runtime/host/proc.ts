import { readdirSync, readFileSync } from 'node:fs';
import { readTextIfExists } from '../../base/index.ts';

/** What identifies a process for good: a pid alone may be reused. `startTicks` is field 22 of /proc/PID/stat. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessStat {
  readonly ppid: number;
  /** `R`, `S`, `Z` … */
  readonly state: string;
  readonly startTicks: number;
}

/** @returns undefined when there is no such process */
export function processStat(pid: number): ProcessStat | undefined {
  let text: string | undefined;
  try {
    text = readTextIfExists(`/proc/${pid}/stat`);
  } catch {
    return undefined; // ESRCH: it went while we read
  }
  if (text === undefined) return undefined;
  // The second field is the command in parentheses and may hold anything, so count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', ppid: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** Identity of a live process. Zombies count as gone: signal 0 would still find them. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = processStat(pid);
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? { pid, startTicks: stat.startTicks } : undefined;
}

/** True while that very process lives. A zombie does not. */
export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/**
 * Signals one process by its pid. For kill(2), 0 and negative numbers mean whole process groups, 0 the caller's own; control groups
 * name processes of other pid namespaces 0. So only what can be one ordinary process is signalled.
 * @returns false when it has gone, or the number is no such pid
 */
export function killPid(pid: number, signal: number | NodeJS.Signals): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // gone
  }
}

/**
 * Signals a process after checking that the pid still means the same one.
 * @returns false when it has gone
 */
export function signalProcess(target: ProcessIdentity, signal: number): boolean {
  return isAlive(target) && killPid(target.pid, signal);
}

/** True when a control group path of the process contains `part`, for instance a container id: a guard against pid reuse. */
export function isInCgroup(pid: number, part: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(part);
  } catch {
    return false;
  }
}

/**
 * SIGKILL to all that descend from a process, not to itself. Ends what a runtime's `exec` started: the runtime then reaps it and ends by
 * itself, while killing the runtime would leave the command running, or a zombie that holds the container's last breath.
 */
export function killDescendants(pid: number): void {
  for (const child of childrenOf(pid)) {
    killDescendants(child);
    killPid(child, 'SIGKILL');
  }
}

/** Of all its threads: a Go program, as runc, starts programs from any of them. */
function childrenOf(pid: number): number[] {
  if (!(pid > 1)) return [];
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => (readTextIfExists(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number));
  } catch {
    return []; // gone, or its last thread went while we read
  }
}

/** Processes whose command line has the given arguments next to each other. A walk through /proc: for start-up, not for hot paths. */
export function findByArguments(...wanted: readonly string[]): number[] {
  const needle = `\0${wanted.join('\0')}\0`;
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(needle) ? [Number(name)] : [];
    } catch {
      return []; // gone
    }
  });
}
