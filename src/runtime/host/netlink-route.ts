/** rtnetlink messages for links, addresses and routes. Pure: nothing is sent here. */
import { attribute, cstring, message, NLM_F, parseAttributes, u16, u32, u8 } from './netlink.ts';
import type { NetlinkSocket } from './netlink.ts';

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, DELADDR: 21, GETADDR: 22, NEWROUTE: 24, DELROUTE: 25, GETROUTE: 26 } as const;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, MASTER: 10, LINKINFO: 18, AF_SPEC: 26, NET_NS_FD: 28 } as const;
const INET6_ADDR_GEN_MODE = 8;
const ADDR_GEN_NONE = 1;
const INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
const VETH_PEER = 1;
const BRIDGE_PORT = { HAIRPIN: 4, ISOLATED: 33 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4, FLAGS: 8 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, TABLE: 15 } as const;
const IFF_UP = 1;
const IFA_F_NODAD = 2;
const IFA_F_PERMANENT = 0x80;
const AF_INET = 2;
const AF_INET6 = 10;
const MAIN_TABLE = 254;

/** An address as bytes (4 or 16) with its prefix length. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly length: number;
}

function ifinfo(index: number, flags: number, change: number): Buffer {
  return Buffer.concat([u8(0), u8(0), u16(0), u32(index), u32(flags), u32(change)]);
}

function family(bytes: Uint8Array): number {
  return bytes.length === 4 ? AF_INET : AF_INET6;
}

export function createBridge(name: string, options: { mac: Uint8Array; mtu?: number }): Buffer {
  const parts = [
    ifinfo(0, IFF_UP, IFF_UP),
    attribute(IFLA.IFNAME, cstring(name)),
    attribute(IFLA.ADDRESS, options.mac),
    attribute(IFLA.LINKINFO, attribute(INFO.KIND, cstring('bridge'))),
  ];
  if (options.mtu !== undefined) parts.push(attribute(IFLA.MTU, u32(options.mtu)));
  return message(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, ...parts);
}

export interface VethOptions {
  /** In the host's namespace. */
  readonly name: string;
  /** Interface index of the bridge. */
  readonly bridge: number;
  readonly mtu?: number;
  readonly peer: { readonly name: string; readonly mac: Uint8Array; readonly netnsFd: number };
}

/**
 * A pair whose host end is up and in the bridge and whose other end starts inside the container's namespace, down: asking for UP
 * there already fails with ENOTCONN.
 */
export function createVeth(o: VethOptions): Buffer {
  const mtu = o.mtu === undefined ? [] : [attribute(IFLA.MTU, u32(o.mtu))];
  const peer = attribute(
    VETH_PEER,
    ifinfo(0, 0, 0),
    attribute(IFLA.IFNAME, cstring(o.peer.name)),
    attribute(IFLA.ADDRESS, o.peer.mac),
    attribute(IFLA.NET_NS_FD, u32(o.peer.netnsFd)),
    ...mtu,
  );
  return message(
    RTM.NEWLINK,
    NLM_F.CREATE | NLM_F.EXCL,
    ifinfo(0, IFF_UP, IFF_UP),
    attribute(IFLA.IFNAME, cstring(o.name)),
    attribute(IFLA.MASTER, u32(o.bridge)),
    ...mtu,
    attribute(IFLA.LINKINFO, attribute(INFO.KIND, cstring('veth')), attribute(INFO.DATA, peer)),
  );
}

/**
 * Lets a port send frames back where they came from (a container that uses its own published port), and/or keeps it from other
 * ports. Also keeps IPv6 off the port itself: link-local addresses on it would only cost duplicate detection.
 */
export function setBridgePort(name: string, options: { hairpin: boolean; isolated: boolean }): Buffer {
  return message(
    RTM.NEWLINK,
    0,
    ifinfo(0, 0, 0),
    attribute(IFLA.IFNAME, cstring(name)),
    attribute(IFLA.AF_SPEC, attribute(AF_INET6, attribute(INET6_ADDR_GEN_MODE, u8(ADDR_GEN_NONE)))),
    attribute(
      IFLA.LINKINFO,
      attribute(INFO.SLAVE_KIND, cstring('bridge')),
      attribute(INFO.SLAVE_DATA, attribute(BRIDGE_PORT.HAIRPIN, u8(Number(options.hairpin))), attribute(BRIDGE_PORT.ISOLATED, u8(Number(options.isolated)))),
    ),
  );
}

export function setLinkUp(index: number): Buffer {
  return message(RTM.NEWLINK, 0, ifinfo(index, IFF_UP, IFF_UP));
}

