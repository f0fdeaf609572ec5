/**
 * Namespaces of containers: attach, detach, connect, disconnect.
 *
 * Order on the way in: record in memory (so that no address is given twice), kernel, record on disk, resolver (which binds the
 * ports), firewall. On the way out the reverse. A crash anywhere leaves at most a record without a running container, or kernel
 * objects without a record; `reconcile` sweeps both. One mutex per container; network records never change under us.
 */
import { existsSync } from 'node:fs';
import { EngineError, KeyedMutex, newId, Scope } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import type { Layout } from '../layout.ts';
import { removeNetns } from '../host/netns.ts';
import type { EventSink, Sandbox, SandboxRequest } from '../parts.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { dnsNames, endpointSettings, planEndpoint } from './endpoint-plan.ts';
import { EtcFiles } from './etc-content.ts';
import type { FirewallSync } from './firewall-sync.ts';
import { defaultRoutes, gatewayEndpoint } from './gateway.ts';
import type { HostLinks } from './host-links.ts';
import { InsideLinks } from './inside-links.ts';
import type { HostNetwork } from './host-network.ts';
import { ephemeralRange, hostHasIPv6 } from './host-settings.ts';
import type { RootNames } from './names.ts';
import { portFailure } from './port-failure.ts';
import { findClash, planPorts, wirePorts } from './ports.ts';
import type { EndpointRecord, NetworkRecord, PortRecord, SandboxRecord } from './records.ts';
import type { ResolverClient } from './resolver-client.ts';
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
}

