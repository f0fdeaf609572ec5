import { chmodSync, writeFileSync } from 'node:fs';
import { posix, join } from 'node:path';
import { EngineError, Scope } from '../../../base/index.ts';
import type { LayerDescriptor, StepRequest } from '../../parts.ts';
import { commandArgs, shellOf, withStep, type ImageState, type Variables } from '../config/index.ts';
import { resolveMount, type RunInstruction } from '../dockerfile/index.ts';
import { chainOf } from './content-sources.ts';
import { RunFailed } from './errors.ts';
import { MountPoints } from './mount-points.ts';
import type { Channel } from './output.ts';
import { newStepId, type WorkRoot } from './roots.ts';
import { RunMounts, type PreparedMount } from './run-mounts.ts';
import { OutputTail } from './run-output.ts';
import type { BuildSession } from './session.ts';
import { cacheKey } from './step-cache.ts';
import { layerStep, type StepOutcome } from './step.ts';
import { commit } from './workdir-step.ts';

const SCRIPT_DIRECTORY = '/dev/pipes';

interface Command {
  readonly args: readonly string[];
  /** A script from a heredoc with `#!`, to be mounted. */
  readonly script: { readonly name: string; readonly content: string } | undefined;
}

export interface RunContext {
  readonly session: BuildSession;
  readonly root: WorkRoot;
  readonly stage: number;
  readonly channel: Channel;
  readonly useCache: boolean;
  readonly variables: Variables;
}

/** Runs a RUN instruction, or finds what it gave before. */
export async function runStep(context: RunContext, state: ImageState, instruction: RunInstruction): Promise<{ state: ImageState; outcome: StepOutcome }> {
  const { session, variables } = context;
  refuseDevices(instruction);
  const command = commandOf(instruction, state);
  const network = networkOf(session, instruction, variables);
  const privileged = isPrivileged(session, instruction, variables);
  const shown = command.script ? [...shellOf(state.config), ...command.args] : command.args; // as if the shell started the script
  const text = `RUN ${variables.historyPrefix()}${shown.join(' ')} # buildkit`;
  const mounts = new RunMounts(
    session,
    instruction.mounts.map((mount) => resolveMount(mount, (value) => variables.expand(value))),
    context.stage,
    (message) => context.channel.send(message),
  );
  const env = variables.runEnv();
  const key = cacheKey([
    'run',
    chainOf(state.layers),
    command,
    env.filter((entry) => !variables.isTransparent(entry.slice(0, entry.indexOf('=')))).sort(),
    state.config.WorkingDir ?? '/',
    state.config.User ?? '',
    network,
    privileged,
    await mounts.identity(),
    session.epochS ?? null,
  ]);
  const outcome = await layerStep(session, {
    key,
    description: instruction.text,
    useCache: context.useCache,
    make: async () => ({ layer: await session.runLimit.run(() => execute(context, state, { command, env, network, privileged, mounts, instruction })) }),
  });
  return { state: withStep(state, text, outcome), outcome };
}

/** Devices by the Container Device Interface are not supported; one that is not required may be missing anyway. */
function refuseDevices({ devices }: RunInstruction): void {
  const required = devices.find((device) => /(?:^|,)required(?:=true|,|$)/.test(device));
  if (required !== undefined) throw new EngineError('notImplemented', `RUN --device=${required}: devices are not supported`);
}

function commandOf({ command, heredocs }: RunInstruction, state: ImageState): Command {
  if (command.form === 'exec' || heredocs.length === 0) return { args: commandArgs(command, state.config), script: undefined };
  const [only] = heredocs;
  const isWhole = heredocs.length === 1 && only !== undefined && /^\d*<<-?["']?[^\s"'<]+["']?$/.test(command.line.trim());
  const shell = shellOf(state.config);
  if (!isWhole) {
    // The shell reads its heredocs itself.
    const bodies = heredocs.map((heredoc) => `\n${heredoc.raw}${heredoc.name}`).join('');
    return { args: [...shell, command.line + bodies], script: undefined };
  }
  if (!only.content.startsWith('#!')) return { args: [...shell, only.content], script: undefined };
  return { args: [posix.join(SCRIPT_DIRECTORY, only.name)], script: { name: only.name, content: only.content } };
}

/** @throws EngineError forbidden for what the client did not allow */
function networkOf(session: BuildSession, instruction: RunInstruction, variables: Variables): string {
  const wanted = instruction.network === undefined ? 'default' : variables.expand(instruction.network);
  const ofBuild = session.options.networkMode ?? 'default';
  if (wanted === 'none') return 'none';
  if (wanted === 'host' && ofBuild !== 'host' && !session.options.extra?.entitlements?.includes('network.host')) {
    throw new EngineError('forbidden', 'RUN --network=host needs the entitlement network.host, or a build with the host\'s network');
  }
  return wanted === 'host' ? 'host' : ofBuild === '' ? 'default' : ofBuild;
}

