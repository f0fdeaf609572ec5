/**
 * Holds the host ports of one container: that makes "address already in use" an error instead of a silent theft by the kernel's
 * address translation, and carries what translation cannot: `[::1]`, and IPv6 to a container that only has IPv4.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { errnoCode, errorMessage } from '../../../base/index.ts';
import type { PortRecord } from '../records.ts';

const UDP_IDLE_MS = 90_000;
const UDP_SESSIONS_MAX = 1024;

/** A host port that could not be had. */
export class PortError extends Error {
  readonly code: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;

  constructor(cause: unknown, protocol: string, address: string, port: number) {
    super(errorMessage(cause), { cause });
    this.code = errnoCode(cause) ?? 'EIO';
    this.protocol = protocol;
    this.address = address;
    this.port = port;
  }
}

interface Held {
  close(): void;
}

/** The listeners of one port record. */
export interface HeldPort {
  readonly key: string;
  readonly port: number;
  close(): void;
}

/** Identifies what is held, to keep it when a record is read again unchanged. */
export function portKey(record: PortRecord): string {
  const { protocol, containerPort, hostAddresses, hostPort, target4, target6 } = record;
  return JSON.stringify([protocol, containerPort, hostAddresses, hostPort, target4, target6]);
}

/** Binds the record's port, or the first free one of its range from `start` on, at all its addresses. @throws PortError */
export async function holdPort(record: PortRecord, start: number): Promise<HeldPort> {
  const fixed = record.hostPort;
  if (fixed !== undefined) return holdAt(record, fixed);
  const size = record.to - record.from + 1;
  let failure: unknown;
  for (let i = 0; i < size; i++) {
    const port = record.from + ((start - record.from + i) % size);
    try {
      return await holdAt(record, port);
    } catch (error) {
      failure = error;
      if (!(error instanceof PortError) || error.code !== 'EADDRINUSE') break;
    }
  }
  throw failure;
}

async function holdAt(record: PortRecord, port: number): Promise<HeldPort> {
  const results = await Promise.allSettled(record.hostAddresses.map((address) => listen(record, address, port)));
  const held = results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
  const close = () => {
    for (const each of held) each.close();
  };
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    close();
    throw result.reason;
  }
  return { key: portKey({ ...record, hostPort: port }), port, close };
}

async function listen(record: PortRecord, address: string, port: number): Promise<Held | undefined> {
  // The container's own family first; the other one is what only a listener can bridge.
  const host = address.includes(':') ? (record.target6 ?? record.target4) : (record.target4 ?? record.target6);
  if (host === undefined || record.protocol === 'sctp') return undefined; // Node has no SCTP: translated, but not held
  const target = { host, port: record.containerPort };
  try {
    return await (record.protocol === 'tcp' ? holdStream(address, port, target) : holdDatagrams(address, port, target));
  } catch (error) {
    throw new PortError(error, record.protocol, address, port);
  }
}

interface Target {
  host: string;
  port: number;
}

function holdStream(address: string, port: number, target: Target): Promise<Held> {
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        if (!from.readableEnded) to.destroy();
      });
      from.pipe(to);
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: true, exclusive: true, backlog: 512 }, () => {
      server.on('error', () => {});
      resolve({
        close: () => {
          server.close();
          for (const socket of open) socket.destroy();
        },
      });
    });
  });
}

function holdDatagrams(address: string, port: number, target: Target): Promise<Held> {
  const sessions = new Map<string, { socket: UdpSocket; timer: NodeJS.Timeout }>();
  const server = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', ipv6Only: address.includes(':') });
  const end = (key: string) => {
    const session = sessions.get(key);
    if (!session) return;
    sessions.delete(key);
    clearTimeout(session.timer);
    session.socket.close();
  };
  const begin = (key: string, from: RemoteInfo) => {
    const socket = createSocket(target.host.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => end(key));
    socket.on('message', (data) => {
      sessions.get(key)?.timer.refresh();
      server.send(data, from.port, from.address);
    });
    const session = { socket, timer: setTimeout(() => end(key), UDP_IDLE_MS) };
    sessions.set(key, session);
    return session;
  };
  server.on('message', (data, from) => {
    const key = `${from.address} ${from.port}`;
    const session = sessions.get(key) ?? (sessions.size < UDP_SESSIONS_MAX ? begin(key, from) : undefined);
    session?.timer.refresh();
    session?.socket.send(data, target.port, target.host);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.bind({ address, port, exclusive: true }, () => {
      server.on('error', () => {});
      resolve({
        close: () => {
          server.close();
          for (const key of [...sessions.keys()]) end(key);
        },
      });
    });
  });
}
