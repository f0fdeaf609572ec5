import { EngineError } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import { parseAddress } from './address.ts';
import type { EndpointRecord, NetworkRecord, RecordStore, SandboxRecord } from './records.ts';

/** The room's memory of its records. Disk follows every change at once; all methods are synchronous, so nothing comes between. */
export class NetworkState {
  readonly store: RecordStore;
  readonly #networks = new Map<string, NetworkRecord>();
  readonly #sandboxes = new Map<string, SandboxRecord>();
  /** Network id to container id to endpoint: an attach must not look at every container of the host. */
  readonly #endpoints = new Map<string, Map<string, { sandbox: SandboxRecord; endpoint: EndpointRecord }>>();

  constructor(store: RecordStore, logger: Logger) {
    this.store = store;
    for (const record of store.loadNetworks(logger)) this.#networks.set(record.id, record);
    for (const record of store.loadSandboxes(logger)) this.#index(record);
  }

  networks(): NetworkRecord[] {
    return [...this.#networks.values()];
  }

  sandboxes(): SandboxRecord[] {
    return [...this.#sandboxes.values()];
  }

  network(id: string): NetworkRecord | undefined {
    return this.#networks.get(id);
  }

  sandbox(containerId: string): SandboxRecord | undefined {
    return this.#sandboxes.get(containerId);
  }

  putNetwork(record: NetworkRecord): void {
    this.store.saveNetwork(record);
    this.#networks.set(record.id, record);
  }

  dropNetwork(id: string): void {
    this.store.deleteNetwork(id);
    this.#endpoints.delete(id);
    this.#networks.delete(id);
  }

  putSandbox(record: SandboxRecord): void {
    this.store.saveSandbox(record);
    this.#forget(record.containerId);
    this.#index(record);
  }

  #index(record: SandboxRecord): void {
    this.#sandboxes.set(record.containerId, record);
    for (const endpoint of record.endpoints) {
      let users = this.#endpoints.get(endpoint.networkId);
      if (!users) this.#endpoints.set(endpoint.networkId, (users = new Map()));
      users.set(record.containerId, { sandbox: record, endpoint });
    }
  }

  #forget(containerId: string): void {
    for (const endpoint of this.#sandboxes.get(containerId)?.endpoints ?? []) this.#endpoints.get(endpoint.networkId)?.delete(containerId);
    this.#sandboxes.delete(containerId);
  }

  dropSandbox(containerId: string): void {
    this.store.deleteSandbox(containerId);
    this.#forget(containerId);
  }

  /** By full id, then name, then unambiguous id prefix. @throws EngineError notFound, invalid when ambiguous */
  resolve(reference: string): NetworkRecord {
    const wanted = reference === 'default' ? 'bridge' : reference;
    const exact = this.#networks.get(wanted) ?? this.networks().find((network) => network.name === wanted);
    if (exact) return exact;
    const byPrefix = wanted === '' ? [] : this.networks().filter((network) => network.id.startsWith(wanted));
    if (byPrefix.length > 1) throw new EngineError('invalid', `network ${reference} is ambiguous (${byPrefix.length} matches found based on ID prefix)`);
    if (byPrefix[0]) return byPrefix[0];
    throw new EngineError('notFound', `network ${reference} not found`);
  }

  /** Endpoints on a network with their containers. */
  endpointsOn(networkId: string): { sandbox: SandboxRecord; endpoint: EndpointRecord }[] {
    return [...(this.#endpoints.get(networkId)?.values() ?? [])];
  }

  /** Addresses that endpoints of a network hold. */
  taken(networkId: string): Set<bigint> {
    const values = new Set<bigint>();
    for (const { endpoint } of this.endpointsOn(networkId)) {
      for (const each of [endpoint.v4, endpoint.v6]) {
        const address = each && parseAddress(each.address);
        if (address) values.add(address.value);
      }
    }
    return values;
  }

  findSandboxByName(name: string): SandboxRecord | undefined {
    return this.sandboxes().find((sandbox) => sandbox.name === name) ?? this.sandboxes().find((sandbox) => name !== '' && sandbox.containerId.startsWith(name));
  }
}
