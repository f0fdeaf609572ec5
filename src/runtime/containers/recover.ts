import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeFile, shortId } from '../../base/index.ts';
import { childCgroups, killCgroup, removeCgroup } from '../host/cgroup.ts';
import { conmonEnded, conmonPid, containerPidFile } from '../host/conmon.ts';
import { deleteContainer, openExecFifo } from '../host/oci-runtime.ts';
import { runtimeOf } from '../host/tools.ts';
import { findByArguments, killPid } from '../host/proc.ts';
import { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { gatherEvidence, isSilent } from './evidence.ts';
import { finish, scheduleRestart } from './exit.ts';
import { startHealth } from './health.ts';
import { startContainer } from './lifecycle.ts';
import { hasProcess, ZERO_TIME } from './record.ts';
import { destroy } from './remove.ts';
import { settle, shouldRestart } from './settle.ts';

/**
 * What an engine does first. Reads all records, brings each in line with what is there, finishes what was cut short, removes what no
 * record owns. The rooms of images, volumes and networks are open; nobody is served yet.
 */
export function loadContainers(room: Containers): void {
  for (const { record, state } of room.store.load()) room.registry.add(new Container(record, state));
}

/** A creation that takes longer than this hangs. */
const CREATION_MS = 20_000;

/**
 * Waits for creations that the last engine began and did not see the end of: conmon and the runtime go on by themselves, and a second
 * start in their midst would meet the first. Afterwards each has a process or has gone.
 */
export async function awaitCreations(room: Containers): Promise<void> {
  const deadline = Date.now() + CREATION_MS;
  for (const id of list(room.ctx.layout.bundles)) {
    const bundle = join(room.ctx.layout.bundles, id);
    for (let pids = creating(bundle); pids.length > 0; pids = creating(bundle)) {
      if (Date.now() < deadline) await delay(5);
      else for (const pid of pids) killPid(pid, 'SIGKILL');
    }
  }
}

/** conmon processes of a bundle whose container is not there yet. */
function creating(bundle: string): number[] {
  return existsSync(containerPidFile(bundle)) ? [] : findByArguments('-b', bundle);
}

/** Ids of containers with a process, before anything else was looked at: networks keep these. */
export function runningIds(room: Containers): Set<string> {
  const running = room.registry.all().filter((container) => gatherEvidence(room, container).process !== undefined);
  return new Set(running.map((container) => container.id));
}

/** @param options.booted  the machine was started since the last engine: policies apply as when dockerd starts */
export async function recoverContainers(room: Containers, options: { booted: boolean }): Promise<void> {
  const conmons = new Map(list(room.ctx.layout.bundles).map((id) => [id, conmonPid(join(room.ctx.layout.bundles, id))]));
  await Promise.all(room.registry.all().map((container) => recoverOne(room, container, options.booted)));
  await sweep(room, conmons);
}

async function recoverOne(room: Containers, container: Container, booted: boolean): Promise<void> {
  try {
    await room.locks.run(container.id, () => settleAtStart(room, container));
    if (booted) await startAfterBoot(room, container);
  } catch (error) {
    room.ctx.logger.error('cannot recover a container', { container: container.id, error });
  }
}

async function settleAtStart(room: Containers, container: Container): Promise<void> {
  const before = container.state;
  let evidence = gatherEvidence(room, container);
  for (; evidence.awaitsExit && !isSilent(container); evidence = gatherEvidence(room, container)) await delay(5);
  const { state, died, actions } = settle(before, evidence);
  if (actions.includes('remove')) return destroy(room, container);
  if (died) return finish(room, container, state);
  if (hasProcess(state)) {
    container.state = state;
    container.begin();
    if (state !== before) room.store.saveState(container.id, state);
    if (actions.includes('openFifo')) {
      await openExecFifo(runtimeOf(room.tools, container.id), container.id, () => gatherEvidence(room, container).process !== undefined);
      announce(room, container, 'start');
    }
    startHealth(room, container);
  } else if (state.status === 'restarting') scheduleRestart(room, container, 0);
  else if (container.record.hostConfig.AutoRemove && state.startedAt !== ZERO_TIME) {
    container.state = { ...state, status: 'removing', removeVolumes: true };
    room.store.saveState(container.id, container.state);
    await destroy(room, container);
  }
}

/** Docker's rule when its daemon starts: `always` starts even what the user had stopped, the others only what they would restart. */
async function startAfterBoot(room: Containers, container: Container): Promise<void> {
  const { state, record } = container;
  if (state.status !== 'exited' || state.startedAt === ZERO_TIME) return;
  const policy = record.hostConfig.RestartPolicy;
  if (policy?.Name === 'always' || shouldRestart(policy, state)) await startContainer(room, container);
}

/**
 * Bundles, runtime states, exit files, exec directories and control groups that belong to no container (any more).
 * @param conmons  who supervised what was found at the start, by bundle
 */
async function sweep(room: Containers, conmons: ReadonlyMap<string, number>): Promise<void> {
  const { layout, logger } = room.ctx;
  // One that is about to be restarted may have its new process before this has ended; its start clears up by itself.
  const running = new Set(room.registry.all().filter(({ state }) => hasProcess(state) || state.status === 'restarting').map(({ id }) => id));
  const bundles = new Set([...running].map(shortId));
  for (const id of childCgroups(room.tools.cgroups, room.tools.cgroupParent)) {
    if (running.has(id)) continue;
    logger.info('sweeping a control group', { id });
    killCgroup(room.tools.cgroups, `${room.tools.cgroupParent}/${id}`);
    removeCgroup(room.tools.cgroups, `${room.tools.cgroupParent}/${id}`);
  }
  for (const id of list(layout.ociState)) if (!running.has(id)) await deleteContainer(runtimeOf(room.tools, id), id);
  for (const id of list(layout.bundles)) if (!bundles.has(id)) rmSync(join(layout.bundles, id), { recursive: true, force: true });
  // Each writes an exit file before it goes.
  await Promise.all([...conmons].map(([id, pid]) => bundles.has(id) || conmonEnded(pid)));
  for (const name of list(layout.exits)) if (!running.has(name)) removeFile(join(layout.exits, name));
  for (const name of list(layout.execs)) rmSync(join(layout.execs, name), { recursive: true, force: true });
  await sweepSnapshots(room);
}

async function sweepSnapshots(room: Containers): Promise<void> {
  for (const id of await room.images.snapshots.list()) {
    const owner = room.registry.get(id.slice(0, 64));
    if (owner && (id === owner.id || hasProcess(owner.state))) continue;
    room.ctx.logger.info('sweeping a writable layer', { id });
    await room.images.snapshots.remove(id);
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