/** @throws EngineError forbidden for what the client did not allow */
function isPrivileged(session: BuildSession, instruction: RunInstruction, variables: Variables): boolean {
  const { extra } = session.options;
  const wanted = instruction.security !== undefined && variables.expand(instruction.security) === 'insecure';
  if (wanted && !extra?.entitlements?.includes('security.insecure') && extra?.privileged !== true) {
    throw new EngineError('forbidden', 'RUN --security=insecure needs the entitlement security.insecure');
  }
  return wanted || extra?.privileged === true;
}

interface Execution {
  readonly command: Command;
  readonly env: readonly string[];
  readonly network: string;
  readonly privileged: boolean;
  readonly mounts: RunMounts;
  readonly instruction: RunInstruction;
}

async function execute(context: RunContext, state: ImageState, execution: Execution): Promise<LayerDescriptor | undefined> {
  const { session, root } = context;
  const scope = new Scope();
  const workingDir = state.config.WorkingDir || '/';
  let failure: unknown;
  try {
    const prepared = await execution.mounts.prepare(scope, workingDir);
    const { path } = await root.open(state.layers);
    const points = new MountPoints(path);
    const all = [...prepared.mounts, ...scriptMount(session, execution.command)];
    const mounts = all.map(({ mount, isFile }) => ({ ...mount, destination: isUnderDev(mount.destination) ? mount.destination : points.add(mount.destination, isFile) }));
    points.add(workingDir, false);
    const use = await session.stepNetworks.use(execution.network);
    scope.defer(use.release);
    await runCommand(context, state, execution, { rootfs: path, mounts, env: [...execution.env, ...prepared.env], sandbox: use.sandbox });
    points.remove();
    if (points.isUsed) await pruneCopiedUp(session, root, points);
    return await commit(session, root);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    const problem = await scope.unwind();
    if (problem !== undefined && failure === undefined) session.ctx.logger.warn('cannot undo the mounts of a build step', { error: problem });
  }
}

function isUnderDev(destination: string): boolean {
  return destination.startsWith('/dev/'); // a tmpfs of the container's own: the runtime makes what is missing there
}

async function pruneCopiedUp(session: BuildSession, root: WorkRoot, points: MountPoints): Promise<void> {
  if (root.id === undefined) return;
  await session.images.snapshots.unmount(root.id);
  points.prune(session.images.snapshots.upperDir(root.id));
}

function scriptMount(session: BuildSession, { script }: Command): PreparedMount[] {
  if (!script) return [];
  const source = join(session.temporary(), 'script');
  writeFileSync(source, script.content, { flag: 'wx' });
  chmodSync(source, 0o755);
  return [{ mount: { destination: posix.join(SCRIPT_DIRECTORY, script.name), type: 'bind', source, options: ['bind', 'private', 'ro'] }, isFile: true }];
}

interface Place {
  readonly rootfs: string;
  readonly mounts: NonNullable<StepRequest['mounts']>;
  readonly env: readonly string[];
  readonly sandbox: StepRequest['sandbox'];
}

/** @throws RunFailed */
async function runCommand(context: RunContext, state: ImageState, execution: Execution, place: Place): Promise<void> {
  const { session, channel } = context;
  const { options } = session;
  const output = new OutputTail(channel);
  const id = newStepId();
  channel.line(` ---> Running in ${id.slice(1, 13)}`);
  const result = await session.steps.runStep({
    id,
    rootfs: place.rootfs,
    args: execution.command.args,
    env: place.env,
    cwd: state.config.WorkingDir || '/',
    user: state.config.User ?? '',
    hostname: session.variables.buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME') ?? 'buildkitsandbox',
    network: execution.network,
    ...(place.sandbox && { sandbox: place.sandbox }),
    mounts: place.mounts,
    privileged: execution.privileged,
    ...(options.extraHosts && { extraHosts: options.extraHosts }),
    hostConfig: hostConfigOf(options),
    onOutput: (_, chunk) => output.add(chunk),
    signal: session.signal,
  });
  output.end();
  if (result.exitCode === 0) {
    channel.line(` ---> Removed intermediate container ${id.slice(1, 13)}`);
    return;
  }
  throw new RunFailed(execution.command.args.join(' '), result.exitCode, result.oomKilled, output.tail());
}

function hostConfigOf(options: BuildSession['options']): NonNullable<StepRequest['hostConfig']> {
  const { shmSize, ulimits, memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus } = options;
  return {
    ...(shmSize !== undefined && { ShmSize: shmSize }),
    ...(ulimits && { Ulimits: ulimits }),
    ...(memory !== undefined && { Memory: memory }),
    ...(memorySwap !== undefined && { MemorySwap: memorySwap }),
    ...(cpuShares !== undefined && { CpuShares: cpuShares }),
    ...(cpuPeriod !== undefined && { CpuPeriod: cpuPeriod }),
    ...(cpuQuota !== undefined && { CpuQuota: cpuQuota }),
    ...(cpusetCpus !== undefined && { CpusetCpus: cpusetCpus }),
  };
}