export function deleteLink(name: string): Buffer {
  return message(RTM.DELLINK, 0, ifinfo(0, 0, 0), attribute(IFLA.IFNAME, cstring(name)));
}

export function deleteLinkByIndex(index: number): Buffer {
  return message(RTM.DELLINK, 0, ifinfo(index, 0, 0));
}

/** Adds an address; IPv6 without duplicate detection, so that it works at once. Replaces an equal one. */
export function addAddress(index: number, address: Prefix): Buffer {
  const parts = [
    Buffer.concat([u8(family(address.bytes)), u8(address.length), u8(address.bytes.length === 16 ? IFA_F_NODAD | IFA_F_PERMANENT : IFA_F_PERMANENT), u8(0), u32(index)]),
    attribute(IFA.LOCAL, address.bytes),
    attribute(IFA.ADDRESS, address.bytes),
  ];
  if (address.bytes.length === 4 && address.length < 31) parts.push(attribute(IFA.BROADCAST, broadcast(address)));
  if (address.bytes.length === 16) parts.push(attribute(IFA.FLAGS, u32(IFA_F_NODAD | IFA_F_PERMANENT)));
  return message(RTM.NEWADDR, NLM_F.CREATE | NLM_F.REPLACE, ...parts);
}

function broadcast(address: Prefix): Buffer {
  const host = address.length === 0 ? 0xffffffff : (2 ** (32 - address.length) - 1) >>> 0;
  const out = Buffer.from(address.bytes);
  out.writeUInt32BE((out.readUInt32BE(0) | host) >>> 0, 0);
  return out;
}

/** A default route through a gateway that is on the link. */
export function addDefaultRoute(index: number, gateway: Uint8Array): Buffer {
  return defaultRoute(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.REPLACE, index, gateway);
}

export function deleteDefaultRoute(index: number, gateway: Uint8Array): Buffer {
  return defaultRoute(RTM.DELROUTE, 0, index, gateway);
}

function defaultRoute(type: number, flags: number, index: number, gateway: Uint8Array): Buffer {
  const header = Buffer.from([family(gateway), 0, 0, 0, MAIN_TABLE, 3, 0, 1, 0, 0, 0, 0]);
  return message(type, flags, header, attribute(RTA.GATEWAY, gateway), attribute(RTA.OIF, u32(index)));
}

/** The index of a link in the socket's namespace. @throws NetlinkError ENODEV */
export function linkIndex(socket: NetlinkSocket, name: string): number {
  return socket.get(message(RTM.GETLINK, 0, ifinfo(0, 0, 0), attribute(IFLA.IFNAME, cstring(name))), `link ${name}`).readInt32LE(4);
}

/** Names and indexes of all links of the socket's namespace, with the name of the bridge a link is in as an index. */
export function listLinks(socket: NetlinkSocket): { name: string; index: number; master: number | undefined }[] {
  return socket.dump(message(RTM.GETLINK, 0, ifinfo(0, 0, 0))).map((body) => {
    const attributes = parseAttributes(body.subarray(16));
    return {
      index: body.readInt32LE(4),
      name: (attributes.get(IFLA.IFNAME) ?? Buffer.alloc(1)).toString('utf8').replace(/\0.*$/s, ''),
      master: attributes.get(IFLA.MASTER)?.readUInt32LE(0),
    };
  });
}

/** Addresses of the socket's namespace. */
export function listAddresses(socket: NetlinkSocket): (Prefix & { index: number })[] {
  return socket.dump(message(RTM.GETADDR, 0, Buffer.alloc(8))).flatMap((body) => {
    const attributes = parseAttributes(body.subarray(8));
    const bytes = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
    return bytes ? [{ bytes: new Uint8Array(bytes), length: body.readUInt8(1), index: body.readUInt32LE(4) }] : [];
  });
}

/** Destinations of the main table's unicast routes, without default routes. */
export function listRoutes(socket: NetlinkSocket): Prefix[] {
  return socket.dump(message(RTM.GETROUTE, 0, Buffer.alloc(12))).flatMap((body) => {
    const attributes = parseAttributes(body.subarray(12));
    const table = attributes.get(RTA.TABLE)?.readUInt32LE(0) ?? body.readUInt8(4);
    const destination = attributes.get(RTA.DST);
    if (table !== MAIN_TABLE || body.readUInt8(7) !== 1 || !destination) return [];
    return [{ bytes: new Uint8Array(destination), length: body.readUInt8(1) }];
  });
}
