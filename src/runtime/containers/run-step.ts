import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, readTextIfExists, shortId } from '../../base/index.ts';
import { killCgroup, oomKills, removeCgroup } from '../host/cgroup.ts';
import { deleteContainer, madeBy, runInForeground, runtimeMessage } from '../host/oci-runtime.ts';
import { SIGNALS } from '../host/run.ts';
import type { NetworksRoom, RoomContext, StepRequest, StepRunner } from '../parts.ts';
import { effectiveCaps } from './capabilities.ts';
import type { HostTools } from './context.ts';
import { executableProblem } from './executable-problem.ts';
import { specToJson } from './launch.ts';
import type { OciMount, OciSpec } from './oci.ts';
import { lookUpUser, seccompFor } from './prepare-process.ts';
import { containerSpec } from './spec.ts';

/** The runtime's exit code when the command could not be run. */
const RUNTIME_FAILED = 1;
const CGROUP_WAIT_MS = 5000;

/**
 * Runs RUN instructions: confined like a container, but as our child and without conmon, so that it ends with us and its output comes
 * straight to us.
 */
export function createStepRunner(ctx: Pick<RoomContext, 'layout' | 'logger'>, deps: { tools: HostTools; networks: NetworksRoom }): StepRunner {
  const room = { ctx, ...deps };
  return { runStep: (step) => runStep(room, step) };
}

interface StepRoom {
  readonly ctx: Pick<RoomContext, 'layout' | 'logger'>;
  readonly tools: HostTools;
  readonly networks: NetworksRoom;
}

interface StepNetwork {
  readonly namespace: 'host' | 'new' | { path: string };
  readonly hosts?: string;
  readonly resolvConf?: string;
}

async function runStep(room: StepRoom, step: StepRequest): Promise<{ exitCode: number; oomKilled: boolean }> {
  if (step.signal?.aborted) throw new EngineError('cancelled', 'the build was cancelled');
  room.tools.moves.expect();
  const bundle = room.ctx.layout.bundle(step.id);
  const cgroup = stepCgroup(room, step);
  try {
    const network = await stepNetwork(room, step);
    mkdirSync(bundle, { recursive: true, mode: 0o700 });
    const spec = stepSpec(room, step, bundle, network, cgroup);
    writeFileSync(join(bundle, 'config.json'), specToJson(spec), { mode: 0o600 });
    const exitCode = await runToEnd(room, step, bundle, cgroup);
    return { exitCode, oomKilled: oomKills(room.tools.cgroups, cgroup) > 0 };
  } finally {
    await cleanUpStep(room, step, bundle, cgroup);
  }
}

function stepCgroup(room: StepRoom, step: StepRequest): string {
  const parent = step.hostConfig?.CgroupParent;
  return `${parent ? `/${parent.replace(/^\/+|\/+$/g, '')}` : room.tools.cgroupParent}/${step.id}`;
}

async function stepNetwork(room: StepRoom, step: StepRequest): Promise<StepNetwork> {
  if (step.sandbox) return { namespace: { path: step.sandbox.netns }, hosts: step.sandbox.hosts, resolvConf: step.sandbox.resolvConf };
  const extraHosts = [...(step.extraHosts ?? [])];
  const hostname = step.hostname ?? shortId(step.id);
  if (step.network === 'none') {
    return { namespace: 'new', hosts: '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' };
  }
  if (step.network === 'host') {
    const files = await room.networks.hostFiles({ hostname, extraHosts, dns: [], dnsSearch: [], dnsOptions: [] });
    return { namespace: 'host', ...files };
  }
  const wanted = step.network === 'default' || step.network === '' || step.network === 'bridge' ? undefined : step.network;
  const sandbox = await room.networks.attachBuildStep(step.id, extraHosts, wanted);
  return { namespace: { path: sandbox.netns }, hosts: sandbox.hosts, resolvConf: sandbox.resolvConf };
}

