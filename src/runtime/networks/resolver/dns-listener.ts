import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { loadDnsRules } from '../../host/netlink-nft.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../host/netlink.ts';
import { inNetns } from '../../host/netns.ts';
import { openSocketPair } from '../../host/netns-socket.ts';
import type { SandboxRecord } from '../records.ts';
import { answerQuery, failureReply } from './answer.ts';
import { framed } from './upstream.ts';
import type { Upstream } from './upstream.ts';
import type { Zones } from './zones.ts';

/** 127.0.0.11, which images know by heart (`resolver 127.0.0.11` in nginx). */
const ADDRESS = Uint8Array.of(127, 0, 0, 11);
const STREAM_IDLE_MS = 10_000;
const STREAMS_MAX = 64;

export interface DnsContext {
  readonly zones: Zones;
  readonly upstream: Upstream;
  readonly log: (message: string) => void;
}

/** Answers at 127.0.0.11 inside one container's namespace. */
export class DnsListener {
  record: SandboxRecord;
  readonly #context: DnsContext;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #streams = new Set<Socket>();

  /** Ready when the constructor returns. @throws SyscallError when there is no such namespace or no nf_tables */
  constructor(record: SandboxRecord, context: DnsContext) {
    this.record = record;
    this.#context = context;
    const { udp, tcp } = inNetns(record.netns, () => {
      const sockets = openSocketPair(ADDRESS);
      const netfilter = NetlinkSocket.open(NETLINK_NETFILTER);
      try {
        loadDnsRules(netfilter, ADDRESS, sockets.port);
      } finally {
        netfilter.close();
      }
      return sockets;
    });
    // Without its own lookup every send would pass through the resolver's resolver.
    this.#udp = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    this.#udp.on('message', (query, from) => this.#onDatagram(query, from.port, from.address));
    this.#udp.on('error', (error) => context.log(`udp of ${record.name}: ${error.message}`));
    this.#udp.bind({ fd: udp });
    this.#tcp = createServer({ allowHalfOpen: true }, (socket) => this.#onStream(socket));
    this.#tcp.on('error', (error) => context.log(`tcp of ${record.name}: ${error.message}`));
    this.#tcp.maxConnections = STREAMS_MAX;
    this.#tcp.listen({ fd: tcp });
  }

  #onDatagram(query: Buffer, port: number, address: string): void {
    const answer = answerQuery(query, this.record, this.#context.zones, { stream: false, random: Math.random });
    if (answer.kind === 'reply') this.#udp.send(answer.reply, port, address);
    else if (answer.kind === 'forward') {
      void this.#context.upstream.ask(query, this.record, false).then((reply) => {
        try {
          this.#udp.send(reply ?? failureReply(query, answer.question), port, address);
        } catch {
          // closed in the meantime
        }
      });
    }
  }

  #onStream(socket: Socket): void {
    this.#streams.add(socket);
    socket.setTimeout(STREAM_IDLE_MS, () => socket.destroy());
    socket.on('close', () => this.#streams.delete(socket));
    socket.on('error', () => socket.destroy());
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const size = received.readUInt16BE(0);
        void this.#answerStream(Buffer.from(received.subarray(2, 2 + size)), socket);
        received = received.subarray(2 + size);
      }
    });
    socket.on('end', () => socket.end());
  }

  async #answerStream(query: Buffer, socket: Socket): Promise<void> {
    const answer = answerQuery(query, this.record, this.#context.zones, { stream: true, random: Math.random });
    if (answer.kind === 'ignore') return void socket.destroy();
    const reply =
      answer.kind === 'reply' ? answer.reply : ((await this.#context.upstream.ask(query, this.record, true)) ?? failureReply(query, answer.question));
    if (socket.writable) socket.write(framed(reply));
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
    for (const stream of this.#streams) stream.destroy();
  }
}
