/** Networks, aliases, links and addresses of a service as the engine takes them. */
import type { Project, Service, ServiceNetwork } from '../compose/index.ts';
import { isAtLeast, type EndpointSettings } from '../engine-api/index.ts';
import { UserError } from '../base/index.ts';

/** A container that a link can point to. */
export interface LinkTarget {
  readonly service: string;
  readonly name: string;
}

export interface NetworkInput {
  readonly project: Project;
  readonly service: Service;
  /** Of the container. */
  readonly name: string;
  readonly number: number;
  readonly apiVersion: string;
  readonly links: readonly LinkTarget[];
  /** False for `run` without `--use-aliases`: the container answers to its own name only. */
  readonly useAliases: boolean;
}

export interface NetworkOutput {
  readonly mode: string;
  readonly links: string[];
  readonly endpoints: Record<string, EndpointSettings> | undefined;
  /** What must be connected one by one after the create request. */
  readonly connect: { readonly network: string; readonly endpoint: EndpointSettings }[];
  /** For engines that know one MAC address per container only. */
  readonly macAddress: string | undefined;
}

/** @throws UserError `mac.conflict`, `mac.unsupported` */
export function networkRequests(input: NetworkInput): NetworkOutput {
  const { service } = input;
  const links = linksOf(input);
  if (service.network_mode !== undefined) return { mode: service.network_mode, links, endpoints: undefined, connect: [], macAddress: service.mac_address };
  const keys = networksByPriority(service);
  const first = keys[0];
  if (first === undefined) return { mode: 'none', links, endpoints: undefined, connect: [], macAddress: undefined };
  const many = isAtLeast(input.apiVersion, '1.44');
  const macAddress = macAddressOf(service, first, many, input.apiVersion);
  const endpoints = keys.map((key, index) => ({
    network: input.project.networks[key]?.name ?? key,
    endpoint: endpoint(input, key, links, index === 0 && many ? macAddress : undefined, many),
  }));
  const inRequest = many ? endpoints : endpoints.slice(0, 1);
  return {
    mode: endpoints[0]?.network ?? 'none',
    links,
    endpoints: Object.fromEntries(inRequest.map(({ network, endpoint: settings }) => [network, settings])),
    connect: many ? [] : endpoints.slice(1),
    macAddress: many ? undefined : macAddress,
  };
}

/** Highest priority first, then by name: the first one is the container's main network. */
export function networksByPriority(service: Service): string[] {
  const networks = service.networks ?? { default: null };
  return Object.keys(networks).sort((a, b) => {
    const byPriority = (networks[b]?.priority ?? 0) - (networks[a]?.priority ?? 0);
    return byPriority || (a < b ? -1 : 1);
  });
}

function endpoint(input: NetworkInput, key: string, links: readonly string[], mainMac: string | undefined, perEndpoint: boolean): EndpointSettings {
  const network: ServiceNetwork = input.service.networks?.[key] ?? {};
  const settings: EndpointSettings = {
    Aliases: [input.name, ...(input.useAliases ? [input.service.name, ...(network.aliases ?? [])] : [])],
  };
  if (links.length > 0) settings.Links = [...links];
  const ipam: NonNullable<EndpointSettings['IPAMConfig']> = {};
  if (network.ipv4_address !== undefined) ipam.IPv4Address = network.ipv4_address;
  if (network.ipv6_address !== undefined) ipam.IPv6Address = network.ipv6_address;
  if (network.link_local_ips) ipam.LinkLocalIPs = [...network.link_local_ips];
  if (Object.keys(ipam).length > 0) settings.IPAMConfig = ipam;
  const mac = network.mac_address ?? mainMac;
  if (perEndpoint && mac !== undefined) settings.MacAddress = mac;
  const options = { ...network.driver_opts, ...(network.interface_name !== undefined && { 'com.docker.network.endpoint.ifname': network.interface_name }) };
  if (Object.keys(options).length > 0) settings.DriverOpts = options;
  if (network.gw_priority) settings.GwPriority = network.gw_priority;
  return settings;
}

function macAddressOf(service: Service, main: string, perEndpoint: boolean, apiVersion: string): string | undefined {
  const own = service.networks?.[main]?.mac_address;
  if (service.mac_address !== undefined && own !== undefined && own !== service.mac_address) {
    throw new UserError(`services.${service.name}: the service-level mac_address should have the same value as network ${main}`, { code: 'mac.conflict' });
  }
  if (!perEndpoint) {
    const withMac = Object.entries(service.networks ?? {}).filter(([, network]) => network?.mac_address !== undefined);
    if (withMac.length > 1) {
      throw new UserError(`services.${service.name}: several networks with a mac_address need an engine with API 1.44 or later (this one speaks ${apiVersion})`, { code: 'mac.unsupported' });
    }
  }
  return service.mac_address ?? own;
}

/** `NAME:ALIAS` for every container of every linked service, under the alias and the names that docker compose adds. */
function linksOf(input: NetworkInput): string[] {
  const { project, service, number } = input;
  const links: string[] = [];
  for (const link of service.links ?? []) {
    const [to = '', alias = to] = link.split(':');
    for (const target of input.links) {
      if (target.service !== to) continue;
      links.push(`${target.name}:${alias}`, `${target.name}:${to}-${number}`, `${target.name}:${project.name}-${to}-${number}`);
    }
  }
  for (const link of service.external_links ?? []) {
    const [to = '', alias = to] = link.split(':');
    links.push(`${to}:${alias}`);
  }
  return links;
}
