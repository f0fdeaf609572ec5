import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError, errnoCode } from '../../base/index.ts';
import { fdPath, openInRoot, readTextInRoot, withFd } from '../host/rooted.ts';
import { compiledSeccomp, type OciSeccomp, parseProfile, resolveProfile } from '../host/seccomp.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../host/seccomp-profile.ts';
import { runtimeNamed } from '../host/tools.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import type { ReadyMount } from './spec-mounts.ts';
import { type ResolvedUser, resolveUser } from './users.ts';

/** @param root  open directory of the container's root @throws EngineError invalid */
export function lookUpUser(root: number, spec: string, groupAdd: readonly string[]): ResolvedUser {
  return resolveUser(spec, readTextInRoot(root, '/etc/passwd'), readTextInRoot(root, '/etc/group'), groupAdd);
}

/** A missing working directory is made, root's, as Docker does; not under a mount, where it would be hidden or not ours. */
export function makeWorkingDirectory(root: number, path: string, mounts: readonly ReadyMount[]): void {
  if (path === '' || path === '/') return;
  if (mounts.some(({ destination }) => path === destination || path.startsWith(`${destination}/`))) return;
  makeDirectoriesInRoot(root, path);
}

/** `mkdir -p` inside an open root. */
export function makeDirectoriesInRoot(root: number, path: string): void {
  try {
    const isDirectory = withFd(openInRoot(root, path), (fd) => statSync(fdPath(fd)).isDirectory());
    if (!isDirectory) throw new EngineError('internal', `Cannot mkdir: ${path} is not a directory`);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (parent !== path) makeDirectoriesInRoot(root, parent);
    withFd(openInRoot(root, parent), (fd) => makeDirectory(join(fdPath(fd), path.slice(parent.length).replace(/^\//, ''))));
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error; // the program in the container was faster
  }
}

/** @throws EngineError invalid when one is asked for and this machine has none */
export function initFor(room: Pick<Containers, 'tools'>, host: { readonly Init?: boolean | null }): string | undefined {
  if (!host.Init) return undefined;
  if (room.tools.init !== undefined) return room.tools.init;
  throw new EngineError('invalid', 'init: a static init is needed and was not found on this machine: install tini-static (Debian: the package tini), catatonit or docker-init (tscompose doctor --fix)');
}

/** The value of `name=value` (or the older `name:value`) among the security options. */
export function securityOption(options: readonly string[] | null | undefined, name: string): string | undefined {
  const found = options?.findLast((option) => option.startsWith(`${name}=`) || option.startsWith(`${name}:`));
  return found?.slice(name.length + 1);
}

/** @returns undefined for an unconfined container @throws EngineError invalid for a broken profile */
export function seccompFor(
  room: { readonly tools: Containers['tools']; readonly ctx: Pick<Containers['ctx'], 'layout'> },
  host: { Privileged?: boolean; SecurityOpt?: string[] | null; Runtime?: string },
  caps: readonly string[],
): { json?: OciSeccomp; bpf?: string } | undefined {
  const asked = securityOption(host.SecurityOpt, 'seccomp');
  if (asked === 'unconfined' || (asked === undefined && host.Privileged)) return undefined;
  // The client sends the content of a profile file; `builtin` and nothing mean ours.
  const profile = asked === undefined || asked === 'builtin' || asked === 'default' ? DEFAULT_SECCOMP_PROFILE : parseProfile(asked);
  const json = resolveProfile(profile, { caps, arch: process.arch, kernel: room.tools.kernel });
  const bpf = runtimeNamed(room.tools, host.Runtime).takesSeccompBpf ? compiledSeccomp(json, room.ctx.layout.seccompCache) : undefined;
  return { json, ...(bpf !== undefined && { bpf }) };
}
