import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Endpoint, TlsFiles } from './endpoint.ts';

/**
 * Opens a socket to an endpoint. It may still be connecting when it is returned: a failure comes as its `error` event, and what is
 * written meanwhile is kept back. Only TLS, which is rare, loads more of Node and therefore comes later.
 */
export function dial(endpoint: Endpoint): Socket | Promise<Socket> {
  if (endpoint.kind === 'unix') return connect({ path: endpoint.path });
  const { host, port, tls } = endpoint;
  if (tls === undefined) return connect({ host, port, noDelay: true, keepAlive: true });
  return dialTls(host, port, tls);
}

async function dialTls(host: string, port: number, tls: TlsFiles): Promise<Socket> {
  const { connect: connectTls } = await import('node:tls');
  const read = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path));
  const [ca, cert, key] = [read(tls.ca), read(tls.cert), read(tls.key)];
  return connectTls({
    host,
    port,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(!/^[\d.]+$|:/.test(host) && { servername: host }),
    rejectUnauthorized: !(tls.skipVerify ?? false),
  });
}
