import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

type Getsockopt = (fd: number, level: number, name: number, value: Buffer, length: Buffer) => number;
let getsockopt: Getsockopt | undefined; // a handle into the C library, not state

/**
 * The user id of the process that connected a unix socket, as the kernel noted it at connect(2). A user namespace's users are
 * translated; who has no name in ours is the overflow user (65534).
 * @throws SyscallError ENOTSOCK … for what is no unix socket
 */
export function peerUid(fd: number): number {
  getsockopt ??= loadLibrary('libc.so.6').func('int getsockopt(int fd, int level, int name, void *value, void *length)') as unknown as Getsockopt;
  const credentials = Buffer.alloc(12, 0xff); // struct ucred: pid, uid, gid
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) < 0) throw new SyscallError('getsockopt', lastErrno(), 'SO_PEERCRED');
  return credentials.readUInt32LE(4);
}
