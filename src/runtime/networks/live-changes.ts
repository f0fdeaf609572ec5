/** Changes of containers that run: more networks, fewer, another name. Under the same mutex per container as attach and detach. */
import { EngineError } from '../../base/index.ts';
import type { KeyedMutex } from '../../base/index.ts';
import type { EndpointSettings } from '../../engine-api/index.ts';
import { dnsNames } from './endpoint-plan.ts';
import { defaultRoutes } from './gateway.ts';
import { InsideLinks } from './inside-links.ts';
import type { DefaultRoute } from './inside-links.ts';
import { portFailure } from './port-failure.ts';
import type { NetworkRecord, SandboxRecord } from './records.ts';
import { planSandboxEndpoint, withNames, withPortTargets } from './sandbox-plan.ts';
import { announceEndpoint } from './sandboxes.ts';
import type { SandboxParts } from './sandboxes.ts';

export class LiveChanges {
  readonly #p: SandboxParts;
  readonly #mutex: KeyedMutex;

  constructor(parts: SandboxParts, mutex: KeyedMutex) {
    this.#p = parts;
    this.#mutex = mutex;
  }

  /** Connects a container that has a namespace. @throws EngineError forbidden when it is connected already */
  connect(containerId: string, network: NetworkRecord, settings: EndpointSettings): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const { state, links, host, firewall } = this.#p;
      await host.settled();
      const before = this.#require(containerId);
      const endpoint = planSandboxEndpoint(this.#p, network, settings, before.request, before.endpoints);
      const after = withNames(this.#p, { ...before, endpoints: [...before.endpoints, endpoint] });
      state.putSandbox(after);
      try {
        const isNew = host.ensure(network);
        await inside(after, (namespace, routes) => links.connect(namespace, [{ endpoint, network }], routes));
        if (isNew) await firewall.sync();
        await this.#reload(after);
      } catch (error) {
        state.putSandbox(before);
        links.disconnect(endpoint);
        throw error;
      }
      announceEndpoint(this.#p.events, 'connect', endpoint, containerId);
    });
  }

  /** @throws EngineError forbidden when it is not connected */
  disconnect(containerId: string, network: NetworkRecord): Promise<void> {
    return this.#mutex.run(containerId, async () => {
      const { state, links, host, firewall } = this.#p;
      const before = this.#require(containerId);
      const endpoint = before.endpoints.find((each) => each.networkId === network.id);
      if (!endpoint) throw new EngineError('forbidden', `container ${containerId} is not connected to network ${network.name}`);
      const after = withNames(this.#p, { ...before, endpoints: before.endpoints.filter((each) => each !== endpoint) });
      state.putSandbox(after);
      links.disconnect(endpoint);
      await inside(after, (namespace, routes) => namespace.configure([], routes));
      await this.#reload(after);
      host.release(() => firewall.sync());
      announceEndpoint(this.#p.events, 'disconnect', endpoint, containerId);
    });
  }

  /** Published ports follow the endpoint that has the gateway now. */
  async #reload(record: SandboxRecord): Promise<void> {
    const moved = withPortTargets(record);
    this.#p.state.putSandbox(moved);
    const result = (await this.#p.resolver.load([record.containerId]))[record.containerId];
    if (result?.error) throw portFailure(record.name, undefined, result.error);
    if (moved.ports.length > 0) await this.#p.firewall.sync();
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
}

/** Changes a live namespace; its default routes follow its endpoints. */
async function inside(record: SandboxRecord, change: (namespace: InsideLinks, routes: DefaultRoute[]) => Promise<void>): Promise<void> {
  const namespace = InsideLinks.open(record.netns);
  try {
    await change(namespace, defaultRoutes(record.endpoints));
  } finally {
    namespace.close();
  }
}
