/** Clients for one operation on one registry, and the walk over its endpoints: mirrors first, http last. */
import { EngineError, isEngineError } from '../../../base/index.ts';
import type { RegistryAuth } from '../../../engine-api/index.ts';
import { DEFAULT_DOMAIN, type Reference } from '../reference.ts';
import { Authorizer, credentialsOf } from './auth.ts';
import { RepositoryClient } from './client.ts';
import { HttpClient, TransportError } from './http.ts';
import { endpointsOf, readCertificates, readRegistryConfig, type Endpoint, type RegistryConfig } from './registry-config.ts';

export interface SessionOptions {
  root: string;
  auth?: RegistryAuth | undefined;
  retryDelayMs?: number | undefined;
}

/**
 * Runs `body` with a client for each endpoint in turn until one works. A mirror may fail in any way; after the registry itself only a
 * failed connection leads on to the next endpoint.
 */
export async function withRegistry<T>(
  reference: Reference,
  use: 'pull' | 'push',
  options: SessionOptions,
  body: (client: RepositoryClient, config: RegistryConfig) => Promise<T>,
): Promise<T> {
  const config = readRegistryConfig(options.root);
  const endpoints = await endpointsOf(reference.domain, config, use);
  let failure: unknown;
  for (const endpoint of endpoints) {
    const http = createHttp(endpoint, config, options.retryDelayMs);
    try {
      // Credentials are the registry's own: a mirror is somebody else.
      const authorizer = new Authorizer(http, endpoint.isMirror ? undefined : credentialsOf(options.auth));
      return await body(new RepositoryClient(endpoint, reference.path, http, authorizer, use), config);
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      if (!endpoint.isMirror && !(error instanceof TransportError)) throw error;
      failure = betterError(failure, error);
    } finally {
      http.close();
    }
  }
  throw failure ?? new EngineError('unavailable', `no endpoint for ${reference.domain}`);
}

export function createHttp(endpoint: Endpoint, config: RegistryConfig, retryDelayMs?: number): HttpClient {
  const certificates = endpoint.domain === DEFAULT_DOMAIN ? 'registry-1.docker.io' : endpoint.domain;
  return new HttpClient({ tls: readCertificates(certificates, config, endpoint.skipVerify), skipVerify: endpoint.skipVerify, ...(retryDelayMs !== undefined && { retryDelayMs }) });
}

/** What a registry says is worth more than that the next endpoint could not be reached. */
function betterError(before: unknown, error: unknown): unknown {
  return before !== undefined && error instanceof TransportError && !(before instanceof TransportError) ? before : error;
}
