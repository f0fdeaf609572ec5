import { readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoCode } from '../../../base/index.ts';
import { mount, MS } from '../../host/libc.ts';
import { fdPath, isInside, openInRoot, withFd } from '../../host/rooted.ts';
import { makeDirectoriesInRoot } from '../prepare-process.ts';

/**
 * Mounts a file or directory inside a mounted root. By descriptors throughout: when the root is unmounted meanwhile, the kernel refuses,
 * where a path would lead to a place of the host.
 * @param root  the mounted root, open, from before anything was mounted over it
 * @param rootPath  where it is mounted
 * @returns the host path of the mount point, resolved inside the root; undefined when the root has gone, and the mount with it
 * @throws SyscallError ENOENT or EINVAL when the root has gone
 */
export function bindInside(root: number, rootPath: string, bind: { source: string; destination: string; readonly: boolean }): string | undefined {
  const { source, destination } = bind;
  makeMountPoint(root, source, destination);
  withFd(openInRoot(root, destination), (fd) => mount(source, fdPath(fd), null, MS.BIND | MS.REC));
  return withFd(openInRoot(root, destination), (fd) => {
    mount(null, fdPath(fd), null, MS.PRIVATE | MS.REC);
    if (bind.readonly) mount(null, fdPath(fd), null, MS.BIND | MS.REMOUNT | MS.RDONLY);
    const target = readlinkSync(fdPath(fd));
    return isInside(rootPath, target) ? target : undefined;
  });
}

function makeMountPoint(root: number, source: string, destination: string): void {
  try {
    return withFd(openInRoot(root, destination), () => undefined);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  if (statSync(source).isDirectory()) return makeDirectoriesInRoot(root, destination);
  const parent = dirname(destination);
  makeDirectoriesInRoot(root, parent);
  withFd(openInRoot(root, parent), (fd) => writeFileSync(join(fdPath(fd), destination.slice(parent.length).replace(/^\//, '')), '', { flag: 'a' }));
}
