import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists } from '../../base/index.ts';
import { runtimeArgs, runtimeMessage } from '../host/oci-runtime.ts';
import { type Child, spawnChild } from '../host/posix-spawn.ts';
import { runtimeOf } from '../host/tools.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { executableProblem } from './executable-problem.ts';

/** The runtime's exit code when it could not run the command; the reason is in its log. */
export const RUNTIME_FAILED = 255;
const PID_FILE = 'pid';
const RUNC_PREFIX = /^exec failed: unable to start container process: /;

/** Why a command did not run. */
export interface ExecProblem {
  readonly message: string;
  readonly exitCode: number;
}

/** Starts the runtime's `exec` on a written process. Also used by health probes. @throws SyscallError */
export function spawnExec(room: Containers, container: Container, directory: string, io: { stdin: boolean; output: boolean }): Promise<Child> {
  room.tools.moves.expect();
  const runtime = runtimeOf(room.tools, container.id);
  const args = [
    '--log', execLogFile(directory), ...runtimeArgs(runtime),
    'exec', '--pid-file', execPidFile(directory), '-p', join(directory, 'process.json'), container.id,
  ];
  return spawnChild({ path: runtime.program, args, env: { PATH: process.env['PATH'] }, ...io });
}

/** Why the runtime could not run the command, in dockerd's words and with its exit codes; undefined when the command itself ended so. */
export function execProblem(directory: string, command: string): ExecProblem | undefined {
  const log = readTextIfExists(execLogFile(directory));
  if (!log) return undefined;
  const raw = runtimeMessage(log).replace(RUNC_PREFIX, '');
  const known = executableProblem(raw, command);
  const denied = /permission denied|operation not permitted|is a directory/i.test(raw);
  const message = `OCI runtime exec failed: exec failed: unable to start container process: ${known ?? raw}: unknown`;
  return { message, exitCode: denied ? 126 : known ? 127 : 126 };
}

/** Where the runtime complains. */
export function execLogFile(directory: string): string {
  return join(directory, 'log');
}

/** The runtime writes this file of a session when the command runs, and never when it could not be run. */
export function execPidFile(directory: string): string {
  return join(directory, PID_FILE);
}

/** Resolves when the command runs, as the runtime has written its pid, or when the runtime has ended. */
export async function startedOrEnded(directory: string, ended: Promise<unknown>): Promise<void> {
  let watcher: FSWatcher | undefined;
  const written = new Promise<void>((resolve) => {
    try {
      watcher = watch(directory, { persistent: false }, (_, name) => (name === PID_FILE ? resolve() : undefined));
      watcher.on('error', () => {}); // the session's directory has gone, so `ended` tells
    } catch {
      resolve(); // no more watches: what cannot be seen counts as started
    }
    if (existsSync(execPidFile(directory))) resolve();
  });
  await Promise.race([written, ended]);
  watcher?.close();
}
