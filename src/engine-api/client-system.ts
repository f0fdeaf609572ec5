import type { NetworksApi, SystemApi, VolumesApi } from './engine.ts';
import type * as t from './types.ts';
import { encodeFilters, segment, type Wire } from './wire.ts';

/** `/networks/...` over the wire. */
export function networksClient(wire: Wire): NetworksApi {
  const at = (network: string, verb = ''): string => `/networks/${segment(network)}${verb}`;
  return {
    list: (filters, o) => wire.json('GET', '/networks', { query: { filters: encodeFilters(filters) }, signal: o?.signal }),
    inspect: (network, query = {}, o) => wire.json('GET', at(network), { query: { ...query }, signal: o?.signal }),
    create: (body, o) => wire.json('POST', '/networks/create', { json: body, signal: o?.signal }),
    connect: async (network, body, o) => void (await wire.done('POST', at(network, '/connect'), { json: body, signal: o?.signal })),
    disconnect: async (network, body, o) => void (await wire.done('POST', at(network, '/disconnect'), { json: body, signal: o?.signal })),
    remove: async (network, o) => void (await wire.done('DELETE', at(network), { signal: o?.signal })),
    prune: async (filters, o) => ({
      SpaceReclaimed: 0, // networks take no space, and the wire leaves the field out
      ...(await wire.json<Partial<t.PruneReport>>('POST', '/networks/prune', { query: { filters: encodeFilters(filters) }, signal: o?.signal })),
    }),
  };
}

/** `/volumes/...` over the wire. */
export function volumesClient(wire: Wire): VolumesApi {
  const at = (volume: string): string => `/volumes/${segment(volume)}`;
  return {
    list: async (filters, o) => {
      const list = await wire.json<{ Volumes: t.VolumeInspect[] | null; Warnings?: string[] | null }>('GET', '/volumes', {
        query: { filters: encodeFilters(filters) },
        signal: o?.signal,
      });
      return { Volumes: list.Volumes ?? [], Warnings: list.Warnings ?? null };
    },
    inspect: (volume, o) => wire.json('GET', at(volume), { signal: o?.signal }),
    create: (body, o) => wire.json('POST', '/volumes/create', { json: body, signal: o?.signal }),
    remove: async (volume, query = {}, o) => void (await wire.done('DELETE', at(volume), { query: { ...query }, signal: o?.signal })),
    prune: (filters, o) => wire.json('POST', '/volumes/prune', { query: { filters: encodeFilters(filters) }, signal: o?.signal }),
  };
}

/** `/_ping`, `/version`, `/info`, `/events`, `/system/df` and `/auth` over the wire. */
export function systemClient(wire: Wire): SystemApi {
  return {
    ping: async (o) => {
      const headers = await wire.headers('GET', '/_ping', { signal: o?.signal });
      const [builderVersion, osType] = [headers['builder-version'], headers['ostype']];
      return { apiVersion: wire.apiVersion ?? '', ...(builderVersion && { builderVersion }), ...(osType && { osType }) };
    },
    version: (o) => wire.json('GET', '/version', { signal: o?.signal }),
    info: (o) => wire.json('GET', '/info', { signal: o?.signal }),
    events: ({ filters, ...query } = {}, o) =>
      wire.lines('GET', '/events', { query: { ...query, filters: encodeFilters(filters) }, signal: o?.signal }),
    diskUsage: async ({ types } = {}, o) => {
      const usage = await wire.json<Partial<t.DiskUsage>>('GET', '/system/df', { query: { type: types }, signal: o?.signal });
      const { LayersSize = 0, Images, Containers, Volumes, BuildCache } = usage;
      return { LayersSize, Images: Images ?? [], Containers: Containers ?? [], Volumes: Volumes ?? [], BuildCache: BuildCache ?? [] };
    },
    auth: (body, o) => wire.json('POST', '/auth', { json: body, signal: o?.signal }),
  };
}
