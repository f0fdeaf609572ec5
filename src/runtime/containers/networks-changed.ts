import { writeFileSync } from 'node:fs';
import { shortId } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import type { RunningContainers } from '../parts.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { hostFile, sandboxRequest } from './prepare.ts';
import { hasProcess } from './record.ts';

/** What the networks room tells us after `connect` and `disconnect`: records and the hosts file follow. */
export function runningContainers(room: () => Containers): RunningContainers {
  return {
    networksChanged: (id) => networksChanged(room(), id),
    endpointConfigured: (id, network, settings) => endpointConfigured(room(), id, network, settings),
  };
}

async function networksChanged(room: Containers, id: string): Promise<void> {
  const container = room.registry.get(id);
  const endpoints = room.networks.endpointsOf(id);
  if (!container || !endpoints) return;
  await room.locks.run(id, async () => {
    if (room.registry.get(id) !== container) return; // removed meanwhile
    const wanted = Object.fromEntries(
      Object.entries(endpoints).map(([name, endpoint]) => [name, requestedPart(endpoint, configuredFor(container, name, endpoint))]),
    );
    await saveEndpoints(room, container, wanted);
    if (!hasProcess(container.state)) return;
    container.state = { ...container.state, endpoints };
    room.store.saveState(id, container.state);
    await rewriteHosts(room, container);
  });
}

function configuredFor(container: Container, name: string, endpoint: EndpointSettings): EndpointSettings | undefined {
  const { endpoints } = container.record;
  return endpoints[name] ?? (endpoint.NetworkID ? endpoints[endpoint.NetworkID] : undefined);
}

/** The settings that were asked for, without what was given: the next start shall choose again what nobody fixed. */
function requestedPart(endpoint: EndpointSettings, before: EndpointSettings | undefined): EndpointSettings {
  if (before) return before;
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority } = endpoint;
  return {
    IPAMConfig: IPAMConfig ?? null,
    Links: Links ?? null,
    Aliases: Aliases ?? null,
    DriverOpts: DriverOpts ?? null,
    ...(GwPriority !== undefined && { GwPriority }),
  };
}

async function saveEndpoints(room: Containers, container: Container, endpoints: Record<string, EndpointSettings>): Promise<void> {
  const record = { ...container.record, endpoints };
  await room.store.saveRecord(record);
  container.record = record;
}

/** In place: the file is bound into the container, and another one under the same name would not be seen there. */
async function rewriteHosts(room: Containers, container: Container): Promise<void> {
  const { hostConfig: host, config } = container.record;
  const dns = { dns: host.Dns ?? [], dnsOptions: host.DnsOptions ?? [], dnsSearch: host.DnsSearch ?? [] };
  const sandbox = await room.networks.attach(sandboxRequest(container, config.Hostname || shortId(container.id), dns));
  writeFileSync(hostFile(room, container.id, 'hosts'), sandbox.hosts);
  writeFileSync(hostFile(room, container.id, 'resolv.conf'), sandbox.resolvConf);
}

async function endpointConfigured(
  room: Containers,
  id: string,
  network: { id: string; name: string },
  settings: EndpointSettings | undefined,
): Promise<void> {
  const container = room.registry.get(id);
  if (!container) return;
  await room.locks.run(id, async () => {
    if (room.registry.get(id) !== container) return; // removed meanwhile
    const { [network.id]: _, [network.name]: __, ...rest } = container.record.endpoints;
    await saveEndpoints(room, container, settings === undefined ? rest : { ...rest, [network.name]: settings });
  });
}
