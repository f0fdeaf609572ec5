/** The inside of one container's network namespace: its loopback, interfaces and routes. */
import { removeNetns, createNetns, inNetns, writeSysctl } from '../host/netns.ts';
import { NETLINK_ROUTE, NetlinkSocket } from '../host/netlink.ts';
import * as route from '../host/netlink-route.ts';
import { addressBytes, parseAddress } from './address.ts';
import type { EndpointRecord } from './records.ts';

const LOOPBACK = 1;

/** A default route to set inside a container: the endpoint's interface and the gateway's address. */
export interface DefaultRoute {
  readonly link: string;
  readonly gateway: string;
}

/**
 * A handle on a namespace: a netlink socket that was opened in there. So the namespace is entered once, and configured from
 * the host's side. All methods are synchronous. Close it soon: it keeps the namespace alive.
 */
export class InsideLinks {
  readonly path: string;
  readonly #socket: NetlinkSocket;

  private constructor(path: string, socket: NetlinkSocket) {
    this.path = path;
    this.#socket = socket;
  }

  /** Makes a namespace with its loopback up, pinned at `path`; an old one there is replaced. @throws SyscallError */
  static create(path: string): InsideLinks {
    removeNetns(path);
    const socket = createNetns(path, () => {
      // Interfaces start without IPv6; those of IPv6 networks get it, at once and without router advertisements.
      writeSysctl('net/ipv6/conf/default/disable_ipv6', '1');
      // A container that takes over an address tells the bridge and its neighbours where it lives now.
      writeSysctl('net/ipv4/conf/default/arp_notify', '1');
      return NetlinkSocket.open(NETLINK_ROUTE);
    });
    const inside = new InsideLinks(path, socket);
    socket.transact([route.setLinkUp(LOOPBACK)], 'loopback');
    return inside;
  }

  /** Opens an existing namespace. @throws SyscallError ENOENT */
  static open(path: string): InsideLinks {
    return new InsideLinks(path, inNetns(path, () => NetlinkSocket.open(NETLINK_ROUTE)));
  }

  /** Gives an interface its addresses and brings it up. @throws NetlinkError */
  configure(endpoint: EndpointRecord): void {
    const index = route.linkIndex(this.#socket, endpoint.link);
    if (endpoint.v6) {
      inNetns(this.path, () => {
        writeSysctl(`net/ipv6/conf/${endpoint.link}/accept_dad`, '0');
        writeSysctl(`net/ipv6/conf/${endpoint.link}/accept_ra`, '0');
        writeSysctl(`net/ipv6/conf/${endpoint.link}/disable_ipv6`, '0');
      });
    }
    const addresses = [endpoint.v4, endpoint.v6].flatMap((each) => (each ? [{ bytes: bytesOf(each.address), length: each.prefixLength }] : []));
    const linkLocal = (endpoint.settings.IPAMConfig?.LinkLocalIPs ?? []).map((text) => ({ bytes: bytesOf(text), length: text.includes(':') ? 64 : 16 }));
    const messages = [...addresses, ...linkLocal].map((address) => route.addAddress(index, address));
    this.#socket.transact([...messages, route.setLinkUp(index)], `addresses of ${endpoint.link}`);
  }

  /** Sets or replaces the default routes. @throws NetlinkError */
  setDefaultRoutes(routes: readonly DefaultRoute[]): void {
    const messages = routes.map((each) => route.addDefaultRoute(route.linkIndex(this.#socket, each.link), bytesOf(each.gateway)));
    this.#socket.transact(messages, routes.map((each) => `default route via ${each.gateway}`));
  }

  close(): void {
    this.#socket.close();
  }
}

/** Network byte order of an address that was checked before. */
export function bytesOf(text: string): Buffer {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an IP address: ${text}`);
  return addressBytes(address);
}
