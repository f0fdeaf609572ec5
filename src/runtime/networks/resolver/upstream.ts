/** Asks servers outside: the host's own ones, or those that a container was given. Bytes are passed on as they are. */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { readFileSync, statSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { inNetns } from '../../host/netns.ts';
import { openSocket } from '../../host/netns-socket.ts';
import { parseAddress } from '../address.ts';
import { EMBEDDED_SERVER, parseResolvConf } from '../etc-files.ts';
import type { SandboxRecord } from '../records.ts';

const SERVERS_ASKED = 3;
const TIMEOUT_MS = 4000;
const OUTSTANDING_MAX = 1024;
const HOST_FILE = '/etc/resolv.conf';
/** Where systemd-resolved keeps the servers behind its own loopback address. */
const RESOLVED_FILE = '/run/systemd/resolve/resolv.conf';

export class Upstream {
  #outstanding = 0;
  #hostServers: { key: string; servers: readonly string[] } = { key: '', servers: [] };
  readonly #hostFile: string;

  constructor(hostFile: string = HOST_FILE) {
    this.#hostFile = hostFile;
  }

  /** @returns undefined when nobody answers, or nobody may be asked */
  async ask(query: Buffer, asker: SandboxRecord, stream: boolean): Promise<Buffer | undefined> {
    // A container whose networks are all internal has no way out: its questions shall have none either.
    if (asker.endpoints.length > 0 && asker.endpoints.every((endpoint) => endpoint.internal)) return undefined;
    if (this.#outstanding >= OUTSTANDING_MAX) return undefined;
    this.#outstanding++;
    try {
      const own = asker.upstream.length > 0;
      const candidates = own ? asker.upstream.filter((server) => server !== EMBEDDED_SERVER) : this.#servers();
      for (const server of candidates.slice(0, SERVERS_ASKED)) {
        const netns = own ? asker.netns : undefined;
        const reply = await (stream ? askStream : askDatagram)(query, server, netns).catch(() => undefined);
        if (reply) return reply;
      }
      return undefined;
    } finally {
      this.#outstanding--;
    }
  }

  /** Read again when the file changes: a laptop moves between networks. */
  #servers(): readonly string[] {
    const key = [this.#hostFile, RESOLVED_FILE].map(stamp).join();
    if (key === this.#hostServers.key) return this.#hostServers.servers;
    let servers = readServers(this.#hostFile);
    if (servers.length === 0) servers = readServers(RESOLVED_FILE);
    this.#hostServers = { key, servers };
    return servers;
  }
}

function readServers(file: string): readonly string[] {
  try {
    return parseResolvConf(readFileSync(file, 'utf8')).nameservers;
  } catch {
    return [];
  }
}

function stamp(file: string): string {
  try {
    const { mtimeMs, ino } = statSync(file);
    return `${ino}:${mtimeMs}`;
  } catch {
    return '-';
  }
}

/**
 * One socket per question: its random port is half of what protects against forged answers. It is connected, so that the kernel
 * drops what others send and tells at once when nobody listens.
 */
function askDatagram(query: Buffer, server: string, netns: string | undefined): Promise<Buffer> {
  const family = server.includes(':') ? 6 : 4;
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: (host, _options, done) => done(null, host, family) });
  return within(
    (resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (reply) => {
        if (reply.length >= 12 && reply.readUInt16BE(0) === query.readUInt16BE(0)) resolve(reply);
      });
      if (netns !== undefined) bindInside(socket, netns, family);
      socket.connect(53, server, () => socket.send(query, (error) => error && reject(error)));
    },
    () => socket.close(),
  );
}

function bindInside(socket: UdpSocket, netns: string, family: 4 | 6): void {
  const { fd } = inNetns(netns, () => openSocket('dgram', new Uint8Array(family === 4 ? 4 : 16), 0));
  socket.bind({ fd });
}

function askStream(query: Buffer, server: string, netns: string | undefined): Promise<Buffer> {
  const target = { host: server, port: 53 };
  const bytes = parseAddress(server)?.family === 6 ? 16 : 4;
  const socket = netns === undefined ? connect(target) : new Socket({ fd: inNetns(netns, () => openSocket('stream', new Uint8Array(bytes), 0)).fd }).connect(target);
  return within(
    (resolve, reject) => {
      let received = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed')));
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(received.subarray(2, 2 + received.readUInt16BE(0)));
      });
      socket.write(framed(query));
    },
    () => socket.destroy(),
  );
}

/** A message with its length before it, as DNS over TCP has it. */
export function framed(messageBytes: Buffer): Buffer {
  const size = Buffer.allocUnsafe(2);
  size.writeUInt16BE(messageBytes.length);
  return Buffer.concat([size, messageBytes]);
}

function within(start: (resolve: (reply: Buffer) => void, reject: (error: Error) => void) => void, end: () => void): Promise<Buffer> {
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Buffer>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), TIMEOUT_MS);
    start(resolve, reject);
  }).finally(() => {
    clearTimeout(timer);
    end();
  });
}

