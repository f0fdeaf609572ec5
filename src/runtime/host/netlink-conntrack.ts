/** Connection tracking entries through ctnetlink: finding those of a port and deleting them. */
import { attribute, be16, message, nested, NetlinkError, parseAttributes, u32, u8 } from './netlink.ts';
import type { NetlinkSocket } from './netlink.ts';

const CTNETLINK = 1 << 8;
const MSG = { GET: 1, DELETE: 2 } as const;
const CTA = { TUPLE_ORIG: 1, ZONE: 18, FILTER: 25 } as const;
const TUPLE_PROTO = 2;
const PROTO = { NUM: 1, DST_PORT: 3 } as const;
const FILTER_ORIG_FLAGS = 1;
const MATCH_PROTO_NUM = 1 << 3;
const MATCH_DST_PORT = 1 << 5;
const UDP = 17;
const HEADER = 4;

/**
 * Deletes the entries of UDP flows to a port of this host, whatever their source. Kernels before 5.8 do not filter and give all
 * entries; they are filtered here as well.
 * @param socket  a NETLINK_NETFILTER socket @returns how many went @throws NetlinkError
 */
export function deleteUdpFlows(socket: NetlinkSocket, family: 4 | 6, port: number): number {
  const generic = Buffer.from([family === 4 ? 2 : 10, 0, 0, 0]);
  const wanted = nested(CTA.TUPLE_ORIG, nested(TUPLE_PROTO, attribute(PROTO.NUM, u8(UDP)), attribute(PROTO.DST_PORT, be16(port))));
  const filter = nested(CTA.FILTER, attribute(FILTER_ORIG_FLAGS, u32(MATCH_PROTO_NUM | MATCH_DST_PORT)));
  let deleted = 0;
  for (const entry of socket.dump(message(CTNETLINK | MSG.GET, 0, generic, wanted, filter))) {
    const attributes = parseAttributes(entry.subarray(HEADER));
    const tuple = attributes.get(CTA.TUPLE_ORIG);
    if (!tuple || !isFlowTo(tuple, port)) continue;
    const zone = attributes.get(CTA.ZONE);
    const parts = [nested(CTA.TUPLE_ORIG, tuple), ...(zone ? [attribute(CTA.ZONE, zone)] : [])];
    try {
      socket.transact([message(CTNETLINK | MSG.DELETE, 0, generic, ...parts)], 'conntrack entry');
      deleted++;
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.code !== 'ENOENT') throw error; // it ended by itself
    }
  }
  return deleted;
}

function isFlowTo(tuple: Buffer, port: number): boolean {
  const proto = parseAttributes(parseAttributes(tuple).get(TUPLE_PROTO) ?? Buffer.alloc(0));
  return proto.get(PROTO.NUM)?.[0] === UDP && proto.get(PROTO.DST_PORT)?.readUInt16BE(0) === port;
}
