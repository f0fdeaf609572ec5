/** The inside of one container's network namespace: its loopback, interfaces and routes. */
import { closeSync } from 'node:fs';
import { inNetns, openNetns, pinNetns, removeNetns, writeSysctl } from '../host/netns.ts';
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

/** A namespace that nothing but its descriptors keep alive. */
export interface OpenNamespace {
  readonly fd: number;
  readonly socket: NetlinkSocket;
  close(): void;
}

/** Makes a namespace. @throws SyscallError */
export function openNamespace(): OpenNamespace {
  const { fd, value: socket } = openNetns(() => {
    // Interfaces start without IPv6; those of IPv6 networks get it, at once and without router advertisements.
    writeSysctl('net/ipv6/conf/default/disable_ipv6', '1');
    // A container that takes over an address tells the bridge and its neighbours where it lives now.
    writeSysctl('net/ipv4/conf/default/arp_notify', '1');
    return NetlinkSocket.open(NETLINK_ROUTE);
  });
  const close = (): void => {
    closeSync(fd);
    socket.close();
  };
  return { fd, socket, close };
}

/**
 * A handle on a namespace: a netlink socket that was opened in there. So the namespace is entered once, and configured from
 * the host's side. Close it soon: it keeps the namespace alive.
 */
export class InsideLinks {
  readonly path: string;
  readonly #socket: NetlinkSocket;
  readonly #isNew: boolean;

  private constructor(path: string, socket: NetlinkSocket, isNew: boolean) {
    this.path = path;
    this.#socket = socket;
    this.#isNew = isNew;
  }

  /**
   * Pins a new namespace at `path`, where an old one is replaced, and takes it over. Its loopback comes up with `configure`.
   * @throws SyscallError
   */
  static create(path: string, namespace: OpenNamespace): InsideLinks {
    try {
      removeNetns(path);
      pinNetns(namespace.fd, path);
    } catch (error) {
      namespace.close();
      throw error;
    }
    closeSync(namespace.fd);
    return new InsideLinks(path, namespace.socket, true);
  }

  /** Opens an existing namespace. @throws SyscallError ENOENT */
  static open(path: string): InsideLinks {
    return new InsideLinks(path, inNetns(path, () => NetlinkSocket.open(NETLINK_ROUTE)), false);
  }

  /**
   * Gives interfaces their addresses, brings them and in a new namespace the loopback up, and sets or replaces the default routes,
   * all in one request.
   * @throws NetlinkError
   */
  async configure(endpoints: readonly EndpointRecord[], routes: readonly DefaultRoute[]): Promise<void> {
    const indexes = new Map<string, number>();
    const indexOf = (link: string): number => {
      const index = indexes.get(link) ?? route.linkIndex(this.#socket, link);
      indexes.set(link, index);
      return index;
    };
    const messages: Buffer[] = [];
    const what: string[] = [];
    const add = (name: string, message: Buffer): void => {
      messages.push(message);
      what.push(name);
    };
    if (this.#isNew) add('loopback', route.setLinkUp(LOOPBACK));
    for (const endpoint of endpoints) {
      if (endpoint.v6) this.#enableIPv6(endpoint.link);
      const index = indexOf(endpoint.link);
      for (const address of addressesOf(endpoint)) add(`address of ${endpoint.link}`, route.addAddress(index, address));
      add(`interface ${endpoint.link}`, route.setLinkUp(index));
    }
    for (const each of routes) add(`default route via ${each.gateway}`, route.addDefaultRoute(indexOf(each.link), bytesOf(each.gateway)));
    await this.#socket.transactInBackground(messages, what);
  }

  #enableIPv6(link: string): void {
    inNetns(this.path, () => {
      writeSysctl(`net/ipv6/conf/${link}/accept_dad`, '0');
      writeSysctl(`net/ipv6/conf/${link}/accept_ra`, '0');
      writeSysctl(`net/ipv6/conf/${link}/disable_ipv6`, '0');
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function addressesOf(endpoint: EndpointRecord): route.Prefix[] {
  const addresses = [endpoint.v4, endpoint.v6].flatMap((each) => (each ? [{ bytes: bytesOf(each.address), length: each.prefixLength }] : []));
  const linkLocal = (endpoint.settings.IPAMConfig?.LinkLocalIPs ?? []).map((text) => ({ bytes: bytesOf(text), length: text.includes(':') ? 64 : 16 }));
  return [...addresses, ...linkLocal];
}

/** Network byte order of an address that was checked before. */
export function bytesOf(text: string): Buffer {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an IP address: ${text}`);
  return addressBytes(address);
}
