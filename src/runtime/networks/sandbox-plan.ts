/** What a sandbox will be, before anything is made: endpoints, ports, names. Reads the room's memory, changes nothing. */
import { EngineError, newId } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import type { SandboxRequest } from '../parts.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { planEndpoint } from './endpoint-plan.ts';
import { gatewayEndpoint } from './gateway.ts';
import { ephemeralRange, hostHasIPv6 } from './host-settings.ts';
import { portFailure } from './port-failure.ts';
import { findClash, planPorts } from './ports.ts';
import type { EndpointRecord, NetworkRecord, PortRecord, SandboxRecord } from './records.ts';
import type { SandboxParts } from './sandboxes.ts';

type PlanParts = Pick<SandboxParts, 'state' | 'names' | 'etc' | 'layout'>;

/**
 * The record of a container that is to be attached, and its networks in the order of its endpoints. The addresses in it are free,
 * and stay so until the next `await`.
 * @throws EngineError
 */
export function planSandbox(p: PlanParts, request: SandboxRequest): { record: SandboxRecord; networks: NetworkRecord[] } {
  const networks: NetworkRecord[] = [];
  const endpoints: EndpointRecord[] = [];
  for (const [reference, settings] of request.mode === 'none' ? [] : Object.entries(request.endpoints)) {
    const network = p.state.resolve(reference);
    if (network.driver !== 'bridge') throw new EngineError('invalid', `conflicting options: network ${network.name} cannot be combined with other networks`);
    networks.push(network);
    endpoints.push(planSandboxEndpoint(p, network, settings, request, endpoints));
  }
  const record = withNames(p, {
    version: 1,
    containerId: request.containerId,
    name: request.name,
    netns: p.layout.netns(request.containerId),
    request,
    endpoints,
    ports: planSandboxPorts(p, request, endpoints),
    dns: false,
    upstream: request.dns,
    links: {},
  });
  return { record, networks };
}

/** One more endpoint for a container that has those `before`. @throws EngineError forbidden when it is on the network already */
export function planSandboxEndpoint(p: PlanParts, network: NetworkRecord, settings: EndpointSettings, request: SandboxRequest, before: readonly EndpointRecord[]): EndpointRecord {
  if (before.some((endpoint) => endpoint.networkId === network.id)) {
    throw new EngineError('forbidden', `endpoint with name ${request.name} already exists in network ${network.name}`);
  }
  const { containerId, name, hostname } = request;
  const plan = { containerId, name, hostname, settings, endpointId: newId(), links: before.map((endpoint) => endpoint.link) };
  return planEndpoint(network, plan, p.names, p.state.taken(network.id));
}

function planSandboxPorts(p: PlanParts, request: SandboxRequest, endpoints: readonly EndpointRecord[]): PortRecord[] {
  if (!request.publishAllPorts && Object.keys(request.portBindings).length === 0) return [];
  const gateway = gatewayEndpoint(endpoints, 4);
  const network = gateway && p.state.network(gateway.networkId);
  const ports = planPorts(endpoints, {
    portBindings: request.portBindings,
    exposedPorts: request.exposedPorts,
    publishAllPorts: request.publishAllPorts,
    hostBinding: network && parseBridgeOptions(network.options).hostBinding,
    hostHasIPv6: hostHasIPv6(),
    ephemeral: ephemeralRange(),
  });
  const clash = ports.length > 0 ? findClash(ports, p.state.sandboxes()) : undefined;
  if (clash) throw portFailure(request.name, gateway?.endpointId, clash);
  return ports;
}

/**
 * Fills in what the resolver needs. Names are answered on user networks, and on the default one when the host's own servers are
 * out of a container's reach.
 */
export function withNames(p: PlanParts, record: SandboxRecord): SandboxRecord {
  const hasNames = record.endpoints.some((endpoint) => endpoint.dnsNames.length > 0);
  const dns = record.endpoints.length > 0 && (hasNames || p.etc.needsEmbedded(record.request.dns));
  const links: Record<string, string[]> = {};
  for (const text of [...record.endpoints.flatMap((endpoint) => endpoint.settings.Links ?? []), ...record.request.links]) {
    const [target = '', alias = target] = text.replace(/^\//, '').split(':');
    const key = (alias.split('/').pop() ?? alias).toLowerCase();
    links[key] = [...(links[key] ?? []), target];
  }
  return { ...record, dns, links };
}

/** The record with its ports led to the endpoints that have the gateways now. */
export function withPortTargets(record: SandboxRecord): SandboxRecord {
  const target4 = gatewayEndpoint(record.endpoints, 4)?.v4?.address;
  const target6 = gatewayEndpoint(record.endpoints, 6)?.v6?.address;
  const ports = record.ports.map(({ target4: _4, target6: _6, ...port }) => ({
    ...port,
    ...(target4 === undefined ? {} : { target4 }),
    ...(target6 === undefined ? {} : { target6 }),
  }));
  return { ...record, ports };
}
