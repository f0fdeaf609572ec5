/**
 * Network namespaces. Every stay in another namespace is one synchronous section on this thread with the way back in `finally`:
 * nothing asynchronous may be started inside, because it would run after the return.
 */
import { closeSync, mkdirSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import { unmountAsync } from './file-calls.ts';
import { CLONE_NEWNET, mount, MS, setns, unmount, unshare } from './libc.ts';

const OWN_NAMESPACE = '/proc/thread-self/ns/net';

/**
 * Runs `body` in the network namespace at `path`.
 * @throws SyscallError, ENOENT or EINVAL when `path` is not a namespace
 */
export function inNetns<T>(path: string, body: () => T): T {
  const fd = openSync(path, 'r');
  try {
    return away(() => setns(fd, CLONE_NEWNET), body);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a network namespace and runs `body` in it.
 * @returns a descriptor that keeps it alive, and what `body` returned @throws SyscallError
 */
export function openNetns<T>(body: () => T): { fd: number; value: T } {
  return away(
    () => unshare(CLONE_NEWNET),
    () => {
      const fd = openSync(OWN_NAMESPACE, 'r');
      try {
        return { fd, value: body() };
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    },
  );
}

/** Pins an open namespace by a bind mount at `path`, so that it lives without a process. @throws SyscallError; EEXIST when `path` exists */
export function pinNetns(fd: number, path: string): void {
  makePlace(path);
  try {
    mount(`/proc/self/fd/${fd}`, path, null, MS.BIND);
  } catch (error) {
    removeNetns(path);
    throw error;
  }
}

/** Unpins a namespace; it goes, with its links, when no process and no socket is in it. A missing one is fine. */
export function removeNetns(path: string): void {
  // A crash between mount and record can leave a stack of mounts: take them all off.
  while (unmount(path)) continue;
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}

/** As `removeNetns`, on threads of the pool: taking a mount off waits for the kernel. */
export async function removeNetnsAsync(path: string): Promise<void> {
  while (await unmountAsync(path)) continue;
  await unlink(path).catch((error: unknown) => {
    if (errnoCode(error) !== 'ENOENT') throw error;
  });
}

/** Writes a sysctl of this thread's network namespace. @param key  slash-separated below /proc/sys @returns false when the kernel has no such key */
export function writeSysctl(key: string, value: string): boolean {
  try {
    writeFileSync(`/proc/sys/${key}`, value);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function makePlace(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o444));
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    closeSync(openSync(path, 'wx', 0o444));
  }
}

function away<T>(go: () => void, body: () => T): T {
  const home = openSync(OWN_NAMESPACE, 'r');
  try {
    go();
    try {
      return body();
    } finally {
      comeBack(home);
    }
  } finally {
    closeSync(home);
  }
}

function comeBack(home: number): void {
  try {
    setns(home, CLONE_NEWNET);
  } catch (error) {
    // Going on would run the whole process inside a container's namespace.
    process.stderr.write(`cannot return to the host's network namespace: ${String(error)}\n`);
    process.abort();
  }
}