function stepSpec(room: StepRoom, step: StepRequest, bundle: string, network: StepNetwork, cgroup: string): OciSpec {
  const privileged = step.privileged ?? false;
  const caps = effectiveCaps([], [], privileged, room.tools.caps);
  const root = openSync(step.rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const spec = containerSpec({
      config: { Env: [...step.env], Cmd: [...step.args], WorkingDir: step.cwd, Tty: false },
      host: { ...step.hostConfig, Privileged: privileged },
      id: step.id,
      hostname: step.hostname ?? shortId(step.id),
      rootfs: step.rootfs,
      user: lookUpUser(root, step.user, []),
      caps,
      seccomp: seccompFor(room, { Privileged: privileged }, caps),
      namespaces: { network: network.namespace, pid: 'new', ipc: 'new', uts: 'new', cgroup: room.tools.cgroups.version === 2 ? 'new' : 'host' },
      shm: { kind: 'private' },
      mounts: [],
      files: stepFiles(bundle, network),
      init: undefined,
      cgroupPath: cgroup,
      cgroupHost: room.tools.cgroups,
      support: room.tools.support,
    });
    spec.mounts.push(...(step.mounts ?? []).map((mount): OciMount => ({ ...mount })));
    return spec;
  } finally {
    closeSync(root);
  }
}

function stepFiles(bundle: string, network: StepNetwork): { destination: string; source: string }[] {
  const files: { destination: string; source: string }[] = [];
  for (const [destination, text] of [['/etc/hosts', network.hosts], ['/etc/resolv.conf', network.resolvConf]] as const) {
    if (text === undefined) continue;
    const source = join(bundle, destination.slice('/etc/'.length));
    writeFileSync(source, text, { mode: 0o644 });
    files.push({ destination, source });
  }
  return files;
}

function runToEnd(room: StepRoom, step: StepRequest, bundle: string, cgroup: string): Promise<number> {
  const { runtime } = room.tools;
  const log = join(bundle, 'log');
  return new Promise((resolve, reject) => {
    const child = runInForeground(runtime, { bundle, id: step.id, log });
    const abort = (): void => {
      killCgroup(room.tools.cgroups, cgroup);
      child.kill('SIGKILL');
    };
    step.signal?.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => step.onOutput('stdout', chunk));
    child.stderr.on('data', (chunk: Buffer) => step.onOutput('stderr', chunk));
    // A process that the command left in the background holds the pipes open: it is ended, as the step has.
    child.on('exit', () => killCgroup(room.tools.cgroups, cgroup));
    child.on('error', (cause) => reject(new EngineError('unavailable', `cannot run ${runtime.path}: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      step.signal?.removeEventListener('abort', abort);
      if (step.signal?.aborted) return reject(new EngineError('cancelled', 'the build was cancelled'));
      const complaint = readTextIfExists(log);
      if (code === RUNTIME_FAILED && complaint) return stepProblem(step, complaint, resolve, reject);
      resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0));
    });
  });
}

/** A command that is not there is the Dockerfile's fault and ends the step with 127 or 126; anything else is ours. */
function stepProblem(step: StepRequest, complaint: string, resolve: (code: number) => void, reject: (error: EngineError) => void): void {
  const message = runtimeMessage(complaint);
  const problem = executableProblem(message, step.args[0] ?? '');
  if (problem === undefined) return reject(new EngineError('internal', `OCI runtime run failed: ${message}`));
  step.onOutput('stderr', Buffer.from(`${problem}\n`));
  resolve(/permission denied|is a directory/.test(problem) ? 126 : 127);
}

async function cleanUpStep(room: StepRoom, step: StepRequest, bundle: string, cgroup: string): Promise<void> {
  const attempt = async (what: string, body: () => unknown): Promise<void> => {
    try {
      await body();
    } catch (error) {
      room.ctx.logger.warn(`cannot clean up a build step's ${what}`, { step: step.id, error });
    }
  };
  await attempt('control group', async () => {
    const deadline = Date.now() + CGROUP_WAIT_MS;
    while (!removeCgroup(room.tools.cgroups, cgroup)) {
      killCgroup(room.tools.cgroups, cgroup);
      if (Date.now() > deadline) throw new Error(`${cgroup} is still in use`);
      await delay(2);
    }
  });
  await attempt('runtime state', async () => {
    if (madeBy(room.tools.runtime.stateRoot, step.id) !== undefined) await deleteContainer(room.tools.runtime, step.id);
    rmSync(join(room.tools.runtime.stateRoot, step.id), { recursive: true, force: true });
  });
  await attempt('bundle', () => rmSync(bundle, { recursive: true, force: true }));
  if (!step.sandbox && step.network !== 'none' && step.network !== 'host') await attempt('network', () => room.networks.detach(step.id));
}
