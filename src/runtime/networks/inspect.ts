/** Wire forms of networks, and the filters of list and prune. Pure. */
import { EngineError, parseDurationNs } from '../../base/index.ts';
import type { Filters, NetworkContainer, NetworkInspect } from '../../engine-api/index.ts';
import type { EndpointRecord, NetworkRecord, SandboxRecord } from './records.ts';

/** @param users  endpoints on the network; list shows none, as dockerd does */
export function inspectNetwork(network: NetworkRecord, users: readonly { sandbox: SandboxRecord; endpoint: EndpointRecord }[]): NetworkInspect {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: network.driver === 'bridge' ? network.pools.some((pool) => !pool.subnet.includes(':')) : true,
    EnableIPv6: network.enableIPv6,
    IPAM: {
      Driver: network.ipamDriver,
      Options: network.ipamOptions,
      Config:
        network.driver === 'bridge'
          ? network.pools.map((pool) => ({
              Subnet: pool.subnet,
              ...(pool.range === undefined ? {} : { IPRange: pool.range }),
              ...(pool.gateway === undefined ? {} : { Gateway: pool.gateway }),
              ...(pool.auxiliary === undefined ? {} : { AuxiliaryAddresses: { ...pool.auxiliary } }),
            }))
          : null,
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(users.map(({ sandbox, endpoint }) => [sandbox.containerId, wireContainer(sandbox, endpoint)])),
    Options: { ...network.options },
    Labels: { ...network.labels },
  };
}

function wireContainer(sandbox: SandboxRecord, endpoint: EndpointRecord): NetworkContainer {
  return {
    Name: sandbox.name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.mac,
    IPv4Address: endpoint.v4 ? `${endpoint.v4.address}/${endpoint.v4.prefixLength}` : '',
    IPv6Address: endpoint.v6 ? `${endpoint.v6.address}/${endpoint.v6.prefixLength}` : '',
  };
}

type Test = (network: NetworkRecord, value: string, isUsed: boolean) => boolean;

const LIST_FILTERS: Readonly<Record<string, Test>> = {
  id: (network, value) => network.id.includes(value),
  name: (network, value) => network.name.includes(value),
  driver: (network, value) => network.driver === value,
  scope: (_network, value) => value === 'local',
  label: (network, value) => hasLabel(network, value),
  type: (network, value) => (value === 'builtin') === network.isBuiltIn,
  dangling: (network, value, isUsed) => (parseBoolean('dangling', value) ? !network.isBuiltIn && !isUsed : network.isBuiltIn || isUsed),
};

/** Networks that pass: any value of a key, every key; labels must all match. @throws EngineError invalid for an unknown filter */
export function filterNetworks(networks: readonly NetworkRecord[], filters: Filters, isUsed: (network: NetworkRecord) => boolean): NetworkRecord[] {
  for (const [key, values] of Object.entries(filters)) {
    if (!Object.hasOwn(LIST_FILTERS, key)) throw new EngineError('invalid', `invalid filter '${key}'`);
    for (const value of key === 'type' ? values : []) {
      if (value !== 'custom' && value !== 'builtin') throw new EngineError('invalid', `invalid filter: 'type'='${value}'`);
    }
  }
  return networks.filter((network) =>
    Object.entries(filters).every(([key, values]) => {
      const passes = (value: string) => LIST_FILTERS[key]?.(network, value, isUsed(network)) ?? false;
      if (values.length === 0) return true;
      return key === 'label' ? values.every(passes) : values.some(passes);
    }),
  );
}

const PRUNE_FILTERS = ['label', 'label!', 'until'];

/** User networks without containers that the filters allow to prune. @throws EngineError invalid */
export function prunableNetworks(networks: readonly NetworkRecord[], filters: Filters, isUsed: (network: NetworkRecord) => boolean, now: Date): NetworkRecord[] {
  for (const key of Object.keys(filters)) {
    if (!PRUNE_FILTERS.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
  const until = filters['until']?.[0] === undefined ? undefined : parseUntil(filters['until'][0], now);
  return networks.filter(
    (network) =>
      !network.isBuiltIn &&
      !isUsed(network) &&
      (until === undefined || Date.parse(network.createdAt) < until) &&
      (filters['label'] ?? []).every((value) => hasLabel(network, value)) &&
      !(filters['label!'] ?? []).some((value) => hasLabel(network, value)),
  );
}

function hasLabel(network: NetworkRecord, text: string): boolean {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at);
  return Object.hasOwn(network.labels, key) && (at < 0 || network.labels[key] === text.slice(at + 1));
}

function parseBoolean(key: string, text: string): boolean {
  if (['1', 'true', 't', 'T', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'false', 'f', 'F', 'FALSE', 'False'].includes(text)) return false;
  throw new EngineError('invalid', `invalid filter '${key}=[${text}]'`);
}

/** A duration before now, unix seconds, or a date; milliseconds since the epoch. */
function parseUntil(text: string, now: Date): number {
  const duration = parseDurationNs(text);
  if (duration !== undefined) return now.getTime() - duration / 1e6;
  const at = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at)) throw new EngineError('invalid', `invalid filter 'until=${text}'`);
  return at;
}
