/** HTTP proxies as the environment names them: HTTP_PROXY, HTTPS_PROXY, NO_PROXY (lower case too). */
import * as http from 'node:http';
import type { Socket } from 'node:net';

export interface Proxy {
  host: string;
  port: number;
  /** `Proxy-Authorization`, when the URL has credentials. */
  headers: Record<string, string>;
  /** Opens a tunnel to the host of `url`. */
  tunnel(url: URL, done: (error: Error | undefined, socket?: Socket) => void): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns undefined when the host is reached directly; loopback always is */
export function proxyFor(url: URL, environment: Environment): Proxy | undefined {
  const get = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const setting = get(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (setting === undefined || isExcepted(url, get('NO_PROXY') ?? '')) return undefined;
  const proxy = new URL(setting.includes('://') ? setting : `http://${setting}`);
  const credentials = Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64');
  const headers: Record<string, string> = proxy.username === '' ? {} : { 'Proxy-Authorization': `Basic ${credentials}` };
  const [host, port] = [proxy.hostname, Number(proxy.port || 80)];
  return { host, port, headers, tunnel: (target, done) => openTunnel({ host, port, headers }, target, done) };
}

function isExcepted(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true;
  return exceptions.split(',').some((entry) => {
    const [name = '', port] = entry.trim().toLowerCase().split(':');
    if (name === '*') return true;
    if (name === '' || (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80')))) return false;
    const bare = name.replace(/^\*?\./, '');
    return host === bare || host.endsWith(`.${bare}`);
  });
}

function openTunnel(proxy: Pick<Proxy, 'host' | 'port' | 'headers'>, url: URL, done: (error: Error | undefined, socket?: Socket) => void): void {
  const path = `${url.hostname}:${url.port || 443}`;
  const request = http.request({ host: proxy.host, port: proxy.port, method: 'CONNECT', path, headers: { Host: path, ...proxy.headers }, agent: false, timeout: 30_000 });
  request.once('connect', (response, socket) => {
    if (response.statusCode === 200) return done(undefined, socket);
    socket.destroy();
    done(new Error(`the proxy answered ${response.statusCode}`));
  });
  request.once('timeout', () => request.destroy(new Error('the proxy did not answer')));
  request.once('error', (error) => done(error));
  request.end();
}
