import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

export interface Run {
  /** Wall time of the whole process in milliseconds. */
  readonly ms: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Runs a program to its end and times it. @throws Error when it fails and `check` is not false */
export function run(
  argv: readonly string[],
  options: { env?: Record<string, string>; timeoutMs?: number; keepOutput?: boolean; check?: boolean; cwd?: string } = {},
): Run {
  const [command = '', ...args] = argv;
  const start = nowMs();
  const result = spawnSync(command, args, {
    stdio: ['ignore', options.keepOutput === true ? 'pipe' : 'ignore', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  const ms = nowMs() - start;
  const done = { ms, exitCode: result.status ?? -1, stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') };
  if (options.check !== false && done.exitCode !== 0) {
    throw new Error(`${argv.join(' ')}: exit ${done.exitCode}: ${done.stderr.trim().split('\n').slice(-3).join(' | ')}`);
  }
  return done;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is true. @throws Error at the deadline */
export async function until(what: string, test: () => boolean, timeoutMs = 10_000): Promise<void> {
  for (const end = nowMs() + timeoutMs; !test(); await sleep(10)) if (nowMs() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
}

export interface ProcessInfo {
  readonly pid: number;
  readonly command: string;
}

/** Every process of the machine with its command line. */
export function processes(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim() }];
      } catch {
        return [];
      }
    });
}

/** Resident memory in MiB and number of the processes whose command line matches. */
export function residentMemory(pattern: RegExp): { mib: number; count: number } {
  let kib = 0;
  let count = 0;
  for (const { pid, command } of processes()) {
    if (!pattern.test(command) || /^nsenter /.test(command)) continue;
    try {
      kib += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
      count++;
    } catch {
      // it has gone
    }
  }
  return { mib: kib / 1024, count };
}

/** Forgets the peaks so far of the processes that match; what it returns tells their peaks since then, in MiB, summed. */
export function peakMemory(pattern: RegExp): () => { value: number; unit: 'MiB' } {
  const pids = processes().filter(({ command }) => pattern.test(command) && !/^nsenter /.test(command)).map(({ pid }) => pid);
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const peakKib = (pid: number) => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return () => ({ value: pids.reduce((sum, pid) => sum + peakKib(pid), 0) / 1024, unit: 'MiB' });
}

/** Waits a few seconds at most until less than a quarter of one processor is busy with other things. */
export async function quiet(maxMs = 4000): Promise<void> {
  for (const end = nowMs() + maxMs; nowMs() < end; ) {
    const before = busyMs();
    const start = nowMs();
    await sleep(150);
    if ((busyMs() - before) / (nowMs() - start) < 0.25) return;
  }
}

function busyMs(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * 10;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