export class Sandboxes {
  readonly #p: SandboxParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: SandboxParts) {
    this.#p = parts;
  }

  /** @see NetworksRoom.attach */
  attach(request: SandboxRequest): Promise<Sandbox> {
    return this.#mutex.run(request.containerId, async () => {
      const existing = this.#p.state.sandbox(request.containerId);
      if (existing && existsSync(existing.netns)) return this.#describe(existing);
      const scope = new Scope();
      try {
        const record = await this.#build(request, scope);
        scope.keep();
        for (const endpoint of record.endpoints) this.#announce('connect', endpoint, record.containerId);
        return this.#describe(record);
      } catch (error) {
        throw await scope.unwind(error);
      }
    });
  }

  async #build(request: SandboxRequest, scope: Scope): Promise<SandboxRecord> {
    const { state, layout, firewall } = this.#p;
    const networks = this.#requestedNetworks(request);
    const netns = layout.netns(request.containerId);
    const endpoints: EndpointRecord[] = [];
    for (const { network, settings } of networks) endpoints.push(this.#plan(network, settings, request, endpoints));
    const record = this.#withDns({
      version: 1,
      containerId: request.containerId,
      name: request.name,
      netns,
      request,
      endpoints,
      ports: this.#planPorts(request, endpoints),
      dns: false,
      upstream: request.dns,
      links: {},
    });
    this.#p.etc.check(record); // before anything is made
    scope.defer(() => this.#dismantle(record));
    state.putSandbox(record);
    const isNew = this.#makeNamespace(record, networks.map(({ network }) => network));
    const sync = () => firewall.sync();
    const hostReady = Promise.all([isNew ? sync() : undefined, endpoints.length > 0 ? this.#p.host.lookAround(sync) : undefined]);
    hostReady.catch(() => {}); // awaited below; the resolver may fail first
    const published = await this.#publish(record);
    await hostReady;
    return published;
  }

  /** The kernel's part, in one synchronous piece. @returns whether the firewall does not know one of the bridges */
  #makeNamespace(record: SandboxRecord, networks: readonly NetworkRecord[]): boolean {
    const inside = InsideLinks.create(record.netns);
    try {
      let isNew = false;
      for (const [index, network] of networks.entries()) {
        isNew = this.#p.host.ensure(network) || isNew;
        const endpoint = record.endpoints[index];
        if (endpoint) this.#p.links.connect(inside, endpoint, network);
      }
      inside.setDefaultRoutes(defaultRoutes(record.endpoints));
      return isNew;
    } finally {
      inside.close();
    }
  }

  #requestedNetworks(request: SandboxRequest): { network: NetworkRecord; settings: EndpointSettings }[] {
    if (request.mode === 'none') return [];
    return Object.entries(request.endpoints).map(([reference, settings]) => {
      const network = this.#p.state.resolve(reference);
      if (network.driver !== 'bridge') throw new EngineError('invalid', `conflicting options: network ${network.name} cannot be combined with other networks`);
      return { network, settings };
    });
  }

  #plan(network: NetworkRecord, settings: EndpointSettings, request: SandboxRequest, before: readonly EndpointRecord[]): EndpointRecord {
    if (before.some((endpoint) => endpoint.networkId === network.id)) {
      throw new EngineError('forbidden', `endpoint with name ${request.name} already exists in network ${network.name}`);
    }
    const { containerId, name, hostname } = request;
    const plan = { containerId, name, hostname, settings, endpointId: newId(), links: before.map((endpoint) => endpoint.link) };
    return planEndpoint(network, plan, this.#p.names, this.#p.state.taken(network.id));
  }

  #planPorts(request: SandboxRequest, endpoints: readonly EndpointRecord[]): PortRecord[] {
    const gateway = gatewayEndpoint(endpoints, 4);
    const network = gateway && this.#p.state.network(gateway.networkId);
    const ports = planPorts(endpoints, {
      portBindings: request.portBindings,
      exposedPorts: request.exposedPorts,
      publishAllPorts: request.publishAllPorts,
      hostBinding: network && parseBridgeOptions(network.options).hostBinding,
      hostHasIPv6: hostHasIPv6(),
      ephemeral: ephemeralRange(),
    });
    const clash = findClash(ports, this.#p.state.sandboxes());
    if (clash) throw portFailure(request.name, gateway?.endpointId, clash);
    return ports;
  }

  /** Names are answered on user networks, and on the default one when the host's own servers are out of a container's reach. */
  #withDns(record: SandboxRecord): SandboxRecord {
    const dns = record.endpoints.length > 0 && (record.endpoints.some((endpoint) => endpoint.dnsNames.length > 0) || this.#p.etc.needsEmbedded(record.request.dns));
    const links: Record<string, string[]> = {};
    for (const text of [...record.endpoints.flatMap((endpoint) => endpoint.settings.Links ?? []), ...record.request.links]) {
      const [target = '', alias = target] = text.replace(/^\//, '').split(':');
      const key = (alias.split('/').pop() ?? alias).toLowerCase();
      links[key] = [...(links[key] ?? []), target];
    }
    return { ...record, dns, links };
  }

  /** Has the resolver bind the ports and answer the names, and lets traffic in. @returns the record with the chosen ports */
  async #publish(record: SandboxRecord): Promise<SandboxRecord> {
    const { resolver, state, firewall } = this.#p;
    if (!record.dns && record.ports.length === 0) return record;
    const result = (await resolver.load([record.containerId]))[record.containerId];
    const gateway = gatewayEndpoint(record.endpoints, 4) ?? gatewayEndpoint(record.endpoints, 6);
    if (result?.error) throw portFailure(record.name, gateway?.endpointId, result.error);
    const chosen = record.ports.map((port, index) => ({ ...port, hostPort: result?.ports?.[index] ?? port.from }));
    const published = { ...record, ports: chosen };
    if (chosen.length === 0) return published;
    state.putSandbox(published);
    await firewall.sync();
    return published;
  }

  /** @see NetworksRoom.detach */
  detach(containerId: string): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const record = this.#p.state.sandbox(containerId);
      if (!record) {
        removeNetns(this.#p.layout.netns(containerId));
        return;
      }
      await this.#dismantle(record);
      for (const endpoint of record.endpoints) this.#announce('disconnect', endpoint, containerId);
    });
  }

  async #dismantle(record: SandboxRecord): Promise<void> {
    const { state, resolver, firewall, host, logger } = this.#p;
    const current = state.sandbox(record.containerId) ?? record;
    state.dropSandbox(record.containerId);
    removeNetns(record.netns);
    const isPublished = current.ports.some((port) => port.hostPort !== undefined);
    const closed = current.dns || current.ports.length > 0 ? resolver.load([record.containerId]) : undefined;
    // A resolver that cannot be reached holds nothing any more; the next one reads the records.
    const tolerated = closed?.catch((error: unknown) => logger.warn('the resolver was not told that a container left', { error }));
    await Promise.all([tolerated, isPublished ? firewall.sync() : undefined]);
    host.release(() => firewall.sync());
  }

  /** Connects a container that has a namespace. @throws EngineError forbidden when it is connected already */
  connect(containerId: string, network: NetworkRecord, settings: EndpointSettings): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const { state, links, host, firewall } = this.#p;
      const before = this.#require(containerId);
      const endpoint = this.#plan(network, settings, before.request, before.endpoints);
      const after = this.#withDns({ ...before, endpoints: [...before.endpoints, endpoint] });
      state.putSandbox(after);
      try {
        const isNew = host.ensure(network);
        this.#inside(after, (inside) => links.connect(inside, endpoint, network));
        if (isNew) await firewall.sync();
        await this.#reload(after);
      } catch (error) {
        state.putSandbox(before);
        links.disconnect(endpoint);
        throw error;
      }
      this.#announce('connect', endpoint, containerId);
    });
  }

  /** @throws EngineError notFound when it is not connected */
  disconnect(containerId: string, network: NetworkRecord): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const { state, links, host, firewall } = this.#p;
      const before = this.#require(containerId);
      const endpoint = before.endpoints.find((each) => each.networkId === network.id);
      if (!endpoint) throw new EngineError('forbidden', `container ${containerId} is not connected to network ${network.name}`);
      const after = this.#withDns({ ...before, endpoints: before.endpoints.filter((each) => each !== endpoint) });
      state.putSandbox(after);
      links.disconnect(endpoint);
      this.#inside(after, () => {});
      await this.#reload(after);
      host.release(() => firewall.sync());
      this.#announce('disconnect', endpoint, containerId);
    });
  }

  /** Changes a live namespace; its default routes follow its endpoints. */
  #inside(record: SandboxRecord, change: (inside: InsideLinks) => void): void {
    const inside = InsideLinks.open(record.netns);
    try {
      change(inside);
      inside.setDefaultRoutes(defaultRoutes(record.endpoints));
    } finally {
      inside.close();
    }
  }

  /** Published ports follow the endpoint that has the gateway now. */
  async #reload(record: SandboxRecord): Promise<void> {
    const target4 = gatewayEndpoint(record.endpoints, 4)?.v4?.address;
    const target6 = gatewayEndpoint(record.endpoints, 6)?.v6?.address;
    const ports = record.ports.map(({ target4: _4, target6: _6, ...port }) => ({
      ...port,
      ...(target4 === undefined ? {} : { target4 }),
      ...(target6 === undefined ? {} : { target6 }),
    }));
    const moved = { ...record, ports };
    this.#p.state.putSandbox(moved);
    const result = (await this.#p.resolver.load([record.containerId]))[record.containerId];
    if (result?.error) throw portFailure(record.name, undefined, result.error);
    if (ports.length > 0) await this.#p.firewall.sync();
  }

  /** @see NetworksRoom.rename */
  rename(containerId: string, name: string): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const before = this.#p.state.sandbox(containerId);
      if (!before) return;
      const request = { ...before.request, name };
      const endpoints = before.endpoints.map((endpoint) =>
        endpoint.dnsNames.length === 0 ? endpoint : { ...endpoint, dnsNames: dnsNames({ ...request, settings: endpoint.settings }) },
      );
      this.#p.state.putSandbox({ ...before, name, request, endpoints });
      if (before.dns) await this.#p.resolver.load([containerId]);
    });
  }

  #require(containerId: string): SandboxRecord {
    const record = this.#p.state.sandbox(containerId);
    if (!record) throw new EngineError('conflict', `container ${containerId} is not running`);
    return record;
  }

  #describe(record: SandboxRecord): Sandbox {
    return {
      netns: record.netns,
      endpoints: this.endpointsOf(record),
      ports: wirePorts(record.ports, record.request.exposedPorts),
      ...this.#p.etc.contents(record),
    };
  }

  /** The wire form of a sandbox's endpoints, by network name. */
  endpointsOf(record: SandboxRecord): Record<string, EndpointSettings> {
    if (record.request.mode !== 'none') return Object.fromEntries(record.endpoints.map((endpoint) => [endpoint.networkName, endpointSettings(endpoint)]));
    const none = this.#p.state.resolve('none');
    return { none: endpointSettings({ networkId: none.id, networkName: 'none', endpointId: '', hostLink: '', link: '', mac: '', internal: true, dnsNames: [], settings: {} }) };
  }

  #announce(action: 'connect' | 'disconnect', endpoint: EndpointRecord, container: string): void {
    this.#p.events.publish('network', action, endpoint.networkId, { container, name: endpoint.networkName, type: 'bridge' });
  }
}
