/** What can be asked of a registry without pulling: `GET /distribution/{name}/json`, `POST /auth`, search. */
import { EngineError } from '../../../base/index.ts';
import type { DistributionInspect, Filters, RegistryAuth } from '../../../engine-api/index.ts';
import { isIndexType, type Index, type Manifest } from '../media-types.ts';
import { DEFAULT_DOMAIN, parseReference, withDefaultTag } from '../reference.ts';
import { parseConfig } from '../store.ts';
import { Authorizer, credentialsOf } from './auth.ts';
import { authorizedRequest } from './client.ts';
import { readBody, TransportError, type HttpClient } from './http.ts';
import { pullError, registryError } from './registry-error.ts';
import { endpointsOf, readRegistryConfig, type Endpoint } from './registry-config.ts';
import { createHttp, withRegistry, type SessionOptions } from './session.ts';

/** @throws EngineError notFound, unauthorized, unavailable */
export async function inspectDistribution(name: string, options: SessionOptions, signal?: AbortSignal): Promise<DistributionInspect> {
  const reference = withDefaultTag(parseReference(name));
  try {
    return await withRegistry(reference, 'pull', options, async (client) => {
      const { mediaType, digest, bytes } = await client.manifest(reference.digest ?? reference.tag ?? 'latest', signal);
      const Descriptor = { mediaType, digest, size: bytes.length };
      if (isIndexType(mediaType)) {
        const platforms = (JSON.parse(bytes.toString('utf8')) as Index).manifests.flatMap((child) => child.platform ?? []);
        return { Descriptor, Platforms: platforms.map(({ architecture, os, variant }) => ({ architecture, os, ...(variant && { variant }) })) };
      }
      const config = parseConfig(await client.blob((JSON.parse(bytes.toString('utf8')) as Manifest).config, signal));
      return { Descriptor, Platforms: [{ architecture: config.architecture, os: config.os, ...(config.variant && { variant: config.variant }) }] };
    });
  } catch (error) {
    throw pullError(error, reference);
  }
}

const HUB_NAMES = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io', ''];

/**
 * Checks credentials, for `docker login`.
 * @throws EngineError unauthorized
 */
export async function checkLogin(auth: RegistryAuth, options: Omit<SessionOptions, 'auth'>, signal?: AbortSignal): Promise<{ Status: string; IdentityToken: string }> {
  const address = auth.serveraddress ?? '';
  const domain = HUB_NAMES.includes(address) ? DEFAULT_DOMAIN : address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (!/^[\w.-]+(:\d+)?$|^\[[\da-fA-F:]+\](:\d+)?$/.test(domain)) throw new EngineError('invalid', `invalid registry address: ${address}`);
  return withEndpoints(domain, options, async (http, endpoint) => {
    const url = `${endpoint.url}/v2/`;
    const response = await authorizedRequest(http, new Authorizer(http, credentialsOf(auth)), { method: 'GET', url, signal }, '', endpoint);
    const body = await readBody(response);
    if (response.status === 200) return { Status: 'Login Succeeded', IdentityToken: '' };
    if (response.status !== 401) throw registryError(response, body, `Get "${url}"`);
    throw new EngineError('unauthorized', `login attempt to ${url} failed with status: 401 Unauthorized`);
  });
}

/** The registry's own endpoints, https before http; only a failed connection leads on. */
async function withEndpoints<T>(domain: string, options: Omit<SessionOptions, 'auth'>, body: (http: HttpClient, endpoint: Endpoint) => Promise<T>): Promise<T> {
  const config = readRegistryConfig(options.root);
  let failure: unknown;
  for (const endpoint of await endpointsOf(domain, config, 'push')) {
    const http = createHttp(endpoint, config, options.retryDelayMs);
    try {
      return await body(http, endpoint);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      failure = error;
    } finally {
      http.close();
    }
  }
  throw failure;
}

/** Docker Hub's search, as `docker search` shows it; also of the few other registries that have one: `host/term`. */
export async function searchHub(query: { term: string; limit?: number; filters?: Filters }, options: Omit<SessionOptions, 'auth'>, signal?: AbortSignal): Promise<unknown[]> {
  const limit = query.limit ?? 25;
  if (limit < 1 || limit > 100) throw new EngineError('invalid', `limit ${limit} is outside the range of [1, 100]`);
  const slash = query.term.indexOf('/');
  const first = slash < 0 ? '' : query.term.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const term = isHost ? query.term.slice(slash + 1) : query.term.replace(/^library\//, '');
  return withEndpoints(isHost ? first : 'index.docker.io', options, async (http, endpoint) => {
    const url = `${endpoint.url}/v1/search?q=${encodeURIComponent(term)}&n=${limit}`;
    const response = await http.request({ method: 'GET', url, signal });
    const body = await readBody(response);
    if (response.status !== 200) throw registryError(response, body, `Get "${url}"`);
    const results = (JSON.parse(body.toString('utf8')) as { results?: Record<string, unknown>[] | null }).results ?? [];
    return results.filter((result) => matchesSearch(result, query.filters ?? {}));
  });
}

function matchesSearch(result: Record<string, unknown>, filters: Filters): boolean {
  const flag = (filter: string, field: string) => (filters[filter] ?? []).every((value) => (value === 'true') === (result[field] === true));
  const stars = Math.max(0, ...(filters['stars'] ?? []).map(Number));
  return flag('is-official', 'is_official') && flag('is-automated', 'is_automated') && Number(result['star_count'] ?? 0) >= stars;
}
