/**
 * File system calls on byte paths, and those that Node lacks: extended attributes, device nodes, syncfs, asynchronous umount.
 * The native functions are bound on first use.
 */
import { constants as osConstants } from 'node:os';
import { nativePath, type BytePath } from './byte-path.ts';
import { lastErrno, loadLibrary, MNT_DETACH, mount, SyscallError } from './libc.ts';

type Native = ((...args: unknown[]) => number) & {
  async(...args: [...unknown[], (error: Error | null, result: number) => void]): void;
};

interface Calls {
  mknod: Native;
  lsetxattr: Native;
  lgetxattr: Native;
  llistxattr: Native;
  syncfs: Native;
  umount2: Native;
  mount: Native;
}

let bound: Calls | undefined; // handles to the C library, not state

function calls(): Calls {
  if (bound) return bound;
  const library = loadLibrary('libc.so.6');
  const bind = (prototype: string) => library.func(prototype) as Native;
  bound = {
    mknod: bind('int mknod(const char *path, unsigned int mode, unsigned long dev)'),
    lsetxattr: bind('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
    lgetxattr: bind('long lgetxattr(const char *path, const char *name, _Out_ void *value, size_t size)'),
    llistxattr: bind('long llistxattr(const char *path, _Out_ void *list, size_t size)'),
    syncfs: bind('int syncfs(int fd)'),
    umount2: bind('int umount2(const char *target, int flags)'),
    mount: bind('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)'),
  };
  return bound;
}

function check(result: number, syscall: string, path: string): void {
  if (result < 0) throw new SyscallError(syscall, lastErrno(), path);
}

export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;

/** Splits Linux's `dev_t`. */
export function deviceNumbers(rdev: number): { major: number; minor: number } {
  const big = BigInt(rdev);
  const major = Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn));
  const minor = Number((big & 0xffn) | ((big >> 12n) & ~0xffn & 0xffffffffn));
  return { major, minor };
}

/** @param mode  type and permission bits @throws SyscallError */
export function makeNode(path: BytePath, mode: number, major = 0, minor = 0): void {
  const [high, low] = [BigInt(major), BigInt(minor)];
  const dev = (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
  check(calls().mknod(nativePath(path), mode, dev), 'mknod', path);
}

/** Never follows a symlink at `path`. @throws SyscallError */
export function setXattr(path: BytePath, name: string, value: Uint8Array): void {
  check(calls().lsetxattr(nativePath(path), name, value, value.length, 0), 'lsetxattr', `${name} on ${path}`);
}

const scratch = Buffer.alloc(65536); // the largest list or value that Linux allows; copied out of before the next call

/** @returns undefined when there is no such attribute @throws SyscallError */
export function getXattr(path: BytePath, name: string): Buffer | undefined {
  const length = calls().lgetxattr(nativePath(path), name, scratch, scratch.length);
  if (length >= 0) return Buffer.from(scratch.subarray(0, length));
  const errno = lastErrno();
  if (errno === osConstants.errno.ENODATA || errno === osConstants.errno.EOPNOTSUPP) return undefined;
  throw new SyscallError('lgetxattr', errno, `${name} on ${path}`);
}

/** @throws SyscallError */
export function listXattrs(path: BytePath): string[] {
  const length = calls().llistxattr(nativePath(path), scratch, scratch.length);
  if (length > 0) return scratch.toString('utf8', 0, length).split('\0').filter(Boolean);
  if (length === 0 || lastErrno() === osConstants.errno.EOPNOTSUPP) return [];
  throw new SyscallError('llistxattr', lastErrno(), path);
}

/** Writes out the whole file system that holds `fd`, on a thread of the pool. @throws SyscallError */
export function syncFileSystem(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    calls().syncfs.async(fd, (error, result) => {
      if (error) reject(error);
      else if (result < 0) reject(new SyscallError('syncfs', lastErrno(), String(fd)));
      else resolve();
    });
  });
}

/**
 * Detaches a mount on a thread of the pool: unmounting an overlay writes out its upper file system, which may take long.
 * @returns false when nothing was mounted there @throws SyscallError
 */
export function unmountAsync(target: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    calls().umount2.async(nativePath(target), MNT_DETACH, (error, result) => {
      if (error) return reject(error);
      if (result === 0) return resolve(true);
      const errno = lastErrno();
      if (errno === osConstants.errno.EINVAL || errno === osConstants.errno.ENOENT) return resolve(false);
      reject(new SyscallError('umount2', errno, target));
    });
  });
}

/** `mount(2)` on a thread of the pool. @throws SyscallError */
export async function mountAsync(source: string, target: string, type: string, data: string): Promise<void> {
  const result = await new Promise<number>((resolve, reject) => {
    calls().mount.async(source, target, type, 0, data, (error, value) => (error ? reject(error) : resolve(value)));
  });
  if (result < 0) mount(source, target, type, 0, data); // errno belongs to the other thread: fails again, with the reason
}
