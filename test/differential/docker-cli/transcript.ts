/** Runs docker CLI steps against a socket and writes down what a user sees, with everything that differs from run to run blanked out. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export interface Step {
  /** Arguments of `docker`; `@` becomes a prefix that is unique to the run. */
  args: readonly string[];
  stdin?: string;
  /** Run in a pseudo-terminal (by `script`); the terminal's echo is part of the output. */
  tty?: boolean;
  /** End the command after so many milliseconds with SIGINT (for what follows a stream); its exit code is then left out. */
  interruptAfter?: RegExp;
  /** Compare only the exit code: the output is a matter of chance. */
  quiet?: boolean;
  /** Compare lines without their order. */
  sorted?: boolean;
}

export interface Scenario {
  title: string;
  steps: readonly Step[];
  /** Run afterwards, whatever happened; not compared. */
  cleanup?: readonly (readonly string[])[];
}

export interface Entry {
  command: string;
  code: number | string;
  stdout: string;
  stderr: string;
}

export interface Target {
  socket: string;
  cwd: string;
  /** API version for the CLI, when it must not choose. */
  apiVersion?: string;
}

/** Plays a scenario. @returns one entry per step */
export async function play(scenario: Scenario, target: Target): Promise<Entry[]> {
  const prefix = `tscd${randomBytes(4).toString('hex')}`;
  const fill = (text: string): string => text.replaceAll('@', prefix);
  const entries: Entry[] = [];
  try {
    for (const step of scenario.steps) {
      const done = await run(step.args.map(fill), { ...step, ...(step.stdin !== undefined && { stdin: fill(step.stdin) }) }, target);
      const clean = (text: string): string => arrange(blank(step.tty ? text.replace(END_OF_FILE_ECHO, '') : text, prefix, target), step.sorted ?? false);
      entries.push({
        command: step.args.join(' '),
        code: step.interruptAfter ? 'interrupted' : done.code,
        stdout: step.quiet ? '' : clean(done.stdout),
        stderr: step.quiet ? '' : clean(done.stderr),
      });
    }
  } finally {
    for (const args of scenario.cleanup ?? []) await run(args.map(fill), {}, target);
  }
  return entries;
}

/** `script` without input sends an end of file, which the terminal echoes at any moment. */
const END_OF_FILE_ECHO = /\^@|\^D[\b]*|\0|\x04/g;

interface Done {
  code: number;
  stdout: string;
  stderr: string;
}

const STEP_TIMEOUT_MS = 60_000;

function run(args: readonly string[], step: Partial<Step>, target: Target): Promise<Done> {
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'] ?? '',
    HOME: target.cwd,
    DOCKER_HOST: `unix://${target.socket}`,
    DOCKER_CONFIG: target.cwd,
    DOCKER_BUILDKIT: '0',
    ...(target.apiVersion && { DOCKER_API_VERSION: target.apiVersion }),
  };
  const [program, ...rest] = step.tty ? ['script', '-qec', ['docker', ...args].map(quote).join(' '), '/dev/null'] : ['docker', ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(program ?? 'docker', rest, { cwd: target.cwd, env: environment });
    const done = { stdout: '', stderr: '' };
    const late = setTimeout(() => child.kill('SIGKILL'), STEP_TIMEOUT_MS);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        done[name] += text;
        if (step.interruptAfter?.test(done.stdout)) child.kill('SIGINT');
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code: code ?? (signal === 'SIGKILL' ? -9 : -1), ...done });
    });
    child.stdin.on('error', () => {}); // a command that does not read its stdin
    child.stdin.end(step.stdin ?? '');
  });
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const BLANKS: readonly (readonly [RegExp, string])[] = [
  [/\b(sha256:)?[0-9a-f]{64}\b/g, '<id>'],
  [/\b[0-9a-f]{12}\b/g, '<short>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?([+-]\d\d:?\d\d|Z))?( \w+)?/g, '<time>'],
  [/(About a |Less than a |\d+ )(seconds?|minutes?|hours?|minute|hour|second)( ago)?/g, '<ago>'],
  [/\b(\d{1,3}\.){3}\d{1,3}\b/g, '<ip>'],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<mac>'],
  [/ +$/gm, ''],
  [/ {2,}/g, '  '],
];

function blank(text: string, prefix: string, target: Target): string {
  let result = text.replaceAll(prefix, '@').replaceAll(target.socket, '<socket>').replaceAll('\r\n', '\n');
  for (const [pattern, by] of BLANKS) result = result.replace(pattern, by);
  return result;
}

function arrange(text: string, sorted: boolean): string {
  return sorted ? text.split('\n').sort().join('\n') : text;
}
