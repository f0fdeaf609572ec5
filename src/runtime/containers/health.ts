import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, newId } from '../../base/index.ts';
import type { Health, HealthConfig, HealthLogEntry } from '../../engine-api/index.ts';
import { killDescendants } from '../host/proc.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { timestamp } from './evidence.ts';
import { execProcess } from './exec.ts';
import { execProblem, RUNTIME_FAILED, spawnExec } from './exec-child.ts';
import { specToJson } from './launch.ts';

const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_START_INTERVAL_MS = 5_000;
const DEFAULT_RETRIES = 3;
const LOG_ENTRIES = 5;
const MAX_OUTPUT = 4096;
const DEFAULT_SHELL = ['/bin/sh', '-c'];

const ms = (ns: number | undefined, fallback: number): number => (ns ? ns / 1e6 : fallback);

/** The command of a probe, or undefined when there is nothing to check. */
export function probeCommand(health: HealthConfig | undefined, shell: readonly string[] | undefined): string[] | undefined {
  const [kind, ...rest] = health?.Test ?? [];
  if (kind === 'CMD') return rest.length > 0 ? rest : undefined;
  if (kind === 'CMD-SHELL') return [...(shell?.length ? shell : DEFAULT_SHELL), rest[0] ?? ''];
  return undefined;
}

/**
 * The wait before the next probe: the start interval while the container is starting, in its start period; else the interval.
 * @see moby, daemon/health.go
 */
export function probeDelay(health: HealthConfig, status: Health['Status'], sinceStartMs: number): number {
  const interval = ms(health.Interval, DEFAULT_INTERVAL_MS);
  if (sinceStartMs >= ms(health.StartPeriod, 0) || status !== 'starting') return interval;
  return ms(health.StartInterval, DEFAULT_START_INTERVAL_MS);
}

/** The state after a probe. Failures in the start period of a container that was never healthy do not count. */
export function afterProbe(config: HealthConfig, before: Health, result: HealthLogEntry, startedAt: string): Health {
  const Log = [...before.Log, result].slice(-LOG_ENTRIES);
  if (result.ExitCode === 0) return { Status: 'healthy', FailingStreak: 0, Log };
  const inStartPeriod = before.Status === 'starting' && Date.parse(result.Start) - Date.parse(startedAt) < ms(config.StartPeriod, 0);
  if (inStartPeriod) return { ...before, Log };
  const FailingStreak = before.FailingStreak + 1;
  return { Status: FailingStreak >= (config.Retries || DEFAULT_RETRIES) ? 'unhealthy' : before.Status, FailingStreak, Log };
}

/** Begins to probe a container that has just started, or that runs when the engine starts. */
export function startHealth(room: Containers, container: Container): void {
  const { Healthcheck: config, Shell } = container.record.config;
  const command = probeCommand(config, Shell);
  if (!config || !command || !container.state.health) return;
  container.stopHealth?.();
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  room.closing.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    const { health, startedAt } = container.state;
    if (abort.signal.aborted || !health) return;
    timer = setTimeout(() => void probe(), probeDelay(config, health.Status, Date.now() - Date.parse(startedAt))).unref();
  };
  const probe = async (): Promise<void> => {
    // A frozen container cannot answer: its health stays what it was.
    if (container.state.status === 'running') {
      const result = await runProbe(room, container, command, ms(config.Timeout, DEFAULT_TIMEOUT_MS), abort.signal);
      if (abort.signal.aborted) return;
      record(room, container, config, result);
    }
    plan();
  };
  container.stopHealth = () => {
    clearTimeout(timer);
    room.closing.removeEventListener('abort', stop);
    abort.abort();
  };
  plan();
}

function record(room: Containers, container: Container, config: HealthConfig, result: HealthLogEntry): void {
  const { health, startedAt } = container.state;
  if (!health) return;
  const next = afterProbe(config, health, result, startedAt);
  container.state = { ...container.state, health: next };
  room.store.saveState(container.id, container.state);
  if (next.Status !== health.Status) announce(room, container, `health_status: ${next.Status}`);
}

/** One probe: its exit code and the first 4 KiB of its output. Never throws. */
async function runProbe(room: Containers, container: Container, command: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<HealthLogEntry> {
  const id = newId();
  const directory = room.ctx.layout.exec(id);
  const Start = timestamp();
  const text = command.join(' ');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const process = execProcess(room, container, { Cmd: [...command] });
    writeFileSync(join(directory, 'process.json'), specToJson(process), { mode: 0o600 });
    announce(room, container, `exec_create: ${text}`, { execID: id });
    announce(room, container, `exec_start: ${text}`, { execID: id });
    const { exitCode, output } = await waitForProbe(room, container, directory, timeoutMs, signal);
    announce(room, container, 'exec_die', { execID: id, exitCode: String(exitCode) });
    const problem = exitCode === RUNTIME_FAILED ? execProblem(directory, command[0] ?? '') : undefined;
    return { Start, End: timestamp(), ExitCode: problem?.exitCode ?? exitCode, Output: problem?.message ?? output };
  } catch (error) {
    return { Start, End: timestamp(), ExitCode: -1, Output: errorMessage(error) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function waitForProbe(
  room: Containers,
  container: Container,
  directory: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const child = await spawnExec(room, container, directory, { stdin: false, output: true });
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = (chunk: Buffer): void => {
    if (length < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - length));
    length += chunk.length;
  };
  const outputs = [child.stdout, child.stderr].filter((stream) => stream !== undefined);
  for (const stream of outputs) stream.on('data', collect);
  const kill = (): void => killDescendants(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      kill();
      resolve(undefined);
    }, timeoutMs);
  });
  const status = await Promise.race([child.exit, late]);
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  if (status) await Promise.race([child.closed, delay(LAST_OUTPUT_MS)]);
  for (const stream of outputs) stream.destroy();
  const text = Buffer.concat(chunks).toString('utf8') + (length > MAX_OUTPUT ? '...' : '');
  if (status) return { exitCode: status.code ?? -1, output: text };
  const message = `Health check exceeded timeout (${formatTimeout(timeoutMs)})`;
  return { exitCode: -1, output: text === '' ? message : `${message}: ${text}` };
}

/** Output that a probe leaves in its pipes is there at once; what a background process adds later does not count. */
const LAST_OUTPUT_MS = 100;

function formatTimeout(timeoutMs: number): string {
  return timeoutMs >= 1000 ? `${timeoutMs / 1000}s` : `${timeoutMs}ms`;
}
