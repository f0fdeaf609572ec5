/** Digests that tell whether something of the project has changed since it was made. */
import { createHash } from 'node:crypto';
import type { Network, Service, Volume } from '../compose/index.ts';
import { goJson, serviceDocument, type Json } from './service-document.ts';

/** What `service:X` references became: `container:<id>` modes, and ids in `volumes_from`. */
export type ResolvedReferences = Partial<Pick<Service, 'network_mode' | 'ipc' | 'pid' | 'volumes_from'>>;

/**
 * The value of `com.docker.compose.config-hash`: the same digest as docker compose 2.26 gives, so that neither tool recreates what
 * the other made.
 */
export function configHash(service: Service, resolved?: ResolvedReferences): string {
  return sha256(goJson(serviceDocument(resolved ? { ...service, ...resolved } : service)));
}

/** Config hashes of services, each made once. */
export class ConfigHashes {
  readonly #known = new Map<Service, string>();

  /** See `configHash`; only what references became makes a new one. */
  of(service: Service, resolved?: ResolvedReferences): string {
    if (resolved) return configHash(service, resolved);
    const known = this.#known.get(service) ?? configHash(service);
    this.#known.set(service, known);
    return known;
  }
}

/**
 * What `config --hash` prints. For a service with an `env_file` that is, in docker compose 2.26, not the label's value: the file is
 * hashed by its name. @param service  loaded with `resolveEnv: false`
 */
export function printedConfigHash(service: Service): string {
  return sha256(goJson(serviceDocument(service, { envFiles: true })));
}

/** Digest of what makes a network the one that the file describes; labels do not count. */
export function networkHash(network: Network): string {
  const { name, driver, driver_opts, ipam, internal, attachable, enable_ipv4, enable_ipv6 } = network;
  return sha256(canonical({ name, driver, driver_opts, ipam, internal, attachable, enable_ipv4, enable_ipv6 }));
}

/** Digest of what makes a volume the one that the file describes; labels do not count. */
export function volumeHash(volume: Volume): string {
  const { name, driver, driver_opts } = volume;
  return sha256(canonical({ name, driver, driver_opts }));
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** JSON with sorted keys and without undefined or empty members. */
function canonical(value: unknown): string {
  return goJson(sorted(value) ?? null);
}

function sorted(value: unknown): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null);
  if (typeof value === 'object') {
    const entries = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
      const json = sorted(item);
      return json === undefined ? [] : [[key, json]];
    });
    return entries.length === 0 ? undefined : new Map(entries);
  }
  return typeof value === 'boolean' || typeof value === 'number' ? value : String(value);
}
