/** What the room keeps: networks under the data root, sandboxes (one per container with a namespace) under the run root. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile, shortId, writeFileAtomic } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import type { EndpointSettings, StringMap } from '../../engine-api/index.ts';
import type { Layout } from '../layout.ts';
import type { SandboxRequest } from '../parts.ts';

export interface PoolRecord {
  /** `172.18.0.0/16` */
  readonly subnet: string;
  readonly gateway?: string;
  readonly range?: string;
  readonly auxiliary?: StringMap;
  /** Whether the user gave the subnet: only then may endpoints ask for addresses. */
  readonly isConfigured: boolean;
}

/** Never changes after creation. Leases are in the sandboxes: they end with them. */
export interface NetworkRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly driver: 'bridge' | 'host' | 'null';
  /** The bridge's interface name; empty for host and none. */
  readonly bridge: string;
  readonly pools: readonly PoolRecord[];
  readonly internal: boolean;
  readonly enableIPv6: boolean;
  readonly attachable: boolean;
  readonly options: StringMap;
  readonly ipamDriver: string;
  readonly ipamOptions: StringMap | null;
  readonly labels: StringMap;
  /** The bridge was there before the network: it is used, and left when the network goes. */
  readonly adoptedBridge?: boolean;
  /** `bridge`, `host` and `none`. */
  readonly isBuiltIn: boolean;
}

export interface AddressRecord {
  readonly address: string;
  readonly prefixLength: number;
  /** Empty on internal networks. */
  readonly gateway: string;
}

export interface EndpointRecord {
  readonly networkId: string;
  readonly networkName: string;
  readonly endpointId: string;
  /** Host end of the pair. */
  readonly hostLink: string;
  /** Name inside the container. */
  readonly link: string;
  readonly mac: string;
  readonly v4?: AddressRecord;
  readonly v6?: AddressRecord;
  readonly internal: boolean;
  /** Names that the resolver answers; empty on the default bridge. */
  readonly dnsNames: readonly string[];
  /** What was asked for. */
  readonly settings: EndpointSettings;
}

export type PortProtocol = 'tcp' | 'udp' | 'sctp';

/** One published port of a container, at one or two host addresses (0.0.0.0 and ::) with the same number. */
export interface PortRecord {
  readonly protocol: PortProtocol;
  readonly containerPort: number;
  readonly hostAddresses: readonly string[];
  /** Candidates; equal for a fixed port. */
  readonly from: number;
  readonly to: number;
  /** Chosen by the resolver process, which holds the host port. */
  readonly hostPort?: number;
  readonly target4?: string;
  readonly target6?: string;
}

export interface SandboxRecord {
  readonly version: 1;
  readonly containerId: string;
  readonly name: string;
  readonly netns: string;
  readonly request: SandboxRequest;
  readonly endpoints: readonly EndpointRecord[];
  readonly ports: readonly PortRecord[];
  /** Whether 127.0.0.11 answers in there. */
  readonly dns: boolean;
  /** Servers given for this container, asked from inside its namespace. Empty: the host's own, asked from the host's. */
  readonly upstream: readonly string[];
  /** Alias to container names, for this container only. */
  readonly links: Readonly<Record<string, readonly string[]>>;
}

/** Directory of the sandbox records; the resolver process reads it. */
export function sandboxDirectory(layout: Pick<Layout, 'dnsDir'>): string {
  return join(layout.dnsDir, 'sandboxes');
}

export function sandboxFile(directory: string, containerId: string): string {
  return join(directory, `${shortId(containerId)}.json`);
}

/** Reads every record of a directory; one that cannot be parsed is reported and left out. A missing directory is empty. */
export function readRecords<T>(directory: string, logger: Pick<Logger, 'warn'>): T[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  const records: T[] = [];
  for (const name of names) {
    if (!name.endsWith('.json')) continue;
    try {
      records.push(JSON.parse(readFileSync(join(directory, name), 'utf8')) as T);
    } catch (error) {
      logger.warn('unreadable record', { file: join(directory, name), error });
    }
  }
  return records;
}

export class RecordStore {
  readonly #layout: Layout;
  readonly #sandboxes: string;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#sandboxes = sandboxDirectory(layout);
    mkdirSync(layout.networks, { recursive: true, mode: 0o700 });
    mkdirSync(layout.dnsDir, { recursive: true, mode: 0o700 });
    mkdirSync(this.#sandboxes, { recursive: true, mode: 0o700 });
  }

  saveNetwork(record: NetworkRecord): void {
    writeFileAtomic(this.#layout.network(record.id), JSON.stringify(record));
  }

  deleteNetwork(id: string): void {
    removeFile(this.#layout.network(id));
  }

  loadNetworks(logger: Logger): NetworkRecord[] {
    return readRecords(this.#layout.networks, logger);
  }

  saveSandbox(record: SandboxRecord): void {
    writeFileAtomic(sandboxFile(this.#sandboxes, record.containerId), JSON.stringify(record), { durable: false });
  }

  deleteSandbox(containerId: string): void {
    removeFile(sandboxFile(this.#sandboxes, containerId));
  }

  loadSandboxes(logger: Logger): SandboxRecord[] {
    return readRecords(this.#sandboxes, logger);
  }
}
