/**
 * Namespaces of containers, in and out.
 *
 * Order on the way in: record in memory (so that no address is given twice), kernel, record on disk, resolver (which binds the
 * ports), firewall. On the way out the reverse. A crash anywhere leaves at most a record without a running container, or kernel
 * objects without a record; `reconcile` sweeps both. One mutex per container; network records never change under us.
 */
import { existsSync } from 'node:fs';
import { Scope } from '../../base/index.ts';
import type { KeyedMutex, Logger } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import { removeNetnsAsync } from '../host/netns.ts';
import type { Layout } from '../layout.ts';
import type { EventSink, NetworksRoom, Sandbox, SandboxRequest } from '../parts.ts';
import type { CreateContext } from './create.ts';
import { endpointSettings } from './endpoint-plan.ts';
import type { EtcFiles } from './etc-content.ts';
import type { FirewallSync } from './firewall-sync.ts';
import { forgetFlows } from './flows.ts';
import { defaultRoutes, gatewayEndpoint } from './gateway.ts';
import type { HostLinks } from './host-links.ts';
import type { HostNetwork } from './host-network.ts';
import { InsideLinks } from './inside-links.ts';
import type { RootNames } from './names.ts';
import { portFailure } from './port-failure.ts';
import { wirePorts } from './ports.ts';
import type { EndpointRecord, NetworkRecord, SandboxRecord } from './records.ts';
import type { ResolverClient } from './resolver/client.ts';
import { planSandbox } from './sandbox-plan.ts';
import type { SpareNamespaces } from './spare-namespaces.ts';
import type { NetworkState } from './state.ts';

export interface SandboxParts {
  readonly layout: Layout;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly names: RootNames;
  readonly state: NetworkState;
  readonly links: HostLinks;
  readonly host: HostNetwork;
  readonly firewall: FirewallSync;
  readonly resolver: ResolverClient;
  readonly etc: EtcFiles;
  readonly spares: SpareNamespaces;
}

type EtcContents = Pick<Sandbox, 'hosts' | 'resolvConf'>;

export class Sandboxes {
  readonly #p: SandboxParts;
  readonly #mutex: KeyedMutex;

  readonly #contextOf: (networkId: string) => CreateContext;

  constructor(parts: SandboxParts, mutex: KeyedMutex, contextOf: (networkId: string) => CreateContext) {
    this.#p = parts;
    this.#mutex = mutex;
    this.#contextOf = contextOf;
  }

