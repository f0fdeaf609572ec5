/** Which addresses, names and interface an endpoint gets. Pure: the taken addresses come in, an endpoint record goes out. */
import { EngineError, shortId } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import { formatAddress, parseAddress, parseSubnet } from './address.ts';
import type { Address } from './address.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { chooseAddress, macFor, refusalOf } from './ipam.ts';
import type { Pool } from './ipam.ts';
import { isInterfaceName, linkName } from './names.ts';
import type { RootNames } from './names.ts';
import type { AddressRecord, EndpointRecord, NetworkRecord, PoolRecord } from './records.ts';

export interface EndpointRequest {
  readonly containerId: string;
  readonly name: string;
  readonly hostname: string;
  readonly settings: EndpointSettings;
  readonly endpointId: string;
  /** Interface names that the container has already. */
  readonly links: readonly string[];
}

/** @param taken  addresses that endpoints of this network hold @throws EngineError with dockerd's messages */
export function planEndpoint(network: NetworkRecord, request: EndpointRequest, names: RootNames, taken: ReadonlySet<bigint>): EndpointRecord {
  const { settings } = request;
  checkSettings(network, settings);
  const pools = network.pools.map(toPool);
  const v4 = planAddress(network, pools, 4, settings.IPAMConfig?.IPv4Address, taken);
  const v6 = planAddress(network, pools, 6, settings.IPAMConfig?.IPv6Address, taken);
  const isDefaultBridge = network.isBuiltIn;
  return {
    networkId: network.id,
    networkName: network.name,
    endpointId: request.endpointId,
    hostLink: linkName(names, request.endpointId),
    link: planLink(network, request),
    mac: planMac(settings.MacAddress, v4, request.endpointId),
    ...(v4 ? { v4 } : {}),
    ...(v6 ? { v6 } : {}),
    internal: network.internal,
    dnsNames: isDefaultBridge ? [] : dnsNames(request),
    settings,
  };
}

/** The names under which the resolver knows a container, as dockerd lists them. */
export function dnsNames(request: Pick<EndpointRequest, 'name' | 'settings' | 'containerId' | 'hostname'>): string[] {
  const all = [request.name, ...(request.settings.Aliases ?? []), shortId(request.containerId), request.hostname];
  return [...new Set(all.filter((name) => name !== ''))];
}

function checkSettings(network: NetworkRecord, settings: EndpointSettings): void {
  const problems: string[] = [];
  const { IPv4Address, IPv6Address, LinkLocalIPs } = settings.IPAMConfig ?? {};
  const asked = [IPv4Address, IPv6Address].filter((text): text is string => !!text);
  for (const text of [...asked, ...(LinkLocalIPs ?? [])]) {
    if (!parseAddress(text)) problems.push(`invalid IP address: ${text}`);
  }
  if (asked.length > 0 && network.isBuiltIn) problems.push('user specified IP address is supported on user defined networks only');
  if (network.isBuiltIn && (settings.Aliases ?? []).length > 0) {
    problems.push('network-scoped alias is supported only for containers in user defined networks');
  }
  for (const text of asked) {
    const address = parseAddress(text);
    const configured = network.pools.filter((pool) => pool.isConfigured && address && pool.subnet.includes(':') === (address.family === 6));
    if (configured.length === 0) problems.push('user specified IP address is supported only when connecting to networks with user configured subnets');
    else if (address && refusalOf(configured.map(toPool), address, new Set()) === 'outside') {
      problems.push(`no configured subnet or ip-range contain the IP address ${text}`);
    }
  }
  if (problems.length === 0) return;
  const list = problems.length === 1 ? (problems[0] ?? '') : problems.map((problem) => `* ${problem}`).join('\n');
  throw new EngineError('invalid', `invalid config for network ${network.name}: invalid endpoint settings:\n${list}`);
}

function planAddress(network: NetworkRecord, pools: readonly Pool[], family: 4 | 6, asked: string | undefined, taken: ReadonlySet<bigint>): AddressRecord | undefined {
  const at = pools.findIndex((pool) => pool.subnet.family === family);
  const pool = pools[at];
  if (!pool) return undefined;
  let address: Address | undefined;
  if (asked) {
    address = parseAddress(asked);
    if (!address || refusalOf([pool], address, taken)) throw new EngineError('forbidden', `Address already in use: ${asked} on network ${network.name}`);
  } else {
    address = chooseAddress(pool, taken);
    if (!address) {
      throw new EngineError('internal', `no available IPv${family} addresses on this network's address pools: ${network.name} (${network.id})`);
    }
  }
  return {
    address: formatAddress(address),
    prefixLength: pool.subnet.length,
    gateway: network.internal ? '' : (network.pools[at]?.gateway ?? ''),
  };
}

function planLink(network: NetworkRecord, request: EndpointRequest): string {
  const asked = request.settings.DriverOpts?.['com.docker.network.endpoint.ifname'];
  if (asked !== undefined) {
    if (!isInterfaceName(asked) || asked === 'lo') throw new EngineError('invalid', `invalid interface name: ${asked}`);
    if (request.links.includes(asked)) throw new EngineError('conflict', `interface name ${asked} is used by another network of the container`);
    return asked;
  }
  const prefix = parseBridgeOptions(network.options).linkPrefix;
  for (let number = 0; ; number++) {
    if (!request.links.includes(`${prefix}${number}`)) return `${prefix}${number}`;
  }
}

function planMac(asked: string | undefined, v4: AddressRecord | undefined, endpointId: string): string {
  if (asked) {
    if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(asked)) throw new EngineError('invalid', `invalid MAC address: ${asked}`);
    return asked.toLowerCase().replaceAll('-', ':');
  }
  return macFor(v4 && parseAddress(v4.address), endpointId);
}

/** The parsed form of a stored pool. */
export function toPool(record: PoolRecord): Pool {
  const subnet = parseSubnet(record.subnet)?.subnet;
  if (!subnet) throw new Error(`corrupt subnet in a network record: ${record.subnet}`);
  const reserved = [record.gateway, ...Object.values(record.auxiliary ?? {})].flatMap((text) => (text ? [parseAddress(text)] : []));
  return {
    subnet,
    range: record.range === undefined ? undefined : parseSubnet(record.range)?.subnet,
    reserved: reserved.filter((address) => address !== undefined),
  };
}

/** The wire form of an endpoint, for inspect. */
export function endpointSettings(endpoint: EndpointRecord): EndpointSettings {
  const { settings, v4, v6 } = endpoint;
  return {
    IPAMConfig: settings.IPAMConfig ?? null,
    Links: settings.Links ?? null,
    Aliases: settings.Aliases ?? null,
    MacAddress: endpoint.mac,
    DriverOpts: settings.DriverOpts ?? null,
    GwPriority: settings.GwPriority ?? 0,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: v4?.gateway ?? '',
    IPAddress: v4?.address ?? '',
    IPPrefixLen: v4?.prefixLength ?? 0,
    IPv6Gateway: v6?.gateway ?? '',
    GlobalIPv6Address: v6?.address ?? '',
    GlobalIPv6PrefixLen: v6?.prefixLength ?? 0,
    DNSNames: endpoint.dnsNames.length > 0 ? [...endpoint.dnsNames] : null,
  };
}
