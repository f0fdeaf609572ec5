import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../../base/index.ts';
import type { ContainerTop } from '../../engine-api/index.ts';
import { cgroupPids } from '../host/cgroup.ts';
import { isRuntimeItself } from '../host/oci-runtime.ts';
import { run } from '../host/run.ts';
import { runtimeOf } from '../host/tools.ts';
import type { Container } from './container.ts';
import { cgroupPath, type Containers } from './context.ts';
import { hasProcess } from './record.ts';

/**
 * The processes of a container as the host's `ps` prints them.
 * @param args  options for ps; `-ef` when empty. They reach ps as words, never a shell.
 * @throws EngineError conflict when it does not run, invalid when ps refuses
 */
export async function topContainer(room: Containers, container: Container, args = '-ef'): Promise<ContainerTop> {
  if (!hasProcess(container.state)) throw new EngineError('conflict', `container ${container.id} is not running`);
  const words = (args || '-ef').split(/\s+/).filter(Boolean);
  const pids = await ownProcesses(room, container);
  const { exitCode, stdout, stderr } = await run('ps', words, { maxOutput: 16 << 20 });
  if (exitCode !== 0) throw new EngineError('invalid', `ps: ${stderr.trim()}`);
  return parsePs(stdout, pids);
}

/** A start ends when the process may run; executing its program takes it some milliseconds more. */
const EXECUTED_WITHIN_MS = 1000;

/** Pids of the container's own programs, without what an OCI runtime is just about to turn into one. */
async function ownProcesses(room: Containers, container: Container): Promise<Set<number>> {
  const runtime = runtimeOf(room.tools, container.id);
  const init = container.state.process?.pid;
  for (const end = performance.now() + EXECUTED_WITHIN_MS; init !== undefined && isRuntimeItself(runtime, init) && performance.now() < end; ) await delay(2);
  return new Set(cgroupPids(room.tools.cgroups, cgroupPath(room, container)).filter((pid) => pid === init || !isRuntimeItself(runtime, pid)));
}

/** Picks the lines of the given pids out of ps's table. @throws EngineError invalid when there is no PID column */
export function parsePs(output: string, pids: ReadonlySet<number>): ContainerTop {
  const [header = '', ...lines] = output.split('\n');
  const Titles = header.trim().split(/\s+/);
  const column = Titles.indexOf('PID');
  if (column < 0) throw new EngineError('invalid', "Couldn't find PID field in ps output");
  const Processes: string[][] = [];
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    if (words.length < Titles.length || !pids.has(Number(words[column]))) continue;
    // The last column is the command and has blanks of its own.
    Processes.push([...words.slice(0, Titles.length - 1), words.slice(Titles.length - 1).join(' ')]);
  }
  return { Titles, Processes };
}
