import { EngineError } from '../base/index.ts';
import type { ImagesApi, Progress } from './engine.ts';
import type * as t from './types.ts';
import { base64Url, encodeFilters, imageSegments, type Query, registryAuthHeader, type Wire } from './wire.ts';

/** `/images/...`, `/build`, `/commit` and `/distribution/...` over the wire. */
export function imagesClient(wire: Wire): ImagesApi {
  const image = (name: string, verb = ''): string => `/images/${imageSegments(name)}${verb}`;
  return {
    list: ({ filters, sharedSize, ...query } = {}, o) =>
      wire.json('GET', '/images/json', { query: { ...query, 'shared-size': sharedSize, filters: encodeFilters(filters) }, signal: o?.signal }),
    inspect: (name, o) => wire.json('GET', image(name, '/json'), { signal: o?.signal }),
    history: (name, o) => wire.json('GET', image(name, '/history'), { signal: o?.signal }),
    pull: ({ auth, ...query }, o): Promise<Progress> =>
      wire.lines('POST', '/images/create', { query: { ...query }, ...(auth && { headers: registryAuthHeader(auth) }), signal: o?.signal }),
    push: (name, { auth, tag }, o): Promise<Progress> =>
      wire.lines('POST', image(name, '/push'), { query: { tag }, headers: registryAuthHeader(auth), signal: o?.signal }),
    import: ({ source = '-', ...query }, archive, o): Promise<Progress> =>
      wire.lines('POST', '/images/create', { query: { fromSrc: source, ...query }, ...(archive && { body: archive }), signal: o?.signal }),
    load: (archive, query = {}, o): Promise<Progress> => wire.lines('POST', '/images/load', { query: { ...query }, body: archive, signal: o?.signal }),
    save: async (names, o) => (await wire.stream('GET', '/images/get', { query: { names }, signal: o?.signal })).body,
    tag: async (name, query, o) => void (await wire.done('POST', image(name, '/tag'), { query: { ...query }, signal: o?.signal })),
    remove: async (name, query = {}, o) =>
      (await wire.json<t.ImageDeleteItem[] | null>('DELETE', image(name), { query: { ...query }, signal: o?.signal })) ?? [],
    prune: (filters, o) => wire.json('POST', '/images/prune', { query: { filters: encodeFilters(filters) }, signal: o?.signal }),
    search: ({ filters, ...query }, o) =>
      wire.json('GET', '/images/search', { query: { ...query, filters: encodeFilters(filters) }, signal: o?.signal }),
    commit: (query, config, o) => wire.json('POST', '/commit', { query: { ...query }, json: config ?? {}, signal: o?.signal }),
    build: (options, context, o): Promise<Progress> =>
      wire.lines('POST', '/build', {
        query: buildQuery(options),
        ...(options.registryConfig && { headers: { 'X-Registry-Config': base64Url(options.registryConfig) } }),
        ...(context && { body: context }),
        signal: o?.signal,
      }),
    pruneBuildCache: ({ filters, ...query } = {}, o) =>
      wire.json('POST', '/build/prune', { query: { ...query, filters: encodeFilters(filters) }, signal: o?.signal }),
    distribution: (name, auth, o) =>
      wire.json('GET', `/distribution/${imageSegments(name)}/json`, { ...(auth && { headers: registryAuthHeader(auth) }), signal: o?.signal }),
  };
}

/** @see Docker Engine API, "Build an image", query parameters */
function buildQuery(options: t.BuildOptions): Query {
  const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));
  if (options.ulimits?.some(({ Name }) => !/^[a-z]+$/.test(Name))) throw new EngineError('invalid', 'bad ulimit name');
  return {
    dockerfile: options.dockerfile,
    t: options.tags,
    remote: options.remote,
    extrahosts: options.extraHosts?.join(','),
    q: options.quiet,
    nocache: options.noCache,
    cachefrom: json(options.cacheFrom),
    pull: options.pull,
    rm: options.remove,
    forcerm: options.forceRemove,
    memory: options.memory,
    memswap: options.memorySwap,
    cpushares: options.cpuShares,
    cpusetcpus: options.cpusetCpus,
    cpuperiod: options.cpuPeriod,
    cpuquota: options.cpuQuota,
    buildargs: json(options.buildArgs),
    shmsize: options.shmSize,
    squash: options.squash,
    labels: json(options.labels),
    networkmode: options.networkMode,
    platform: options.platform,
    target: options.target,
    ulimits: json(options.ulimits),
    'x-tscompose': json(options.extra),
  };
}
