/** `POST /networks/create` as a value: checks a request and makes the record. Reads nothing, changes nothing. */
import { EngineError } from '../../base/index.ts';
import type { IpamConfig, NetworkCreateRequest } from '../../engine-api/index.ts';
import { contains, formatAddress, formatSubnet, overlaps, parseAddress, parseSubnet } from './address.ts';
import type { Address, Subnet } from './address.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { chooseGateway, choosePool, defaultIpv4Pools, defaultIpv6Pools } from './ipam.ts';
import { bridgeName, isNetworkName } from './names.ts';
import type { RootNames } from './names.ts';
import type { NetworkRecord, PoolRecord } from './records.ts';

export interface CreateContext {
  readonly id: string;
  readonly now: Date;
  readonly names: RootNames;
  readonly networks: readonly NetworkRecord[];
  /** Subnets that the host's addresses and routes cover: automatic pools stay away from them. */
  readonly hostSubnets: () => readonly Subnet[];
  /** For the unique local IPv6 prefix. */
  readonly seed: string;
}

const PREDEFINED = ['bridge', 'host', 'none', 'default'];

/** @throws EngineError with the kinds and messages of dockerd */
export function planNetwork(body: NetworkCreateRequest, context: CreateContext): NetworkRecord {
  const name = body.Name ?? '';
  if (!isNetworkName(name)) throw new EngineError('invalid', `invalid name: ${name.trim()}`);
  if (PREDEFINED.includes(name)) throw new EngineError('forbidden', `operation is not permitted on predefined ${name} network`);
  if (context.networks.some((network) => network.name === name)) throw new EngineError('conflict', `network with name ${name} already exists`);
  checkDrivers(body);
  const options = body.Options ?? {};
  const bridge = parseBridgeOptions(options).name ?? bridgeName(context.names, context.id);
  const rival = context.networks.find((network) => network.bridge === bridge);
  if (rival) throw new EngineError('forbidden', `cannot create network ${context.id} (${bridge}): conflicts with network ${rival.id} (${rival.bridge}): networks have same bridge name`);
  return {
    version: 1,
    id: context.id,
    name,
    createdAt: context.now.toISOString(),
    driver: 'bridge',
    bridge,
    pools: planPools(body, context),
    internal: body.Internal ?? false,
    enableIPv6: body.EnableIPv6 ?? false,
    attachable: body.Attachable ?? false,
    options,
    ipamDriver: body.IPAM?.Driver || 'default',
    ipamOptions: body.IPAM?.Options ?? {},
    labels: body.Labels ?? {},
    isBuiltIn: false,
  };
}

