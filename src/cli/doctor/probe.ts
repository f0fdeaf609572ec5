/** How `doctor` looks at the machine; tests give their own. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, type StatsFs } from 'node:fs';
import { connect } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';

export interface Probe {
  readonly uid: number;
  readonly platform: string;
  readonly nodeVersion: string;
  readonly kernelRelease: string;
  /** Data root and run root of our engine. */
  readonly dataRoot: string;
  readonly runRoot: string;
  readText(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a directory; none when it cannot be read. */
  list(path: string): readonly string[];
  /** Absolute path of a program, or undefined. */
  which(program: string): string | undefined;
  /** Bytes and inodes that are free at a path or its nearest existing parent. */
  free(path: string): { bytes: number; inodes: number } | undefined;
  /** `f_type` of statfs(2) at a path or its nearest existing parent. */
  fileSystem(path: string): number | undefined;
  /** Of the user. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a program for at most some seconds; never throws. */
  run(argv: readonly string[]): Promise<{ ok: boolean; output: string }>;
  /** Somebody accepts connections at a unix socket. */
  answers(socket: string): Promise<boolean>;
}

const RUN_TIMEOUT_MS = 10_000;
const SYSTEM_PATHS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function createProbe(options: { environment: Readonly<Record<string, string>>; dataRoot: string; runRoot: string }): Probe {
  const searchPath = [...new Set([...(options.environment['PATH'] ?? '').split(':'), ...SYSTEM_PATHS])].filter((path) => path.startsWith('/'));
  return {
    uid: process.geteuid?.() ?? -1,
    platform: process.platform,
    nodeVersion: process.versions.node,
    kernelRelease: release(),
    dataRoot: options.dataRoot,
    runRoot: options.runRoot,
    readText: (path) => attempt(() => readFileSync(path, 'utf8')),
    exists: existsSync,
    list: (path) => attempt(() => readdirSync(path)) ?? [],
    which: (program) => searchPath.map((folder) => join(folder, program)).find(isExecutable),
    free: (path) => freeAt(path),
    fileSystem: (path) => nearest(path)?.type,
    environment: options.environment,
    run: (argv) => runProgram(argv, searchPath),
    answers: canConnect,
  };
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  return attempt(() => accessSync(path, constants.X_OK) ?? true) ?? false;
}

function freeAt(path: string): { bytes: number; inodes: number } | undefined {
  const stat = nearest(path);
  return stat && { bytes: stat.bavail * stat.bsize, inodes: stat.files === 0 ? Number.POSITIVE_INFINITY : stat.ffree };
}

/** The file system of a path, or of its nearest existing parent. */
function nearest(path: string): StatsFs | undefined {
  for (let at = path; ; at = join(at, '..')) {
    const stat = attempt(() => statfsSync(at));
    if (stat || at === '/' || at === '.') return stat;
  }
}

function runProgram(argv: readonly string[], searchPath: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('no program to run');
  const env = { ...process.env, PATH: searchPath.join(':'), LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(program, args, { timeout: RUN_TIMEOUT_MS, killSignal: 'SIGKILL', env }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
  });
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
