/** `exec` and `attach`: a process in, or the main process of, a service's container. */
import { setTimeout as delay } from 'node:timers/promises';
import { isEngineError, UserError } from '../base/index.ts';
import { callOptions, type NamedContext } from './context.ts';
import { findOne } from './find-containers.ts';
import { followSize, pump, type ProcessStreams } from './process-streams.ts';

export interface ExecOptions {
  readonly service: string;
  readonly command: readonly string[];
  readonly index?: number;
  readonly detach?: boolean;
  /** A terminal in the container. */
  readonly tty?: boolean;
  readonly interactive?: boolean;
  readonly privileged?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  /** `KEY=value`. */
  readonly env?: readonly string[];
  readonly detachKeys?: string;
}

const EXIT_CODE_DEADLINE_MS = 2000;

/**
 * Runs a command in a running container.
 * @returns its exit code; 0 when detached
 * @throws UserError `container.notRunning`; EngineError
 */
export async function exec(context: NamedContext, options: ExecOptions, streams: ProcessStreams): Promise<number> {
  const { engine } = context;
  const o = callOptions(context);
  const container = await findOne(context, options.service, { index: options.index });
  const tty = options.tty ?? false;
  const { Id } = await engine.exec.create(
    container.id,
    {
      Cmd: [...options.command],
      Tty: tty,
      AttachStdin: !options.detach && (options.interactive ?? streams.stdin !== undefined),
      AttachStdout: !options.detach,
      AttachStderr: !options.detach,
      ...(options.privileged && { Privileged: true }),
      ...(options.user !== undefined && { User: options.user }),
      ...(options.workdir !== undefined && { WorkingDir: options.workdir }),
      ...(options.env && { Env: [...options.env] }),
      ...(options.detachKeys !== undefined && { DetachKeys: options.detachKeys }),
    },
    o,
  );
  if (options.detach) {
    await engine.exec.startDetached(Id, o);
    return 0;
  }
  const size = tty ? streams.terminal?.size() : undefined;
  const attached = await engine.exec.start(Id, { Tty: tty, ...(size && { ConsoleSize: [size.h, size.w] }) }, o);
  const stop = followSize(tty ? streams.terminal : undefined, (to) => engine.exec.resize(Id, to, o));
  try {
    await pump({ ...attached, tty }, streams);
  } finally {
    stop();
  }
  return exitCodeOf(context, Id);
}

/** The output can end a moment before the engine knows the exit code. */
async function exitCodeOf(context: NamedContext, id: string): Promise<number> {
  for (const deadline = Date.now() + EXIT_CODE_DEADLINE_MS; ; await delay(10)) {
    const { Running, ExitCode } = await context.engine.exec.inspect(id, callOptions(context)).catch((error: unknown) => {
      if (!isEngineError(error, 'notFound')) throw error;
      throw new UserError('the engine ended while the command ran: its exit code is unknown', { code: 'engine.gone', cause: error }); // and with it the session
    });
    if (!Running && ExitCode !== null) return ExitCode;
    if (Date.now() > deadline) return ExitCode ?? 0; // detached by key: it goes on without us
  }
}

export interface AttachOptions {
  readonly service: string;
  readonly index?: number;
  readonly detachKeys?: string;
  readonly noStdin?: boolean;
}

/**
 * Connects with the main process of a running container until it ends or the user detaches.
 * @returns its exit code; 0 when it still runs
 */
export async function attach(context: NamedContext, options: AttachOptions, streams: ProcessStreams): Promise<number> {
  const { engine } = context;
  const o = callOptions(context);
  const container = await findOne(context, options.service, { index: options.index });
  const { Config } = await engine.containers.inspect(container.id, {}, o);
  const stdin = !options.noStdin && Config.OpenStdin === true && streams.stdin !== undefined;
  const query = { stream: true, stdin, stdout: true, stderr: true, ...(options.detachKeys !== undefined && { detachKeys: options.detachKeys }) };
  const attached = await engine.containers.attach(container.id, query, o);
  const stopSize = followSize(Config.Tty ? streams.terminal : undefined, (size) => engine.containers.resize(container.id, size, o));
  const stopSignals = streams.onSignal?.((signal) => void engine.containers.kill(container.id, { signal }, o).catch(() => {}));
  try {
    const { stdin: input, ...others } = streams;
    await pump({ ...attached, tty: Config.Tty ?? attached.tty }, stdin && input ? streams : withoutStdin(others));
  } finally {
    stopSize();
    stopSignals?.();
  }
  const { State } = await engine.containers.inspect(container.id, {}, o);
  return State.Running ? 0 : State.ExitCode;
}

/** A process that must not see the end of its input: nothing is sent, and nothing is closed. */
function withoutStdin(streams: Omit<ProcessStreams, 'stdin'>): ProcessStreams {
  return streams;
}