  /** @see NetworksRoom.attach */
  attach(request: SandboxRequest, onNamespace?: Parameters<NetworksRoom['attach']>[1]): Promise<Sandbox> {
    return this.#mutex.run(request.containerId, async () => {
      const existing = this.#p.state.sandbox(request.containerId);
      if (existing && existsSync(existing.netns)) return this.#describe(existing, this.#p.etc.contents(existing));
      await this.#p.host.settled();
      if (this.#wantsDefault(request)) this.#p.host.settleDefault(this.#contextOf);
      const { record, networks } = planSandbox(this.#p, request);
      const files = this.#p.etc.contents(record); // what is wrong with them shows before anything is made
      const scope = new Scope();
      try {
        scope.defer(() => this.#dismantle(record));
        const live = await this.#build(record, networks, () => onNamespace?.({ netns: record.netns, ...files }));
        scope.keep();
        for (const endpoint of live.endpoints) announceEndpoint(this.#p.events, 'connect', endpoint, live.containerId);
        return this.#describe(live, files);
      } catch (error) {
        throw await scope.unwind(error);
      }
    });
  }

  #wantsDefault(request: SandboxRequest): boolean {
    return Object.keys(request.endpoints).some((reference) => this.#p.state.resolve(reference).isBuiltIn);
  }

  async #build(record: SandboxRecord, networks: readonly NetworkRecord[], onNamespace: () => void): Promise<SandboxRecord> {
    const { state, firewall, host } = this.#p;
    state.putSandbox(record);
    const isNew = await this.#makeNamespace(record, networks, onNamespace);
    const sync = () => firewall.sync();
    const hostReady = Promise.all([isNew ? sync() : undefined, networks.length > 0 ? host.lookAround(sync) : undefined]);
    hostReady.catch(() => {}); // awaited below; the resolver may fail first
    const published = await this.#publish(record);
    await hostReady;
    return published;
  }

  /** The kernel's part. @returns whether the firewall does not know one of the bridges */
  async #makeNamespace(record: SandboxRecord, networks: readonly NetworkRecord[], onNamespace: () => void): Promise<boolean> {
    const inside = InsideLinks.create(record.netns, this.#p.spares.take());
    try {
      onNamespace();
      const isNew = networks.map((network) => this.#p.host.ensure(network)).includes(true);
      const links = networks.flatMap((network, index) => {
        const endpoint = record.endpoints[index];
        return endpoint ? [{ endpoint, network }] : [];
      });
      if (links.length === 0) await inside.configure([], []);
      else await this.#p.links.connect(inside, links, defaultRoutes(record.endpoints));
      return isNew;
    } finally {
      inside.close();
    }
  }

  /** Has the resolver bind the ports and answer the names, and lets traffic in. @returns the record with the chosen ports */
  async #publish(record: SandboxRecord): Promise<SandboxRecord> {
    const { resolver, state, firewall } = this.#p;
    if (!record.dns && record.ports.length === 0) return record;
    const result = (await resolver.load([record.containerId]))[record.containerId];
    const gateway = gatewayEndpoint(record.endpoints, 4) ?? gatewayEndpoint(record.endpoints, 6);
    if (result?.error) throw portFailure(record.name, gateway?.endpointId, result.error);
    const published = { ...record, ports: record.ports.map((port, index) => ({ ...port, hostPort: result?.ports?.[index] ?? port.from })) };
    if (published.ports.length === 0) return published;
    state.putSandbox(published);
    await firewall.sync();
    forgetFlows(published.ports, this.#p.logger);
    return published;
  }

  /** @see NetworksRoom.detach */
  detach(containerId: string): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const record = this.#p.state.sandbox(containerId);
      if (!record) return removeNetnsAsync(this.#p.layout.netns(containerId));
      await this.#dismantle(record);
      for (const endpoint of record.endpoints) announceEndpoint(this.#p.events, 'disconnect', endpoint, containerId);
    });
  }

  async #dismantle(record: SandboxRecord): Promise<void> {
    const { state, resolver, firewall, host, logger } = this.#p;
    const current = state.sandbox(record.containerId) ?? record;
    state.dropSandbox(record.containerId);
    const unpinned = removeNetnsAsync(record.netns);
    const isPublished = current.ports.some((port) => port.hostPort !== undefined);
    const closed = current.dns || current.ports.length > 0 ? resolver.load([record.containerId]) : undefined;
    // A resolver that cannot be reached holds nothing any more; the next one reads the records.
    const tolerated = closed?.catch((error: unknown) => logger.warn('the resolver was not told that a container left', { error }));
    await Promise.all([unpinned, tolerated, isPublished ? firewall.sync() : undefined]);
    if (isPublished) forgetFlows(current.ports, logger);
    host.release(() => firewall.sync());
  }

  #describe(record: SandboxRecord, files: EtcContents): Sandbox {
    return { netns: record.netns, endpoints: this.endpointsOf(record), ports: wirePorts(record.ports, record.request.exposedPorts), ...files };
  }

  /** The wire form of a sandbox's endpoints, by network name. */
  endpointsOf(record: SandboxRecord): Record<string, EndpointSettings> {
    if (record.request.mode !== 'none') return Object.fromEntries(record.endpoints.map((endpoint) => [endpoint.networkName, endpointSettings(endpoint)]));
    const none = this.#p.state.resolve('none');
    return { none: endpointSettings({ networkId: none.id, networkName: 'none', endpointId: '', hostLink: '', link: '', mac: '', internal: true, dnsNames: [], settings: {} }) };
  }
}

/** The event that dockerd sends when a container joins or leaves a network. */
export function announceEndpoint(events: EventSink, action: 'connect' | 'disconnect', endpoint: EndpointRecord, container: string): void {
  events.publish('network', action, endpoint.networkId, { container, name: endpoint.networkName, type: 'bridge' });
}
