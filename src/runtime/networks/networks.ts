import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, KeyedMutex, newId, shortId } from '../../base/index.ts';
import type { Layout } from '../layout.ts';
import type { NetworksRoom, RoomContext, RunningContainers, Sandbox, SandboxRequest } from '../parts.ts';
import { removeNetns } from '../host/netns.ts';
import { Nft } from '../host/nft.ts';
import { networksApi } from './api.ts';
import { builtInNetwork } from './create.ts';
import type { CreateContext } from './create.ts';
import { EtcFiles } from './etc-content.ts';
import { FirewallSync } from './firewall-sync.ts';
import { ForwardPolicy } from './forward-policy.ts';
import { HostLinks } from './host-links.ts';
import { HostNetwork } from './host-network.ts';
import { HostSettings } from './host-settings.ts';
import { LiveChanges } from './live-changes.ts';
import { rootNames } from './names.ts';
import type { RootNames } from './names.ts';
import { RecordStore } from './records.ts';
import { defaultResolverEntry } from './resolver-entry.ts';
import { ResolverClient } from './resolver/client.ts';
import { Sandboxes } from './sandboxes.ts';
import type { SandboxParts } from './sandboxes.ts';
import { SpareNamespaces } from './spare-namespaces.ts';
import { NetworkState } from './state.ts';

export interface NetworksOptions {
  readonly containers: RunningContainers;
  /** Path of the resolver's bundled program; by default next to this bundle, or bundled from the sources. */
  readonly resolverEntry?: string;
  /** The host's resolver configuration; for tests. */
  readonly hostResolvFile?: string;
}

/** Opens the room: reads the records, makes the built-in networks, starts the resolver. The kernel is untouched until `reconcile` or `attach`. */
export async function openNetworks(context: RoomContext, options: NetworksOptions): Promise<NetworksRoom> {
  const { layout, logger, events } = context;
  const names = rootNames(layout.root);
  const state = new NetworkState(new RecordStore(layout), logger);
  const links = new HostLinks();
  const nft = new Nft();
  const policy = new ForwardPolicy({ nft, bridges: () => bridgePatterns(state, names), table: names.table, logger });
  const host = new HostNetwork({ links, settings: new HostSettings(layout.dnsDir, logger), state, policy, logger });
  const firewall = new FirewallSync({ nft, table: names.table, desired: () => host.firewall(), logger });
  const resolver = new ResolverClient({
    dnsDir: layout.dnsDir,
    entry: () => options.resolverEntry ?? defaultResolverEntry(),
    hostResolvFile: options.hostResolvFile,
    logger,
    isNeeded: () => state.sandboxes().some((sandbox) => sandbox.dns || sandbox.ports.length > 0),
  });
  const etc = new EtcFiles(state, options.hostResolvFile);
  const spares = new SpareNamespaces(logger);
  const parts: SandboxParts = { layout, logger, events, names, state, links, host, firewall, resolver, etc, spares };
  const mutex = new KeyedMutex();
  const createContext = (id: string): CreateContext => planContext(parts, id);
  const sandboxes = new Sandboxes(parts, mutex, createContext);
  const changes = new LiveChanges(parts, mutex);
  for (const name of ['bridge', 'host', 'none'] as const) {
    if (!state.networks().some((network) => network.name === name)) state.putNetwork(builtInNetwork(name, createContext(newId())));
  }
  firewall.forget();
  resolver.warmUp();
  const api = networksApi({ ...parts, context, changes, containers: options.containers, createContext });

  return {
    api,
    attach: (request, onNamespace) => sandboxes.attach(request, onNamespace),
    detach: (containerId) => sandboxes.detach(containerId),
    rename: (containerId, name) => changes.rename(containerId, name),
    hostFiles: async (request) => etc.hostMode(request),
    require: (reference) => {
      const { id, name } = state.resolve(reference);
      return { id, name };
    },
    endpointsOf: (containerId) => {
      const record = state.sandbox(containerId);
      return record && sandboxes.endpointsOf(record);
    },
    reconcile: (running) => reconcile(parts, sandboxes, running),
    attachBuildStep: (id, extraHosts, network) => attachBuildStep(sandboxes, id, extraHosts, network),
    close: async () => {
      await host.finish(() => firewall.sync());
      await resolver.close();
      spares.close();
      links.close();
    },
  };
}