function checkDrivers(body: NetworkCreateRequest): void {
  const driver = body.Driver || 'bridge';
  if (driver === 'host' || driver === 'null') throw new EngineError('forbidden', `only one instance of "${driver}" network is allowed`);
  if (driver === 'none') throw new EngineError('forbidden', 'only one instance of "null" network is allowed');
  if (driver === 'overlay' || body.Scope === 'swarm' || body.Ingress) {
    throw new EngineError('forbidden', 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.');
  }
  if (driver === 'macvlan' || driver === 'ipvlan') throw new EngineError('notImplemented', `network driver "${driver}" is not supported: only bridge is`);
  if (driver !== 'bridge') throw new EngineError('notFound', `plugin "${driver}" not found`);
  const ipam = body.IPAM?.Driver;
  if (ipam && ipam !== 'default') throw new EngineError('notFound', `plugin "${ipam}" not found`);
}

function planPools(body: NetworkCreateRequest, context: CreateContext): PoolRecord[] {
  // An empty entry means "choose for me", as compose sends it.
  const configured = (body.IPAM?.Config ?? []).filter((config) => config.Subnet || config.IPRange || config.Gateway || Object.keys(config.AuxiliaryAddresses ?? {}).length > 0);
  const pools = configured.map((config) => planConfigured(config));
  const enableIPv6 = body.EnableIPv6 ?? false;
  const enableIPv4 = body.EnableIPv4 ?? true;
  for (const family of [4, 6] as const) {
    if (pools.filter((pool) => pool.subnet.family === family).length > 1) {
      throw new EngineError('invalid', "bridge driver doesn't support multiple subnets");
    }
  }
  const own = context.networks.flatMap((network) => network.pools.map((pool) => ({ network, subnet: subnetOfRecord(pool) })));
  for (const pool of pools) {
    const clash = own.find((other) => overlaps(other.subnet, pool.subnet));
    if (clash) {
      throw new EngineError('forbidden', `Pool overlaps with other one on this address space: network ${clash.network.name} has ${formatSubnet(clash.subnet)}`);
    }
  }
  const kept = pools.filter((pool) => (pool.subnet.family === 6 ? enableIPv6 : enableIPv4));
  const missing = [
    ...(enableIPv4 && !kept.some((pool) => pool.subnet.family === 4) ? [defaultIpv4Pools()] : []),
    ...(enableIPv6 && !kept.some((pool) => pool.subnet.family === 6) ? [defaultIpv6Pools(context.seed)] : []),
  ];
  const records = kept.map((pool) => pool.record);
  const used = missing.length === 0 ? [] : [...context.hostSubnets(), ...own.map((other) => other.subnet), ...kept.map((pool) => pool.subnet)];
  for (const candidates of missing) records.push(planAutomatic(candidates, used));
  return records;
}

function planAutomatic(candidates: Iterable<Subnet>, used: readonly Subnet[]): PoolRecord {
  const subnet = choosePool(candidates, used);
  if (!subnet) throw new EngineError('forbidden', 'all predefined address pools have been fully subnetted');
  const gateway = chooseGateway(subnet, undefined, []);
  return { subnet: formatSubnet(subnet), isConfigured: false, ...(gateway ? { gateway: formatAddress(gateway) } : {}) };
}

function planConfigured(config: IpamConfig): { subnet: Subnet; record: PoolRecord } {
  const subnet = checkedSubnet('subnet', config.Subnet ?? '');
  const range = config.IPRange ? checkedSubnet('ip-range', config.IPRange) : undefined;
  if (range && (range.family !== subnet.family || range.length < subnet.length || !overlaps(range, subnet))) {
    refuse(`invalid ip-range ${config.IPRange}: parent subnet is an invalid or smaller subnet ${config.Subnet}`);
  }
  const inside = (what: string, text: string): Address => {
    const address = parseAddress(text) ?? refuse(`invalid ${what} address: ${text}`);
    if (!contains(subnet, address)) refuse(`invalid ${what} ${text}: parent subnet is ${config.Subnet}`);
    return address;
  };
  const auxiliary = Object.fromEntries(Object.entries(config.AuxiliaryAddresses ?? {}).map(([name, text]) => [name, formatAddress(inside('auxiliary', text))]));
  const reserved = Object.values(auxiliary).map((text) => inside('auxiliary', text));
  const gateway = config.Gateway ? inside('gateway', config.Gateway) : chooseGateway(subnet, range, reserved);
  if (!gateway) refuse(`no address is left for a gateway in ${config.IPRange ?? config.Subnet}`);
  return {
    subnet,
    record: {
      subnet: formatSubnet(subnet),
      isConfigured: true,
      gateway: formatAddress(gateway),
      ...(range ? { range: formatSubnet(range) } : {}),
      ...(Object.keys(auxiliary).length > 0 ? { auxiliary } : {}),
    },
  };
}

function checkedSubnet(what: string, text: string): Subnet {
  const parsed = parseSubnet(text);
  if (!parsed) refuse(`invalid ${what} ${text}: invalid CIDR block notation`);
  if (!parsed.exact) refuse(`invalid ${what} ${text}: it should be ${formatSubnet(parsed.subnet)}`);
  return parsed.subnet;
}

function refuse(problem: string): never {
  throw new EngineError('invalid', `invalid network config:\n${problem}`);
}

/** The subnet of a record, which was checked when it was made. */
export function subnetOfRecord(pool: PoolRecord): Subnet {
  const parsed = parseSubnet(pool.subnet);
  if (!parsed) throw new Error(`corrupt subnet in a network record: ${pool.subnet}`);
  return parsed.subnet;
}

/** The three networks that always exist. */
export function builtInNetwork(name: 'bridge' | 'host' | 'none', context: CreateContext): NetworkRecord {
  const base = {
    version: 1 as const,
    id: context.id,
    name,
    createdAt: context.now.toISOString(),
    internal: false,
    enableIPv6: false,
    attachable: false,
    ipamDriver: 'default',
    ipamOptions: null,
    labels: {},
    isBuiltIn: true,
  };
  if (name !== 'bridge') return { ...base, driver: name === 'host' ? 'host' : 'null', bridge: '', pools: [], options: {} };
  const bridge = bridgeName(context.names, 'default');
  const used = [...context.hostSubnets(), ...context.networks.flatMap((network) => network.pools.map(subnetOfRecord))];
  return {
    ...base,
    driver: 'bridge',
    bridge,
    pools: [planAutomatic(defaultIpv4Pools(), used)],
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.bridge.enable_ip_masquerade': 'true',
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': bridge,
      'com.docker.network.driver.mtu': '1500',
    },
  };
}
