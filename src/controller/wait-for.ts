/** Waits until the containers of a service run, are healthy, or have done their work. By events, not by polling. */
import { isEngineError, UserError } from '../base/index.ts';
import type { ContainerInspect, Engine } from '../engine-api/index.ts';
import { shared } from './context.ts';
import type { EventHub } from './event-hub.ts';
import { lastLines } from './last-lines.ts';
import type { WaitCondition } from './plan.ts';

export interface WaitTarget {
  readonly id: string;
  readonly name: string;
}

export interface WaitRequest {
  readonly service: string;
  readonly containers: readonly WaitTarget[];
  readonly condition: WaitCondition;
  /** Services that wait; empty for `--wait`. */
  readonly for: readonly string[];
  readonly timeoutMs?: number;
}

type Verdict = { readonly kind: 'holds'; readonly text: 'Healthy' | 'Exited' } | { readonly kind: 'fails'; readonly why: string } | { readonly kind: 'open'; readonly reason: string };

/**
 * @param tell  what a container is waiting for now, and at the end what it became
 * @throws UserError `dependency.failed` that names the service, its exit code and its last log lines; `wait.timeout`; what `signal` gives
 */
export async function waitFor(
  request: WaitRequest,
  deps: { readonly engine: Engine; readonly hub: EventHub; readonly signal?: AbortSignal | undefined },
  tell: (container: WaitTarget, state: 'working' | 'done', text: string, reason?: string) => void,
): Promise<void> {
  await deps.hub.open();
  const stop = new AbortController();
  const signals = [stop.signal, ...(deps.signal ? [deps.signal] : [])];
  if (request.timeoutMs !== undefined) signals.push(AbortSignal.timeout(request.timeoutMs));
  const signal = shared(AbortSignal.any(signals));
  try {
    await Promise.all(request.containers.map((container) => waitForOne(request, container, { ...deps, signal }, tell)));
  } catch (error) {
    if (signal.aborted && !deps.signal?.aborted && !(error instanceof UserError)) throw timeoutError(request);
    throw error;
  } finally {
    stop.abort();
  }
}

async function waitForOne(
  request: WaitRequest,
  container: WaitTarget,
  { engine, hub, signal }: { readonly engine: Engine; readonly hub: EventHub; readonly signal: AbortSignal },
  tell: (container: WaitTarget, state: 'working' | 'done', text: string, reason?: string) => void,
): Promise<void> {
  for (let told: string | undefined; ; ) {
    const mark = hub.mark(container.id);
    const verdict = judge(request, container, await inspectIfThere(engine, container.id, signal));
    if (verdict.kind === 'holds') {
      tell(container, 'done', verdict.text);
      return;
    }
    if (verdict.kind === 'fails') throw await failure(request, container, verdict.why, engine);
    if (verdict.reason !== told) tell(container, 'working', 'Waiting', verdict.reason);
    told = verdict.reason;
    await hub.changed(container.id, mark, signal);
    signal.throwIfAborted();
  }
}

async function inspectIfThere(engine: Engine, id: string, signal: AbortSignal): Promise<ContainerInspect | undefined> {
  try {
    return await engine.containers.inspect(id, {}, { signal });
  } catch (error) {
    if (isEngineError(error, 'notFound')) return undefined;
    throw error;
  }
}

function judge(request: WaitRequest, { name }: WaitTarget, container: ContainerInspect | undefined): Verdict {
  if (!container) return { kind: 'fails', why: `container ${name} was removed` };
  const { Status, ExitCode, Health } = container.State;
  if (request.condition === 'service_completed_successfully') {
    if (Status !== 'exited' && Status !== 'dead') return { kind: 'open', reason: 'completed successfully' };
    return ExitCode === 0 ? { kind: 'holds', text: 'Exited' } : { kind: 'fails', why: `service "${request.service}" didn't complete successfully: exit ${ExitCode}` };
  }
  if (Status === 'exited' || Status === 'dead') return { kind: 'fails', why: `container ${name} exited (${ExitCode})` };
  const hasCheck = Health !== undefined && Health.Status !== 'none';
  if (!hasCheck && request.condition === 'running_or_healthy') return Status === 'running' ? { kind: 'holds', text: 'Healthy' } : { kind: 'open', reason: 'running' };
  if (!hasCheck) return Status === 'running' ? { kind: 'fails', why: `container ${name} has no healthcheck configured` } : { kind: 'open', reason: 'running' };
  if (Health.Status === 'healthy') return { kind: 'holds', text: 'Healthy' };
  if (Health.Status === 'unhealthy') return { kind: 'fails', why: `container ${name} is unhealthy` };
  const probes = container.Config.Healthcheck?.Retries || 3;
  return { kind: 'open', reason: Health.FailingStreak > 0 ? `healthy, ${Health.FailingStreak}/${probes} probes failed` : 'healthy' };
}

async function failure(request: WaitRequest, container: WaitTarget, why: string, engine: Engine): Promise<UserError> {
  const forOthers = request.for.length > 0 && request.condition !== 'service_completed_successfully';
  const headline = forOthers ? `dependency failed to start: ${why}` : why;
  const [log, probe] = await Promise.all([lastLines(engine, container.id), lastProbe(engine, container.id)]);
  const details = [
    ...(probe === undefined ? [] : ['last probe:', ...indent(probe.split('\n'))]),
    ...(log.length === 0 ? [] : [`last output of ${container.name}:`, ...indent(log)]),
  ];
  return new UserError([headline, ...details].join('\n'), { code: 'dependency.failed' });
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

async function lastProbe(engine: Engine, id: string): Promise<string | undefined> {
  try {
    const health = (await engine.containers.inspect(id)).State.Health;
    const last = health?.Status === 'unhealthy' ? health.Log?.at(-1) : undefined;
    return last && `exit ${last.ExitCode}${last.Output.trim() === '' ? '' : `: ${last.Output.trim()}`}`;
  } catch {
    return undefined; // an explanation that cannot be had is left out
  }
}

function timeoutError(request: WaitRequest): UserError {
  return new UserError(`service ${request.service} is not ${request.condition === 'service_completed_successfully' ? 'done' : 'ready'}`, { code: 'wait.timeout' });
}