/** Our own names by their prefix, and those that users chose. */
function bridgePatterns(state: NetworkState, names: RootNames): string[] {
  const chosen = state.networks().map((network) => network.bridge).filter((bridge) => bridge !== '' && !bridge.startsWith(names.bridgePrefix));
  return [`${names.bridgePrefix}*`, ...chosen];
}

function planContext(parts: SandboxParts, id: string): CreateContext {
  const networks = parts.state.networks();
  const bridges = new Set(networks.map((network) => network.bridge).filter((bridge) => bridge !== ''));
  return { id, now: new Date(), names: parts.names, networks, hostSubnets: () => parts.links.hostSubnets(bridges), seed: parts.layout.root };
}

/** Makes kernel, resolver and records agree after a start: what belongs to no running container goes. */
async function reconcile(parts: SandboxParts, sandboxes: Sandboxes, running: ReadonlySet<string>): Promise<void> {
  const { state, host, layout, names, resolver, firewall, logger } = parts;
  for (const record of state.sandboxes()) {
    if (running.has(record.containerId) && existsSync(record.netns)) continue;
    if (running.has(record.containerId)) logger.warn('a running container has lost its namespace', { container: record.name });
    await sandboxes.detach(record.containerId).catch((error: unknown) => logger.warn('cannot detach', { container: record.name, error }));
  }
  sweepNamespaces(layout, new Set(state.sandboxes().map((record) => shortId(record.containerId))));
  const used = new Set(state.sandboxes().flatMap((record) => record.endpoints.map((endpoint) => endpoint.networkId)));
  for (const network of state.networks()) {
    // A user network has its bridge always, also after a reboot; the default one only when it is used.
    if (network.driver === 'bridge' && (!network.isBuiltIn || used.has(network.id))) host.ensure(network);
  }
  firewall.forget();
  await firewall.sync();
  await sweepLinks(parts, names);
  await host.leaveOthers();
  if (state.sandboxes().length === 0) return;
  for (const [id, result] of Object.entries(await resolver.sync())) {
    if (result.error) logger.warn('a container has lost names or ports', { container: id, problem: result.error });
  }
}

function sweepNamespaces(layout: Layout, owned: ReadonlySet<string>): void {
  let found: string[] = [];
  try {
    found = readdirSync(layout.netnsDir);
  } catch {
    return;
  }
  for (const name of found) if (!owned.has(name)) removeNetns(join(layout.netnsDir, name));
}

async function sweepLinks(parts: SandboxParts, names: RootNames): Promise<void> {
  const owned = new Set([
    ...parts.state.networks().map((network) => network.bridge),
    ...parts.state.sandboxes().flatMap((record) => record.endpoints.map((endpoint) => endpoint.hostLink)),
  ]);
  // Without containers the default bridge is a left-over too.
  const idle = parts.state.networks().filter((network) => network.isBuiltIn && parts.state.endpointsOn(network.id).length === 0);
  for (const network of idle) owned.delete(network.bridge);
  const ours = parts.links.names().filter((name) => name.startsWith(names.bridgePrefix) || name.startsWith(names.linkPrefix));
  for (const name of ours) if (!owned.has(name)) await parts.links.removeLink(name);
}

async function attachBuildStep(sandboxes: Sandboxes, id: string, extraHosts: readonly string[], network = 'default'): Promise<Pick<Sandbox, 'netns' | 'hosts' | 'resolvConf'>> {
  if (network === 'host') throw new EngineError('invalid', 'a build step in the host network has no namespace of its own');
  const request: SandboxRequest = {
    containerId: id,
    name: id,
    hostname: shortId(id),
    mode: network === 'none' ? 'none' : 'networks',
    endpoints: network === 'none' ? {} : { [network]: {} },
    portBindings: {},
    exposedPorts: [],
    publishAllPorts: false,
    dns: [],
    dnsOptions: [],
    dnsSearch: [],
    extraHosts,
    links: [],
    sysctls: {},
    labels: {},
  };
  const { netns, hosts, resolvConf } = await sandboxes.attach(request);
  return { netns, hosts, resolvConf };
}
