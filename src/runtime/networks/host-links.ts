/** Bridges, pairs, addresses and routes: the room's one user of rtnetlink. */
import { closeSync, openSync } from 'node:fs';
import { EngineError, KeyedMutex } from '../../base/index.ts';
import { interfaceIndex, NETLINK_ROUTE, NetlinkError, NetlinkSocket } from '../host/netlink.ts';
import * as route from '../host/netlink-route.ts';
import { writeSysctl } from '../host/netns.ts';
import { addressFromBytes, parseSubnet, subnetOf } from './address.ts';
import type { Subnet } from './address.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { bytesOf } from './inside-links.ts';
import type { DefaultRoute, InsideLinks } from './inside-links.ts';
import type { EndpointRecord, NetworkRecord } from './records.ts';

/** An endpoint that is to be made, and its network. */
export interface NewLink {
  readonly endpoint: EndpointRecord;
  readonly network: NetworkRecord;
}

/**
 * All methods are synchronous unless they return a promise. Pairs are made in the background: making one takes the kernel one to three
 * milliseconds under a lock that it holds for all interfaces of the machine. Hence also one after the other: more threads would but wait.
 */
export class HostLinks {
  readonly #socket = NetlinkSocket.open(NETLINK_ROUTE);
  /** For what is done in the background, by whoever holds the mutex. */
  readonly #worker = NetlinkSocket.open(NETLINK_ROUTE);
  readonly #mutex = new KeyedMutex();
  /** Bridge name to interface index. A hint: a bridge that was deleted behind our back is made again. */
  readonly #bridges = new Map<string, number>();

  /** Makes the bridge of a network when it is missing and gives it its addresses. @returns its index */
  ensureBridge(network: NetworkRecord): number {
    const known = this.#bridges.get(network.bridge);
    if (known !== undefined) return known;
    const index = interfaceIndex(network.bridge) ?? this.#createBridge(network);
    const messages = network.pools.flatMap((pool) => {
      const subnet = parseSubnet(pool.subnet)?.subnet;
      return subnet && pool.gateway ? [route.addAddress(index, { bytes: bytesOf(pool.gateway), length: subnet.length })] : [];
    });
    this.#socket.transact([...messages, route.setLinkUp(index)], `addresses of ${network.bridge}`);
    // Connections from 127.0.0.1 to published ports leave through the bridge; the firewall keeps the way back shut.
    writeSysctl(`net/ipv4/conf/${network.bridge}/route_localnet`, '1');
    this.#bridges.set(network.bridge, index);
    return index;
  }

  #createBridge(network: NetworkRecord): number {
    const mtu = parseBridgeOptions(network.options).mtu;
    const mac = Buffer.from([0x02, 0x42, ...Buffer.from(network.id.slice(0, 8), 'hex')]);
    this.#socket.transact([route.createBridge(network.bridge, { mac, ...(mtu === undefined ? {} : { mtu }) })], `bridge ${network.bridge}`);
    if (network.enableIPv6) writeSysctl(`net/ipv6/conf/${network.bridge}/accept_ra`, '0');
    else writeSysctl(`net/ipv6/conf/${network.bridge}/disable_ipv6`, '1');
    return route.linkIndex(this.#socket, network.bridge);
  }

  /** Deletes a link; on another thread, because it waits for grace periods. A missing one is fine. */
  async removeLink(name: string): Promise<void> {
    this.#bridges.delete(name);
    if (interfaceIndex(name) === undefined) return;
    const socket = NetlinkSocket.open(NETLINK_ROUTE);
    try {
      await socket.transactInBackground([route.deleteLink(name)], `link ${name}`);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.code !== 'ENODEV') throw error;
    } finally {
      socket.close();
    }
  }

  exists(name: string): boolean {
    return interfaceIndex(name) !== undefined;
  }

  names(): string[] {
    return route.listLinks(this.#socket).map((link) => link.name);
  }

  /** Subnets that addresses and routes of the host cover, except those of the links named. */
  hostSubnets(except: ReadonlySet<string> = new Set()): Subnet[] {
    const own = new Set(route.listLinks(this.#socket).flatMap((link) => (except.has(link.name) ? [link.index] : [])));
    const addresses = route.listAddresses(this.#socket);
    const ours = new Set(addresses.filter((address) => own.has(address.index)).map((address) => key(subnetOf(addressFromBytes(address.bytes), address.length))));
    const all = [...addresses.filter((address) => !own.has(address.index)), ...route.listRoutes(this.#socket)];
    return all.map((prefix) => subnetOf(addressFromBytes(prefix.bytes), prefix.length)).filter((subnet) => subnet.length > 0 && !ours.has(key(subnet)));
  }

  /**
   * Makes pairs, each with one end in the namespace, and configures the inside. On failure the pairs are gone again.
   * @param routes  the default routes that the namespace has then
   */
  connect(inside: InsideLinks, links: readonly NewLink[], routes: readonly DefaultRoute[]): Promise<void> {
    return this.#mutex.run('pairs', async () => {
      for (const link of links) await this.#makePair(inside, link);
      try {
        await inside.configure(links.map(({ endpoint }) => endpoint), routes);
      } catch (error) {
        for (const { endpoint } of links) this.disconnect(endpoint);
        throw error;
      }
    });
  }

  async #makePair(inside: InsideLinks, link: NewLink): Promise<void> {
    const { endpoint, network } = link;
    try {
      await this.#tryPair(inside, link);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      // The bridge may have been deleted by hand since it was last seen.
      this.#bridges.delete(network.bridge);
      if (interfaceIndex(network.bridge) !== undefined && error.code !== 'EEXIST') throw failure(endpoint, error);
      this.disconnect(endpoint);
      await this.#tryPair(inside, link);
    }
  }

  async #tryPair(inside: InsideLinks, { endpoint, network }: NewLink): Promise<void> {
    const options = parseBridgeOptions(network.options);
    const bridge = this.ensureBridge(network);
    const mac = Buffer.from(endpoint.mac.replaceAll(':', ''), 'hex');
    const mtu = options.mtu === undefined ? {} : { mtu: options.mtu };
    const netnsFd = openSync(inside.path, 'r');
    try {
      await this.#worker.transactInBackground(
        [
          route.createVeth({ name: endpoint.hostLink, bridge, peer: { name: endpoint.link, mac, netnsFd }, ...mtu }),
          route.setBridgePort(endpoint.hostLink, { hairpin: true, isolated: !options.icc }),
        ],
        [`pair ${endpoint.hostLink}`, `port ${endpoint.hostLink}`],
      );
    } finally {
      closeSync(netnsFd);
    }
  }

  /** Removes an endpoint from a namespace that goes on. */
  disconnect(endpoint: EndpointRecord): void {
    if (interfaceIndex(endpoint.hostLink) === undefined) return;
    this.#socket.transact([route.deleteLink(endpoint.hostLink)], `pair ${endpoint.hostLink}`);
  }

  close(): void {
    this.#socket.close();
    this.#worker.close();
  }
}

function key(subnet: Subnet): string {
  return `${subnet.base}/${subnet.length}`;
}

function failure(endpoint: EndpointRecord, cause: NetlinkError): EngineError {
  return new EngineError('internal', `failed to create endpoint on network ${endpoint.networkName}: ${cause.message}`, { cause });
}
