/** Mounting volumes with options, and parts of volumes. Mounts outlive the engine; every step looks at what is there. */
import { createHash } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EngineError, errnoCode, errorMessage } from '../../base/index.ts';
import { mount, MS, unmount } from '../host/libc.ts';
import { fdPath, openInRoot, withFd } from '../host/rooted.ts';
import { run } from '../host/run.ts';
import type { MountPlan } from './options.ts';

const PROGRAM_TIMEOUT_MS = 60_000;

/** Whether something is mounted exactly there. */
export function isMountPoint(path: string): boolean {
  return mountPoints().includes(realpathSync(path));
}

/** Mount points at or below a directory, deepest first; a place with several mounts appears as often. */
export function mountsBelow(directory: string): string[] {
  const real = realpathSync(directory); // the kernel lists real paths; the state root may be reached through a symlink
  return mountPoints()
    .filter((path) => path === real || path.startsWith(`${real}/`))
    .sort((a, b) => b.length - a.length);
}

function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const path = line.split(' ')[4];
    return path === undefined ? [] : [path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))];
  });
}

/** @throws EngineError internal with dockerd's sentence */
export async function mountPlanned(target: string, plan: MountPlan): Promise<void> {
  try {
    if (plan.needsProgram) await mountByProgram(target, plan);
    else mount(plan.device, target, plan.type, plan.flags, plan.data === '' ? null : plan.data);
  } catch (cause) {
    const details = [plan.flags === 0 ? '' : `flags: 0x${plan.flags.toString(16)}`, plan.data === '' ? '' : `data: ${plan.data}`].filter(Boolean);
    const what = [`mount ${plan.device}:${target}`, ...details].join(', ');
    throw new EngineError('internal', `error while mounting volume '${target}': failed to mount local volume: ${what}: ${reason(cause)}`, { cause });
  }
}

async function mountByProgram(target: string, plan: MountPlan): Promise<void> {
  const options = plan.text === '' ? [] : ['-o', plan.text];
  const { exitCode, stderr, timedOut } = await run('mount', ['-t', plan.type, ...options, '--', plan.device, target], { timeoutMs: PROGRAM_TIMEOUT_MS });
  if (timedOut) throw new Error('no answer in time');
  if (exitCode !== 0) throw new Error(stderr.trim() || `mount ended with ${exitCode}`);
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENODEV: 'no such device',
  EPERM: 'operation not permitted',
  EINVAL: 'invalid argument',
  ENOTDIR: 'not a directory',
  EACCES: 'permission denied',
};

function reason(error: unknown): string {
  return WORDS[errnoCode(error) ?? ''] ?? errorMessage(error);
}

/**
 * A stable path for one part of a volume: what is there now is bound to a place that containers cannot reach, so that nobody can
 * put a symlink under the path between this check and the start of the container.
 * @param staging  directory for such places
 * @throws EngineError invalid for a path that leads out, notFound when there is nothing
 */
export function mountSubpath(root: string, subpath: string, staging: string): string {
  const clean = posix.normalize(subpath);
  if (posix.isAbsolute(clean) || clean === '..' || clean.startsWith('../')) {
    throw new EngineError('invalid', 'invalid mount config for type "volume": subpath must be a relative path within the volume');
  }
  const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return withFd(openInRoot(rootFd, clean), (fd) => stage(fd, join(staging, createHash('sha256').update(clean).digest('hex').slice(0, 32)), staging));
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoCode(error) ?? '')) throw error;
    throw new EngineError('notFound', `cannot access path ${join(root, clean)}: lstat ${join(root, clean)}: ${reason(error)}`, { cause: error });
  } finally {
    closeSync(rootFd);
  }
}

function stage(fd: number, target: string, staging: string): string {
  const source = statSync(fdPath(fd));
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  const there = statSync(target, { throwIfNoEntry: false });
  if (there && there.dev === source.dev && there.ino === source.ino) return target; // another container has it already
  while (unmount(target)) continue;
  if (source.isDirectory()) mkdirSync(target, { recursive: true });
  else closeSync(openSync(target, 'a'));
  mount(fdPath(fd), target, null, MS.BIND | MS.REC);
  return target;
}

/** Takes off everything mounted in a staging directory. The places stay: empty, and used again. */
export function unmountStaged(staging: string): void {
  let names: string[];
  try {
    names = readdirSync(staging);
  } catch {
    return;
  }
  for (const name of names) while (unmount(join(staging, name))) continue;
}
