/** The names that containers have for each other, indexed for lookup. Pure: records come in, answers go out. */
import { addressBytes, parseAddress } from '../address.ts';
import type { EndpointRecord, SandboxRecord } from '../records.ts';

/** One endpoint's addresses under one name. */
interface Host {
  readonly containerId: string;
  readonly v4: Uint8Array | undefined;
  readonly v6: Uint8Array | undefined;
}

interface Zone {
  readonly name: string;
  /** Lower-case name to the endpoints that bear it. */
  readonly hosts: Map<string, Host[]>;
  /** Address in hexadecimal digits to the name that PTR gives. */
  readonly reverse: Map<string, string>;
}

export interface Found {
  readonly v4: readonly Uint8Array[];
  readonly v6: readonly Uint8Array[];
}

/** A zone per network. A container sees the zones of the networks that it is connected to. */
export class Zones {
  readonly #zones = new Map<string, Zone>();
  readonly #records = new Map<string, SandboxRecord>();

  /** Adds a sandbox or replaces what it had. */
  set(record: SandboxRecord): void {
    this.delete(record.containerId);
    this.#records.set(record.containerId, record);
    for (const endpoint of record.endpoints) this.#add(record, endpoint);
  }

  delete(containerId: string): void {
    const record = this.#records.get(containerId);
    if (!record) return;
    this.#records.delete(containerId);
    for (const endpoint of record.endpoints) this.#remove(record, endpoint);
  }

  #add(record: SandboxRecord, endpoint: EndpointRecord): void {
    if (endpoint.dnsNames.length === 0) return;
    let zone = this.#zones.get(endpoint.networkId);
    if (!zone) this.#zones.set(endpoint.networkId, (zone = { name: endpoint.networkName, hosts: new Map(), reverse: new Map() }));
    const host: Host = { containerId: record.containerId, v4: bytes(endpoint.v4?.address), v6: bytes(endpoint.v6?.address) };
    for (const name of endpoint.dnsNames) {
      const key = name.toLowerCase();
      zone.hosts.set(key, [...(zone.hosts.get(key) ?? []), host]);
    }
    for (const address of [host.v4, host.v6]) {
      if (address) zone.reverse.set(Buffer.from(address).toString('hex'), `${endpoint.dnsNames[0]}.${zone.name}`);
    }
  }

  #remove(record: SandboxRecord, endpoint: EndpointRecord): void {
    const zone = this.#zones.get(endpoint.networkId);
    if (!zone) return;
    for (const name of endpoint.dnsNames) {
      const key = name.toLowerCase();
      const left = (zone.hosts.get(key) ?? []).filter((host) => host.containerId !== record.containerId);
      if (left.length > 0) zone.hosts.set(key, left);
      else zone.hosts.delete(key);
    }
    for (const each of [endpoint.v4, endpoint.v6]) {
      const address = bytes(each?.address);
      if (address) zone.reverse.delete(Buffer.from(address).toString('hex'));
    }
    if (zone.hosts.size === 0) this.#zones.delete(endpoint.networkId);
  }

  /**
   * All addresses of a name for this asker: its private links first, then the first of its networks that knows the name,
   * also as `name.network`.
   * @param name  lower case, no final dot @returns undefined when nobody bears the name
   */
  lookup(asker: SandboxRecord, name: string): Found | undefined {
    const targets = Object.hasOwn(asker.links, name) ? asker.links[name] : undefined;
    for (const target of targets ?? []) {
      const found = this.#lookupPlain(asker, target.toLowerCase());
      if (found) return found;
    }
    const found = this.#lookupPlain(asker, name);
    if (found) return found;
    // Both names may contain dots: every split is tried, the longest network name last.
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const hosts = this.#zoneOf(asker, name.slice(dot + 1))?.hosts.get(name.slice(0, dot));
      if (hosts) return toFound(hosts);
    }
    return undefined;
  }

  #lookupPlain(asker: SandboxRecord, name: string): Found | undefined {
    for (const endpoint of asker.endpoints) {
      const hosts = this.#zones.get(endpoint.networkId)?.hosts.get(name);
      if (hosts) return toFound(hosts);
    }
    return undefined;
  }

  #zoneOf(asker: SandboxRecord, network: string): Zone | undefined {
    for (const endpoint of asker.endpoints) {
      const zone = this.#zones.get(endpoint.networkId);
      if (zone && zone.name.toLowerCase() === network) return zone;
    }
    return undefined;
  }

  /** @param digits  an address in hexadecimal @returns `web-1.demo_default` */
  reverse(asker: SandboxRecord, digits: string): string | undefined {
    for (const endpoint of asker.endpoints) {
      const name = this.#zones.get(endpoint.networkId)?.reverse.get(digits);
      if (name !== undefined) return name;
    }
    return undefined;
  }
}

function toFound(hosts: readonly Host[]): Found {
  return { v4: hosts.flatMap((host) => host.v4 ?? []), v6: hosts.flatMap((host) => host.v6 ?? []) };
}

function bytes(address: string | undefined): Uint8Array | undefined {
  const parsed = address === undefined ? undefined : parseAddress(address);
  return parsed && addressBytes(parsed);
}
