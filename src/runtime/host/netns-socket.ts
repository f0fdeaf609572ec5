/** Sockets made in the network namespace that this thread is in, as file descriptors: Node opens its own too late for that. */
import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK = { stream: 1, dgram: 2 } as const;
const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;

type Call = (...args: unknown[]) => number;
let calls: { socket: Call; bind: Call; getsockname: Call; close: Call } | undefined; // handles to the C library, not state

function native(): NonNullable<typeof calls> {
  if (calls) return calls;
  const c = loadLibrary('libc.so.6');
  calls = {
    socket: c.func('int socket(int domain, int type, int protocol)'),
    bind: c.func('int bind(int fd, const void *address, unsigned int size)'),
    getsockname: c.func('int getsockname(int fd, _Out_ void *address, _Inout_ unsigned int *size)'),
    close: c.func('int close(int fd)'),
  };
  return calls;
}

/** Closes a descriptor that no Node object owns. */
export function closeDescriptor(fd: number): void {
  native().close(fd);
}

/**
 * A bound, non-blocking socket in this thread's namespace. The caller owns the descriptor.
 * @param address  IPv4 as 4 bytes, or undefined for an unbound socket of the family
 * @throws SyscallError EADDRINUSE, EADDRNOTAVAIL
 */
export function openSocket(kind: 'stream' | 'dgram', address: Uint8Array, port: number): { fd: number; port: number } {
  const size = address.length === 4 ? 16 : 28;
  const fd = native().socket(address.length === 4 ? AF_INET : AF_INET6, SOCK[kind] | CLOEXEC_NONBLOCK, 0);
  if (fd < 0) throw new SyscallError('socket', lastErrno(), kind);
  const sockaddr = Buffer.alloc(size);
  sockaddr.writeUInt16LE(address.length === 4 ? AF_INET : AF_INET6, 0);
  sockaddr.writeUInt16BE(port, 2);
  sockaddr.set(address, address.length === 4 ? 4 : 8);
  if (native().bind(fd, sockaddr, size) < 0) {
    const errno = lastErrno();
    closeDescriptor(fd);
    throw new SyscallError('bind', errno, `${kind} port ${port}`);
  }
  native().getsockname(fd, sockaddr, [size]);
  return { fd, port: sockaddr.readUInt16BE(2) };
}

/** A UDP and a TCP socket at `address` that share a port of the kernel's choice. @throws SyscallError */
export function openSocketPair(address: Uint8Array): { udp: number; tcp: number; port: number } {
  for (let attempt = 0; ; attempt++) {
    const udp = openSocket('dgram', address, 0);
    try {
      const tcp = openSocket('stream', address, udp.port);
      return { udp: udp.fd, tcp: tcp.fd, port: udp.port };
    } catch (error) {
      closeDescriptor(udp.fd);
      if (attempt >= 16) throw error;
    }
  }
}
