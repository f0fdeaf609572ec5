/**
 * Netlink sockets through koffi: building messages, sending batches, reading acknowledgements.
 *
 * A netlink socket belongs to the network namespace in which it was opened, for ever. So one opened during a short stay in a
 * container's namespace configures that namespace later, from the host's.
 */
import { constants as osConstants } from 'node:os';
import { lastErrno, loadLibrary, SyscallError } from './libc.ts';

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export const NLM_F = { REQUEST: 1, ACK: 4, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800, DUMP: 0x300, REPLACE: 0x100 } as const;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDBUF = 7;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;

type Call = (...args: unknown[]) => number;
type AsyncCall = Call & { async(...args: [...unknown[], (error: Error | null, result: number) => void]): void };

interface SocketCalls {
  socket: Call;
  send: AsyncCall;
  recv: Call;
  setsockopt: Call;
  close: Call;
  ifIndex: Call;
}

let calls: SocketCalls | undefined; // handles to the C library, not state

function native(): SocketCalls {
  if (calls) return calls;
  const c = loadLibrary('libc.so.6');
  calls = {
    socket: c.func('int socket(int domain, int type, int protocol)'),
    send: c.func('long send(int fd, const void *data, size_t size, int flags)') as AsyncCall,
    recv: c.func('long recv(int fd, _Out_ void *data, size_t size, int flags)'),
    setsockopt: c.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int size)'),
    close: c.func('int close(int fd)'),
    ifIndex: c.func('unsigned int if_nametoindex(const char *name)'),
  };
  return calls;
}

/** A request that the kernel refused. `index` is the position of the refused message in its batch. */
export class NetlinkError extends SyscallError {
  readonly index: number;

  constructor(errno: number, index: number, what: string) {
    super('netlink', errno, what);
    this.name = 'NetlinkError';
    this.index = index;
  }
}

// Building -----------------------------------------------------------------------------------------------------------------

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const b = Buffer.allocUnsafe(2);
  b.writeUInt16LE(value);
  return b;
}

export function u32(value: number): Buffer {
  const b = Buffer.allocUnsafe(4);
  b.writeUInt32LE(value >>> 0);
  return b;
}

export function be16(value: number): Buffer {
  const b = Buffer.allocUnsafe(2);
  b.writeUInt16BE(value);
  return b;
}

export function be32(value: number): Buffer {
  const b = Buffer.allocUnsafe(4);
  b.writeInt32BE(value | 0);
  return b;
}

/** A string with its terminating zero. */
export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

