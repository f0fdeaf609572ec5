/**
 * The kernel calls that Node does not offer, through koffi. Synchronous and thread-bound on purpose: `inNamespace` relies on that.
 * koffi is loaded on first use, so that importing this file costs nothing.
 */
import { createRequire } from 'node:module';
import { constants as osConstants } from 'node:os';

/** `mount(2)` flags. */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  NOATIME: 1024,
  BIND: 4096,
  MOVE: 8192,
  REC: 16384,
  UNBINDABLE: 1 << 17,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const;
export const MNT_DETACH = 2;
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWNET = 0x40000000;
export const S_IFCHR = 0o020000;
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** A failed kernel call, shaped like Node's own system errors. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail: string) {
    const code = errnoNames.get(errno) ?? `E${errno}`;
    super(`${syscall} ${detail}: ${code}`);
    this.name = 'SyscallError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

const errnoNames = new Map(Object.entries(osConstants.errno).map(([name, value]) => [value, name]));

type Native = (...args: unknown[]) => number;
interface Koffi {
  load(path: string): { func(prototype: string): Native };
  errno(value?: number): number;
}

interface Libc {
  koffi: Koffi;
  mount: Native;
  umount2: Native;
  setns: Native;
  unshare: Native;
  mknod: Native;
  lsetxattr: Native;
  lgetxattr: Native;
  llistxattr: Native;
  lremovexattr: Native;
  flock: Native;
  syscall: Native;
}

let loaded: Libc | undefined; // a handle to the C library, not state

function libc(): Libc {
  if (loaded) return loaded;
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const library = koffi.load('libc.so.6');
  loaded = {
    koffi,
    mount: library.func('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)'),
    umount2: library.func('int umount2(const char *target, int flags)'),
    setns: library.func('int setns(int fd, int nstype)'),
    unshare: library.func('int unshare(int flags)'),
    mknod: library.func('int mknod(const char *path, unsigned int mode, unsigned long dev)'),
    lsetxattr: library.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
    lgetxattr: library.func('long lgetxattr(const char *path, const char *name, _Out_ void *value, size_t size)'),
    llistxattr: library.func('long llistxattr(const char *path, _Out_ void *list, size_t size)'),
    lremovexattr: library.func('int lremovexattr(const char *path, const char *name)'),
    flock: library.func('int flock(int fd, int operation)'),
    syscall: library.func('long syscall(long number, long a, long b, long c, long d, long e)'),
  };
  return loaded;
}

/** Loads a C library through koffi; for rooms that need more than this file (netlink sockets, libnftables, libseccomp). */
export function loadLibrary(name: string): { func(prototype: string): Native } {
  return libc().koffi.load(name);
}

/** errno of the last native call on this thread. */
export function lastErrno(): number {
  return libc().koffi.errno();
}

function check(result: number, syscall: string, detail: string): number {
  if (result < 0) throw new SyscallError(syscall, libc().koffi.errno(), detail);
  return result;
}

/** @throws SyscallError */
export function mount(source: string | null, target: string, type: string | null, flags = 0, data: string | null = null): void {
  check(libc().mount(source, target, type, flags, data), 'mount', `${source ?? ''} on ${target}`);
}

/** Detaches a mount. @returns false when nothing was mounted there @throws SyscallError */
export function unmount(target: string, flags: number = MNT_DETACH): boolean {
  if (libc().umount2(target, flags) === 0) return true;
  const errno = libc().koffi.errno();
  if (errno === osConstants.errno.EINVAL || errno === osConstants.errno.ENOENT) return false;
  throw new SyscallError('umount2', errno, target);
}

/** @throws SyscallError */
export function setns(fd: number, type: number): void {
  check(libc().setns(fd, type), 'setns', String(fd));
}

/** @throws SyscallError */
export function unshare(flags: number): void {
  check(libc().unshare(flags), 'unshare', `0x${flags.toString(16)}`);
}

/** @param mode  file type and permission bits @throws SyscallError */
export function mknod(path: string, mode: number, major = 0, minor = 0): void {
  const dev = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12);
  check(libc().mknod(path, mode, dev), 'mknod', path);
}

/** Does not follow a symlink at `path`. @throws SyscallError */
export function lsetxattr(path: string, name: string, value: Uint8Array): void {
  check(libc().lsetxattr(path, name, value, value.length, 0), 'lsetxattr', `${name} on ${path}`);
}

/** @throws SyscallError */
export function lremovexattr(path: string, name: string): void {
  check(libc().lremovexattr(path, name), 'lremovexattr', `${name} on ${path}`);
}

/** @returns undefined when the attribute or the file system's support is missing @throws SyscallError */
export function lgetxattr(path: string, name: string): Buffer | undefined {
  for (let size = 256; ; size *= 16) {
    const value = Buffer.alloc(size);
    const length = libc().lgetxattr(path, name, value, size);
    if (length >= 0) return value.subarray(0, length);
    const errno = libc().koffi.errno();
    if (errno === osConstants.errno.ENODATA || errno === osConstants.errno.EOPNOTSUPP) return undefined;
    if (errno !== osConstants.errno.ERANGE || size > 65536) throw new SyscallError('lgetxattr', errno, `${name} on ${path}`);
  }
}

/** Names of all extended attributes. @throws SyscallError */
export function llistxattr(path: string): string[] {
  for (let size = 1024; ; size *= 16) {
    const list = Buffer.alloc(size);
    const length = libc().llistxattr(path, list, size);
    if (length >= 0) return list.toString('utf8', 0, length).split('\0').filter(Boolean);
    const errno = libc().koffi.errno();
    if (errno === osConstants.errno.EOPNOTSUPP) return [];
    if (errno !== osConstants.errno.ERANGE || size > 65536) throw new SyscallError('llistxattr', errno, path);
  }
}

/** Takes an advisory lock on an open file. @returns false when another process holds it (with LOCK.NB) @throws SyscallError */
export function flock(fd: number, operation: number): boolean {
  if (libc().flock(fd, operation) === 0) return true;
  const errno = libc().koffi.errno();
  if (errno === osConstants.errno.EWOULDBLOCK) return false;
  throw new SyscallError('flock', errno, String(fd));
}

/** A raw system call with integer arguments. @throws SyscallError */
export function rawSyscall(name: string, number: number, a = 0, b = 0, c = 0, d = 0, e = 0): number {
  return check(libc().syscall(number, a, b, c, d, e), name, '');
}
