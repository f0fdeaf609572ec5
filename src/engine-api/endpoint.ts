/** Where an engine listens. `source` says who chose it and is shown when it cannot be reached. */
export type Endpoint =
  | { kind: 'unix'; path: string; source: EndpointSource }
  | { kind: 'tcp'; host: string; port: number; tls?: TlsFiles; source: EndpointSource };

/** `default` is our own engine, which a client may wake; all others are somebody else's to start. */
export type EndpointSource = '--host' | '--context' | 'DOCKER_HOST' | 'DOCKER_CONTEXT' | 'docker context' | 'default';

/** Paths of PEM files; absent ones are not used. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
  skipVerify?: boolean;
}

/** As in `--host`: `unix:///run/docker.sock`, `tcp://127.0.0.1:2375`. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}