/** One attribute, padded to four bytes; several payloads are nested attributes or a struct followed by attributes. */
export function attribute(type: number, ...payload: readonly Uint8Array[]): Buffer {
  let size = 4;
  for (const part of payload) size += part.length;
  const out = Buffer.alloc((size + 3) & ~3);
  out.writeUInt16LE(size, 0);
  out.writeUInt16LE(type, 2);
  let at = 4;
  for (const part of payload) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** An attribute that holds attributes, marked as such (nf_tables insists). */
export function nested(type: number, ...payload: readonly Uint8Array[]): Buffer {
  return attribute(type | 0x8000, ...payload);
}

/** One message; the sequence number is filled in when it is sent. */
export function message(type: number, flags: number, ...body: readonly Uint8Array[]): Buffer {
  let size = HEADER_BYTES;
  for (const part of body) size += part.length;
  const out = Buffer.alloc((size + 3) & ~3);
  out.writeUInt32LE(size, 0);
  out.writeUInt16LE(type, 4);
  out.writeUInt16LE(flags | NLM_F.REQUEST, 6);
  let at = HEADER_BYTES;
  for (const part of body) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Attributes in a message's tail, by type; the last of a kind wins. */
export function parseAttributes(data: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= data.length; ) {
    const size = data.readUInt16LE(at);
    if (size < 4 || at + size > data.length) break;
    found.set(data.readUInt16LE(at + 2) & 0x3fff, data.subarray(at + 4, at + size));
    at += (size + 3) & ~3;
  }
  return found;
}

/** Where answers arrive. One for all sockets: receiving is synchronous, and what is kept is copied. */
const scratch = Buffer.allocUnsafeSlow(65536);

// Sending ------------------------------------------------------------------------------------------------------------------

/** Calls are bounded by five seconds; the kernel normally answers before `send` returns. */
export class NetlinkSocket {
  readonly #fd: number;
  #sequence = 1;
  #open = true;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens a socket in the network namespace that this thread is in. @throws SyscallError */
  static open(protocol: number): NetlinkSocket {
    const fd = native().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
    if (fd < 0) throw new SyscallError('socket', lastErrno(), 'AF_NETLINK');
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(5n, 0);
    native().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 16);
    native().setsockopt(fd, SOL_SOCKET, SO_SNDBUF, u32(1 << 20), 4);
    return new NetlinkSocket(fd);
  }

  /**
   * Sends messages in one system call and checks what the kernel says to each. All are executed, also after a refusal.
   * @param what  names the action in errors; per message, or one for all
   * @throws NetlinkError for the first refused message
   */
  transact(messages: readonly Buffer[], what: string | readonly string[]): void {
    if (messages.length === 0) return;
    const { data, first } = this.#prepare(messages);
    if (native().send(this.#fd, data, data.length, 0) < 0) throw new SyscallError('send', lastErrno(), 'netlink');
    this.#acknowledge(first, messages.length, what);
  }

  /** As `transact`, but the kernel works on another thread: for removals, which wait for grace periods. */
  async transactInBackground(messages: readonly Buffer[], what: string | readonly string[]): Promise<void> {
    if (messages.length === 0) return;
    const { data, first } = this.#prepare(messages);
    await new Promise<void>((resolve, reject) => {
      native().send.async(this.#fd, data, data.length, 0, (error, result) => {
        if (error) reject(error);
        else if (result < 0) reject(new SyscallError('send', osConstants.errno.EIO, 'netlink'));
        else resolve();
      });
    });
    this.#acknowledge(first, messages.length, what);
  }

  /** Sends a dump request. @returns the bodies of all answers, without netlink headers */
  dump(request: Buffer): Buffer[] {
    const { data, first } = this.#prepare([request], NLM_F.DUMP);
    if (native().send(this.#fd, data, data.length, 0) < 0) throw new SyscallError('send', lastErrno(), 'netlink dump');
    const bodies: Buffer[] = [];
    for (;;) {
      for (const part of this.#receive()) {
        if (part.sequence !== first) continue;
        if (part.type === NLMSG_DONE) return bodies;
        if (part.type === NLMSG_ERROR) throw new NetlinkError(-part.body.readInt32LE(0), 0, 'dump');
        bodies.push(Buffer.from(part.body));
      }
    }
  }

  /** Sends a request that has one answer. @returns its body, without the netlink header @throws NetlinkError */
  get(request: Buffer, what: string): Buffer {
    const { data, first } = this.#prepare([request], 0);
    if (native().send(this.#fd, data, data.length, 0) < 0) throw new SyscallError('send', lastErrno(), what);
    for (;;) {
      for (const part of this.#receive()) {
        if (part.sequence !== first) continue;
        if (part.type === NLMSG_ERROR) throw new NetlinkError(-part.body.readInt32LE(0), 0, what);
        return Buffer.from(part.body);
      }
    }
  }

  /** Sends a batch in which only the last message asks for an acknowledgement, as nf_tables transactions do. @throws NetlinkError */
  commit(batch: readonly Buffer[], acknowledged: number, what: string): void {
    const first = this.#sequence;
    batch.forEach((part, index) => part.writeUInt32LE(first + index, 8));
    this.#sequence += batch.length;
    const data = Buffer.concat(batch as Buffer[]);
    if (native().send(this.#fd, data, data.length, 0) < 0) throw new SyscallError('send', lastErrno(), what);
    for (;;) {
      for (const part of this.#receive()) {
        if (part.type !== NLMSG_ERROR || part.sequence < first) continue;
        const errno = -part.body.readInt32LE(0);
        if (errno !== 0) throw new NetlinkError(errno, part.sequence - first, what);
        if (part.sequence === first + acknowledged) return;
      }
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    native().close(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #prepare(messages: readonly Buffer[], extraFlags: number = NLM_F.ACK): { data: Buffer; first: number } {
    const first = this.#sequence;
    this.#sequence += messages.length;
    messages.forEach((part, index) => {
      part.writeUInt32LE(first + index, 8);
      part.writeUInt16LE(part.readUInt16LE(6) | extraFlags, 6);
    });
    return { data: messages.length === 1 ? (messages[0] as Buffer) : Buffer.concat(messages as Buffer[]), first };
  }

  #acknowledge(first: number, count: number, what: string | readonly string[]): void {
    let failure: NetlinkError | undefined;
    for (let done = 0; done < count; ) {
      for (const part of this.#receive()) {
        if (part.type !== NLMSG_ERROR || part.sequence < first) continue;
        done++;
        const errno = -part.body.readInt32LE(0);
        if (errno === 0 || failure) continue;
        const index = part.sequence - first;
        failure = new NetlinkError(errno, index, typeof what === 'string' ? what : (what[index] ?? ''));
      }
    }
    if (failure) throw failure;
  }

  #receive(): { type: number; sequence: number; body: Buffer }[] {
    const size = native().recv(this.#fd, scratch, scratch.length, 0);
    if (size < 0) throw new SyscallError('recv', lastErrno(), 'netlink');
    const parts: { type: number; sequence: number; body: Buffer }[] = [];
    for (let at = 0; at + HEADER_BYTES <= size; ) {
      const length = scratch.readUInt32LE(at);
      if (length < HEADER_BYTES) break;
      parts.push({
        type: scratch.readUInt16LE(at + 4),
        sequence: scratch.readUInt32LE(at + 8),
        body: scratch.subarray(at + HEADER_BYTES, at + length),
      });
      at += (length + 3) & ~3;
    }
    return parts;
  }
}

/** The index of an interface in this thread's network namespace, or undefined when there is none of that name. */
export function interfaceIndex(name: string): number | undefined {
  return native().ifIndex(name) || undefined;
}
