/** `engine start|stop|status|logs`: our own engine as a process. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode, readTextIfExists, UserError } from '../../base/index.ts';
import { connectEngine, defaultDataRoot, defaultRunRoot, defaultSocketPath } from '../../engine-api/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { wakeEngine } from '../own-engine.ts';

const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 20;
const DEFAULT_LOG_LINES = 50;
const READ_BYTES = 64 * 1024;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [action = ''] = input.args;
  switch (action) {
    case 'start':
      await wakeEngine(cli);
      await cli.stdout.write(`the engine is ready at ${defaultSocketPath(cli.env)}\n`);
      return ExitCode.ok;
    case 'stop':
      return stop(cli);
    case 'status':
      return status(cli, input.flag('json'));
    case 'logs':
      return logs(cli, input);
    default:
      throw new UserError(`unknown action "${action}"`, { code: 'usage.arguments', exitCode: ExitCode.unknownCommand, hint: 'start, stop, status or logs' });
  }
}

interface EngineInfo {
  readonly pid: number;
  readonly version: string;
  readonly started: string;
}

/** What the engine wrote about itself, if the process it names is still an engine of this run root. */
function livingEngine(cli: Cli): EngineInfo | undefined {
  const text = readTextIfExists(join(defaultRunRoot(cli.env), 'engine.json'));
  if (text === undefined) return undefined;
  const info = parse(text);
  return info && isEngineOf(cli, info.pid) ? info : undefined;
}

function parse(text: string): EngineInfo | undefined {
  try {
    const info = JSON.parse(text) as Partial<EngineInfo>;
    return Number.isInteger(info.pid) && (info.pid ?? 0) > 1 ? { pid: info.pid ?? 0, version: String(info.version), started: String(info.started) } : undefined;
  } catch {
    return undefined; // the file is information only
  }
}

/** The file is never trusted with a pid: the number may belong to another program by now. */
function isEngineOf(cli: Cli, pid: number): boolean {
  const args = (readTextIfExists(`/proc/${pid}/cmdline`) ?? '').split('\0');
  return args.some((arg) => /engine[^/]*\.[cm]?[jt]s$/.test(arg)) && args.includes(defaultRunRoot(cli.env));
}

async function stop(cli: Cli): Promise<number> {
  const info = livingEngine(cli);
  if (info === undefined) {
    await cli.stdout.write('the engine is not running\n');
    return ExitCode.ok;
  }
  process.kill(info.pid, 'SIGTERM');
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; isEngineOf(cli, info.pid); ) {
    if (Date.now() > deadline) throw new UserError(`the engine (pid ${info.pid}) has not ended within ${STOP_TIMEOUT_MS / 1000} seconds`, { code: 'engine.stop', hint: 'tscompose engine logs' });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await cli.stdout.write('the engine has stopped; containers go on\n');
  return ExitCode.ok;
}

/** @returns 0 when it runs, 1 when it sleeps: scripts ask */
async function status(cli: Cli, json: boolean): Promise<number> {
  const info = livingEngine(cli);
  const socket = defaultSocketPath(cli.env);
  const facts = info ? await ask(cli) : undefined;
  const report = { running: info !== undefined, ...info, ...facts, socket, root: defaultDataRoot(cli.env), run: defaultRunRoot(cli.env) };
  if (json) await cli.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (info) {
    const lines = [`running since ${info.started}, pid ${info.pid}, version ${info.version}`, `socket      ${socket}`, `data        ${report.root}`];
    if (facts) lines.push(`containers  ${facts.containers} (${facts.containersRunning} running)`, `images      ${facts.images}`);
    await cli.stdout.write(`${lines.join('\n')}\n`);
  } else await cli.stdout.write(`not running; the next command that needs it starts it\nsocket      ${socket}\ndata        ${report.root}\n`);
  return info ? ExitCode.ok : ExitCode.failure;
}

async function ask(cli: Cli): Promise<{ containers: number; containersRunning: number; images: number }> {
  const engine = connectEngine({ host: `unix://${defaultSocketPath(cli.env)}`, env: cli.env });
  try {
    const { Containers, ContainersRunning, Images } = await engine.system.info();
    return { containers: Containers, containersRunning: ContainersRunning, images: Images };
  } finally {
    await engine.close();
  }
}

async function logs(cli: Cli, input: CommandInput): Promise<number> {
  const path = join(defaultDataRoot(cli.env), 'engine.log');
  const wanted = input.value('tail');
  const lines = wanted === undefined ? DEFAULT_LOG_LINES : wanted === 'all' ? Number.POSITIVE_INFINITY : Number(wanted);
  if (Number.isNaN(lines) || lines < 0) throw new UserError(`invalid argument "${wanted}" for "--tail" flag`, { code: 'usage.value', hint: 'a number, or "all"' });
  const text = readTextIfExists(path);
  if (text === undefined) throw new UserError(`there is no log at ${path}`, { code: 'engine.log', hint: 'the engine has not run yet' });
  const all = text.split('\n').slice(0, -1);
  await cli.stdout.write(all.slice(Math.max(0, all.length - lines)).map((line) => `${line}\n`).join(''));
  if (input.flag('follow')) await follow(cli, path, Buffer.byteLength(text));
  return ExitCode.ok;
}

/** Until the user has enough. A log that was rotated or removed is taken up anew. */
async function follow(cli: Cli, path: string, from: number): Promise<never> {
  let fd = openSync(path, 'r');
  let at = from;
  const buffer = Buffer.alloc(READ_BYTES);
  for (;;) {
    const read = readSync(fd, buffer, 0, buffer.length, at);
    if (read > 0) {
      at += read;
      await cli.stdout.write(buffer.subarray(0, read));
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    const size = fstatSync(fd).size;
    if (size < at || fstatSync(fd).nlink === 0) {
      closeSync(fd);
      fd = openSync(path, 'r');
      at = 0;
    }
  }
}
