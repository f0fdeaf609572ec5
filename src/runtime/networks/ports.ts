/** Published ports as values: what a container asks for, who holds what, what inspect shows. Pure. */
import { EngineError } from '../../base/index.ts';
import type { PortMap } from '../../engine-api/index.ts';
import { formatAddress, parseAddress } from './address.ts';
import type { FirewallPort } from './firewall.ts';
import { gatewayEndpoint } from './gateway.ts';
import type { EndpointRecord, PortProtocol, PortRecord, SandboxRecord } from './records.ts';

export interface PortOptions {
  readonly portBindings: PortMap;
  readonly exposedPorts: readonly string[];
  readonly publishAllPorts: boolean;
  /** Host address for bindings without one; undefined: all. */
  readonly hostBinding: string | undefined;
  readonly hostHasIPv6: boolean;
  /** Ports for bindings that leave the choice to us. */
  readonly ephemeral: { readonly from: number; readonly to: number };
}

/** @throws EngineError invalid for a port, range or address that is none */
export function planPorts(endpoints: readonly EndpointRecord[], options: PortOptions): PortRecord[] {
  const target4 = gatewayEndpoint(endpoints, 4)?.v4?.address;
  const target6 = gatewayEndpoint(endpoints, 6)?.v6?.address;
  if (target4 === undefined && target6 === undefined) return []; // only internal networks, or none: nothing can be published
  const targets = { ...(target4 === undefined ? {} : { target4 }), ...(target6 === undefined ? {} : { target6 }) };
  const bindings: PortMap = { ...options.portBindings };
  for (const exposed of options.publishAllPorts ? options.exposedPorts : []) {
    if (!bindings[exposed]?.length) bindings[exposed] = [{ HostIp: '', HostPort: '' }];
  }
  return Object.entries(bindings).flatMap(([key, list]) => {
    const { port: containerPort, protocol } = parsePortKey(key);
    return (list ?? []).map((binding) => ({
      protocol,
      containerPort,
      hostAddresses: hostAddresses(binding.HostIp ?? '', options),
      ...hostRange(binding.HostPort ?? '', options),
      ...targets,
    }));
  });
}

/** Parses `80/tcp`; `80` is tcp. @throws EngineError invalid */
export function parsePortKey(key: string): { port: number; protocol: PortProtocol } {
  const match = /^(\d{1,5})(?:\/([a-z]+))?$/i.exec(key);
  const port = Number(match?.[1]);
  const protocol = (match?.[2] ?? 'tcp').toLowerCase();
  if (!match || port < 1 || port > 65535) throw new EngineError('invalid', `invalid port specification: "${key}"`);
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') throw new EngineError('invalid', `invalid port specification: "${key}": unknown protocol ${protocol}`);
  return { port, protocol };
}

function hostAddresses(asked: string, options: PortOptions): string[] {
  const text = asked.replace(/^\[(.*)\]$/, '$1') || (options.hostBinding ?? '');
  if (text === '') return options.hostHasIPv6 ? ['0.0.0.0', '::'] : ['0.0.0.0'];
  const address = parseAddress(text);
  if (!address) throw new EngineError('invalid', `invalid host address in a port binding: ${asked}`);
  return [formatAddress(address)];
}

function hostRange(text: string, options: PortOptions): { from: number; to: number } {
  if (text === '' || text === '0') return options.ephemeral;
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (!match || from < 1 || to > 65535 || to < from) throw new EngineError('invalid', `invalid port specification: "${text}"`);
  return { from, to };
}

/** Whether two host addresses mean a common address. `0.0.0.0` and `::` are apart: our sockets for `::` are IPv6 only. */
function meet(a: string, b: string): boolean {
  if (a.includes(':') !== b.includes(':')) return false;
  return a === b || a === '0.0.0.0' || b === '0.0.0.0' || a === '::' || b === '::';
}

/** A fixed port that another container of ours, or the same one, has already. */
export function findClash(wanted: readonly PortRecord[], others: readonly SandboxRecord[]): { address: string; port: number; holder: string | undefined } | undefined {
  const held: { record: PortRecord; port: number; holder: string | undefined }[] = others.flatMap((other) =>
    other.ports.flatMap((record) => (record.hostPort === undefined ? [] : [{ record, port: record.hostPort, holder: other.name }])),
  );
  for (const want of wanted) {
    if (want.from !== want.to) continue;
    for (const { record, port, holder } of held) {
      if (record.protocol !== want.protocol || port !== want.from) continue;
      const address = want.hostAddresses.find((mine) => record.hostAddresses.some((theirs) => meet(mine, theirs)));
      if (address !== undefined) return { address, port, holder };
    }
    held.push({ record: want, port: want.from, holder: undefined });
  }
  return undefined;
}

/** What the kernel translates: every host address with the container's address of the same family. */
export function firewallPorts(sandboxes: Iterable<SandboxRecord>): FirewallPort[] {
  const ports: FirewallPort[] = [];
  for (const sandbox of sandboxes) {
    for (const record of sandbox.ports) {
      if (record.hostPort === undefined) continue;
      for (const hostAddress of record.hostAddresses) {
        const address = hostAddress.includes(':') ? record.target6 : record.target4;
        if (address === undefined) continue; // the resolver process carries it over to the other family
        ports.push({ protocol: record.protocol, hostAddress, hostPort: record.hostPort, address, port: record.containerPort });
      }
    }
  }
  return ports;
}

/** `NetworkSettings.Ports`: published ports with their bindings, exposed ones with null. */
export function wirePorts(ports: readonly PortRecord[], exposedPorts: readonly string[]): PortMap {
  const map: PortMap = Object.fromEntries(exposedPorts.map((key) => [key.includes('/') ? key : `${key}/tcp`, null]));
  for (const record of ports) {
    if (record.hostPort === undefined) continue;
    const key = `${record.containerPort}/${record.protocol}`;
    const list = map[key] ?? [];
    for (const HostIp of record.hostAddresses) list.push({ HostIp, HostPort: String(record.hostPort) });
    map[key] = list;
  }
  return map;
}
