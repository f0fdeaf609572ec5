import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Socket } from 'node:net';
import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EAGAIN = 11;

interface PipeHandle {
  open(fd: number): number | undefined;
}
interface PipeBinding {
  Pipe: new (kind: number) => PipeHandle;
  constants: { SOCKET: number };
}

let native: { socket: Call; connect: Call } | undefined; // handles into the C library, not state
type Call = (...args: unknown[]) => number;

function library(): { socket: Call; connect: Call } {
  if (native) return native;
  const libc = loadLibrary('libc.so.6');
  native = {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    connect: libc.func('int connect(int fd, const void *address, unsigned int length)'),
  };
  return native;
}

/** A connected socket. One `data` event of `socket` is one packet, as long as packets stay below 64 KiB. */
export interface Seqpacket {
  readonly socket: Socket;
  /**
   * Call when the socket has ended: the packets that were still waiting. libuv takes a read shorter than its buffer for the last one when
   * the peer has hung up, which is true of streams and wrong for packets (seen with Node 20).
   */
  readRest(): Buffer[];
}

/**
 * Connects to a SEQPACKET unix socket, which `net.connect` cannot.
 * The path may be long: the address goes through /proc/self/fd.
 * @throws SyscallError ENOENT or ECONNREFUSED when nobody listens
 */
export function connectSeqpacket(path: string): Seqpacket {
  const directory = openSync(dirname(path), 'r');
  try {
    const { socket, connect } = library();
    const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw new SyscallError('socket', lastErrno(), path);
    const address = unixAddress(`/proc/self/fd/${directory}/${basename(path)}`);
    if (connect(fd, address, address.length) < 0) {
      const errno = lastErrno();
      closeSync(fd);
      throw new SyscallError('connect', errno, path + (errno === EAGAIN ? ' (too many clients at once)' : ''));
    }
    return { socket: adopt(fd), readRest: () => readRest(fd) };
  } finally {
    closeSync(directory);
  }
}

function unixAddress(path: string): Buffer {
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX, 0);
  if (Buffer.byteLength(path) > 107) throw new Error(`socket path too long: ${path}`);
  address.write(path, 2);
  return address;
}

/** Node's public API takes stream sockets only, so the handle comes from the (deprecated, but everywhere present) pipe binding. */
function adopt(fd: number): Socket {
  const { Pipe, constants } = (process as unknown as { binding(name: string): unknown }).binding('pipe_wrap') as PipeBinding;
  const handle = new Pipe(constants.SOCKET);
  handle.open(fd);
  return new Socket({ handle, readable: true, writable: true, allowHalfOpen: true } as never);
}

function readRest(fd: number): Buffer[] {
  const packets: Buffer[] = [];
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(64 * 1024);
      const length = readSync(fd, buffer);
      if (length === 0) return packets;
      packets.push(buffer.subarray(0, length));
    }
  } catch {
    return packets; // nothing waits, or the connection broke
  }
}
