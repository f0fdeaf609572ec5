/**
 * The one nf_tables transaction that is worth encoding by hand: every container start needs it, and libnftables takes ten times as long.
 *
 * It makes 127.0.0.11:53 in a container's namespace reach sockets at 127.0.0.11:PORT by rewriting ports on the way out, in both
 * directions and without connection tracking. So port 53 itself stays free for a DNS server in the container, and a lookup
 * leaves no conntrack entry.
 */
import { attribute, be16, be32, cstring, message, nested, NetlinkError, NLM_F } from './netlink.ts';
import type { NetlinkSocket } from './netlink.ts';

const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const NFTABLES = 10;
const NFT = { NEWTABLE: 0, DELTABLE: 2, NEWCHAIN: 3, NEWRULE: 6 } as const;
const NFPROTO_IPV4 = 2;
const HOOK_LOCAL_OUT = 3;
const PRIORITY_RAW = -300;
const META_L4PROTO = 16;
const BASE = { NETWORK: 1, TRANSPORT: 2 } as const;
const IP_SADDR = 12;
const IP_DADDR = 16;
const SPORT = 0;
const DPORT = 2;
const CHECKSUM_INET = 1;
const REGISTER = 1;
/** Protocol number to the offset of the checksum in its header. */
const PROTOCOLS = [
  { number: 17, checksum: 6 },
  { number: 6, checksum: 16 },
] as const;
const TABLE = 'tscdns';
const CHAIN = 'out';

/**
 * Loads (or replaces) the rewriting rules in the namespace that `socket` belongs to.
 * @param socket  a NETLINK_NETFILTER socket opened there
 * @param address  where the resolver listens, 4 bytes
 * @param port  the port that its UDP and its TCP socket share
 * @throws NetlinkError; EPROTONOSUPPORT or EOPNOTSUPP when the kernel lacks nf_tables
 */
export function loadDnsRules(socket: NetlinkSocket, address: Uint8Array, port: number): void {
  try {
    commitRules(socket, address, port, false);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EEXIST') throw error;
    commitRules(socket, address, port, true);
  }
}

/** Replacing deletes a table, whose disposal waits for a grace period: 10 ms that a fresh namespace need not pay. */
function commitRules(socket: NetlinkSocket, address: Uint8Array, port: number, replace: boolean): void {
  const table = attribute(1, cstring(TABLE));
  const rules = PROTOCOLS.flatMap((protocol) => [
    rewriteRule(protocol, { field: IP_DADDR, address, portField: DPORT, from: 53, to: port }),
    rewriteRule(protocol, { field: IP_SADDR, address, portField: SPORT, from: port, to: 53 }),
  ]);
  const batch = [
    message(BATCH_BEGIN, 0, generic(0, NFTABLES)),
    ...(replace ? [tableMessage(NFT.DELTABLE, 0, table)] : []),
    tableMessage(NFT.NEWTABLE, NLM_F.CREATE | NLM_F.EXCL, table),
    message(
      (NFTABLES << 8) | NFT.NEWCHAIN,
      NLM_F.CREATE,
      generic(NFPROTO_IPV4),
      table,
      attribute(3, cstring(CHAIN)),
      nested(4, attribute(1, be32(HOOK_LOCAL_OUT)), attribute(2, be32(PRIORITY_RAW))),
      attribute(7, cstring('filter')),
    ),
    ...rules,
    message(BATCH_END, 0, generic(0, NFTABLES)),
  ];
  const last = batch.length - 2;
  // The acknowledgement of the last rule comes after the commit, with its result.
  batch[last]?.writeUInt16LE((batch[last]?.readUInt16LE(6) ?? 0) | NLM_F.ACK, 6);
  socket.commit(batch, last, 'DNS rules');
}

interface Rewrite {
  field: number;
  address: Uint8Array;
  portField: number;
  from: number;
  to: number;
}

function rewriteRule(protocol: { number: number; checksum: number }, r: Rewrite): Buffer {
  const expressions = [
    expression('meta', attribute(1, be32(REGISTER)), attribute(2, be32(META_L4PROTO))),
    equals(Uint8Array.of(protocol.number)),
    load(BASE.NETWORK, r.field, 4),
    equals(r.address),
    load(BASE.TRANSPORT, r.portField, 2),
    equals(be16(r.from)),
    expression('immediate', attribute(1, be32(REGISTER)), nested(2, attribute(1, be16(r.to)))),
    expression(
      'payload',
      attribute(5, be32(REGISTER)),
      attribute(2, be32(BASE.TRANSPORT)),
      attribute(3, be32(r.portField)),
      attribute(4, be32(2)),
      attribute(6, be32(CHECKSUM_INET)),
      attribute(7, be32(protocol.checksum)),
      attribute(8, be32(0)),
    ),
  ];
  return message(
    (NFTABLES << 8) | NFT.NEWRULE,
    NLM_F.CREATE | NLM_F.APPEND,
    generic(NFPROTO_IPV4),
    attribute(1, cstring(TABLE)),
    attribute(2, cstring(CHAIN)),
    nested(4, ...expressions),
  );
}

function load(base: number, offset: number, length: number): Buffer {
  return expression('payload', attribute(1, be32(REGISTER)), attribute(2, be32(base)), attribute(3, be32(offset)), attribute(4, be32(length)));
}

function equals(value: Uint8Array): Buffer {
  return expression('cmp', attribute(1, be32(REGISTER)), attribute(2, be32(0)), nested(3, attribute(1, value)));
}

function expression(name: string, ...data: readonly Buffer[]): Buffer {
  return nested(1, attribute(1, cstring(name)), nested(2, ...data));
}

function tableMessage(type: number, flags: number, table: Buffer): Buffer {
  return message((NFTABLES << 8) | type, flags, generic(NFPROTO_IPV4), table);
}

function generic(family: number, resource = 0): Buffer {
  return Buffer.concat([Uint8Array.of(family, 0), be16(resource)]);
}
