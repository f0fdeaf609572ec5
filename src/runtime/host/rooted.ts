import { closeSync, constants, readFileSync } from 'node:fs';
import { EngineError, errnoCode } from '../../base/index.ts';
import { nativePath } from './byte-path.ts';
import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

const SYS_OPENAT2 = 437; // the same on all architectures
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
/** Open a place, not its content. Node has no name for it. */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

type Openat2 = (number: number, directory: number, path: string | Buffer, how: Buffer, size: number) => number;
let openat2: Openat2 | undefined; // a handle into the C library, not state

/**
 * Opens a path as a process whose root directory is `root` would: absolute symlinks and `..` stay inside, whoever changes the tree
 * meanwhile. The kernel does the walk (openat2, RESOLVE_IN_ROOT, Linux 5.6).
 * @param rootFd  an open directory
 * @param path  absolute or relative, both taken from the root; a byte path for names that are no UTF-8
 * @returns a file descriptor for the caller to close
 * @throws SyscallError ENOENT, ENOTDIR, ELOOP …
 */
export function openInRoot(rootFd: number, path: string, flags: number = O_PATH, options: { bytes?: boolean } = {}): number {
  openat2 ??= loadLibrary('libc.so.6').func(
    'long syscall(long number, int directory, const char *path, const void *how, size_t size)',
  ) as unknown as Openat2;
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  if (path.includes('\0')) throw new EngineError('invalid', 'a path must not contain NUL');
  const trimmed = path.replace(/^\/+/, '') || '.';
  const relative = options.bytes ? nativePath(trimmed) : trimmed;
  // EAGAIN: something was renamed during the walk; the kernel asks us to try again.
  for (let attempt = 0; ; attempt++) {
    const fd = Number(openat2(SYS_OPENAT2, rootFd, relative, how, how.length));
    if (fd >= 0) return fd;
    const error = new SyscallError('openat2', lastErrno(), path);
    if (error.code !== 'EAGAIN' || attempt > 100) throw error;
  }
}

/** The path under which Node's file functions reach an open descriptor. */
export const fdPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** Whether a path that the kernel told lies in a directory. One in a mount that was detached meanwhile does not, wherever it seems to lead. */
export function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** Runs `body` with an open descriptor and closes it. */
export function withFd<T>(fd: number, body: (fd: number) => T): T {
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** The text of a file inside a root, or undefined when there is none. Never more than 4 MiB: the content is not ours. */
export function readTextInRoot(rootFd: number, path: string): string | undefined {
  try {
    return withFd(openInRoot(rootFd, path, constants.O_RDONLY | constants.O_NONBLOCK), (fd) =>
      readFileSync(fd).subarray(0, 4 << 20).toString('utf8'),
    );
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}
