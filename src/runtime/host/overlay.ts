/**
 * Overlay mounts with any number of lower directories, in process. Three ways, because mount(2) takes one page of options:
 * plain mount(2) when they fit; `fsconfig("lowerdir+")` on kernels that have it (6.7 and later); else short symlinks, relative to the
 * directory that holds them, which fit some 400 layers into the page.
 */
import { closeSync, lstatSync, mkdirSync, readlinkSync, readSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { mountAsync } from './file-calls.ts';
import { lastErrno, loadLibrary, mount, SyscallError } from './libc.ts';

export interface OverlayMount {
  /** Topmost first; at least one. */
  lower: readonly string[];
  upper: string;
  work: string;
  target: string;
  /** No writing out on fsync and umount: for what may be lost in a crash. Linux 5.10 and later. */
  volatile?: boolean;
  /** Directory for short links; made when needed. */
  links: string;
}

const PAGE = 4096;
/** What upper directories must be free of, so that they can become layers: pointers into lower ones. */
const FIXED = 'index=off,metacopy=off,redirect_dir=off';

/**
 * @param way  forces one way, for tests
 * @throws SyscallError
 */
export async function mountOverlay(request: OverlayMount, way?: 'mount' | 'fsconfig' | 'links'): Promise<void> {
  const data = options(request, request.lower.map(escapeLower));
  if (way === 'mount' || (way === undefined && fits(data))) return mountAsync('overlay', request.target, 'overlay', data);
  if (way !== 'links') {
    try {
      return mountByFsconfig(request);
    } catch (error) {
      const unsupported = ['EINVAL', 'ENOSYS', 'EPERM'].includes(errnoCode(error) ?? '');
      if (way === 'fsconfig' || !unsupported) throw error;
    }
  }
  mountByLinks(request);
}

function fits(data: string): boolean {
  return Buffer.byteLength(data) < PAGE;
}

function options(request: OverlayMount, lower: readonly string[]): string {
  const paths = `lowerdir=${lower.join(':')},upperdir=${escapeOption(request.upper)},workdir=${escapeOption(request.work)}`;
  return `${paths},${FIXED}${request.volatile === true ? ',volatile' : ''}`;
}

function escapeOption(path: string): string {
  return path.replace(/[\\,]/g, '\\$&');
}

function escapeLower(path: string): string {
  return path.replace(/[\\,:]/g, '\\$&');
}

function mountByLinks(request: OverlayMount): void {
  mkdirSync(request.links, { recursive: true, mode: 0o700 });
  const lower = request.lower.map((path) => escapeLower(linkTo(request.links, path)));
  const data = options(request, lower);
  if (!fits(data)) throw new SyscallError('mount', 7, `${lower.length} layers: too many for this kernel`);
  const before = process.cwd(); // no await between the two: nobody sees the other directory
  process.chdir(request.links);
  try {
    mount('overlay', request.target, 'overlay', 0, data);
  } finally {
    process.chdir(before);
  }
}

/** A short name inside `links` for a layer's directory `…/<hex>/fs`. */
function linkTo(links: string, path: string): string {
  const name = basename(dirname(path));
  const target = relative(links, path);
  for (let length = 6; length <= name.length; length += 4) {
    const link = name.slice(0, length);
    try {
      symlinkSync(target, join(links, link));
      return link;
    } catch (error) {
      if (errnoCode(error) !== 'EEXIST') throw error;
    }
    if (lstatSync(join(links, link)).isSymbolicLink() && readlinkSync(join(links, link)) === target) return link;
  }
  return path;
}

// The new mount API. System call numbers are the same on every architecture since 5.2.
const NR = { moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432 } as const;
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG = { setFlag: 0, setString: 1, create: 6 } as const;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;

interface NewMountApi {
  fsopen(number: number, type: string, flags: number): number;
  fsconfig(number: number, fd: number, command: number, key: string | null, value: string | null, aux: number): number;
  fsmount(number: number, fd: number, flags: number, attributes: number): number;
  moveMount(number: number, fromFd: number, fromPath: string, toFd: number, toPath: string, flags: number): number;
}

let api: NewMountApi | undefined; // handles to the C library, not state

function newMountApi(): NewMountApi {
  const library = loadLibrary('libc.so.6');
  api ??= {
    fsopen: library.func('long syscall(long number, const char *type, unsigned int flags)') as NewMountApi['fsopen'],
    fsconfig: library.func('long syscall(long number, int fd, unsigned int command, const char *key, const char *value, int aux)') as NewMountApi['fsconfig'],
    fsmount: library.func('long syscall(long number, int fd, unsigned int flags, unsigned int attributes)') as NewMountApi['fsmount'],
    moveMount: library.func('long syscall(long number, int from, const char *fromPath, int to, const char *toPath, unsigned int flags)') as NewMountApi['moveMount'],
  };
  return api;
}

function mountByFsconfig(request: OverlayMount): void {
  const calls = newMountApi();
  const context = checked(calls.fsopen(NR.fsopen, 'overlay', FSOPEN_CLOEXEC), 'fsopen', 'overlay');
  try {
    const config = (command: number, key: string | null, value: string | null) =>
      checked(calls.fsconfig(NR.fsconfig, context, command, key, value, 0), 'fsconfig', `${key ?? 'create'} ${value ?? ''}`, context);
    for (const path of request.lower) config(FSCONFIG.setString, 'lowerdir+', path);
    config(FSCONFIG.setString, 'upperdir', request.upper);
    config(FSCONFIG.setString, 'workdir', request.work);
    for (const option of FIXED.split(',')) config(FSCONFIG.setString, option.split('=')[0] ?? '', option.split('=')[1] ?? '');
    if (request.volatile === true) config(FSCONFIG.setFlag, 'volatile', null);
    config(FSCONFIG.create, null, null);
    const mounted = checked(calls.fsmount(NR.fsmount, context, FSMOUNT_CLOEXEC, 0), 'fsmount', request.target, context);
    try {
      checked(calls.moveMount(NR.moveMount, mounted, '', AT_FDCWD, request.target, MOVE_MOUNT_F_EMPTY_PATH), 'move_mount', request.target);
    } finally {
      closeSync(mounted);
    }
  } finally {
    closeSync(context);
  }
}

/** @param context  file system context, whose log says more than the errno */
function checked(result: number, call: string, detail: string, context?: number): number {
  if (result >= 0) return result;
  const errno = lastErrno();
  throw new SyscallError(call, errno, `${detail}${context === undefined ? '' : contextLog(context)}`);
}

function contextLog(context: number): string {
  const buffer = Buffer.alloc(1024);
  try {
    return ` (${buffer.toString('utf8', 0, readSync(context, buffer)).trim()})`;
  } catch {
    return ''; // ENODATA: nothing was logged
  }
}
