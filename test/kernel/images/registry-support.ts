/** Registries to test against: Debian's docker-registry in its several forms, a token server, and a proxy that makes faults. */
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { createHash, createSign } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/workspace.ts';

export interface Registry {
  /** `127.0.0.1:5000` */
  host: string;
  port: number;
  data: string;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  htpasswd?: { user: string; password: string };
  tls?: Certificate;
  token?: { realm: string; certificate: Certificate };
  /** Pull-through cache of this registry. */
  proxyOf?: string;
  /** Name to reach it by, in place of the address. */
  name?: string;
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), 'tsc-registry-'));
  const port = await freePort();
  const data = join(directory, 'data');
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, ...(options.tls && { tls: { certificate: options.tls.cert, key: options.tls.key } }) },
    ...(options.proxyOf !== undefined && { proxy: { remoteurl: options.proxyOf } }),
    ...authOf(options, directory),
  };
  mkdirSync(data);
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(config)); // JSON is YAML
  const child = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await eventually('docker-registry', () => {
    if (child.exitCode !== null) throw new Error(log);
    return isOpen(port);
  }, 20_000);
  return { host: `${options.name ?? '127.0.0.1'}:${port}`, port, data, stop: () => stop(child, directory) };
}

function authOf({ htpasswd, token }: RegistryOptions, directory: string): object {
  if (htpasswd) {
    const path = join(directory, 'htpasswd');
    writeFileSync(path, execFileSync('htpasswd', ['-Bbn', htpasswd.user, htpasswd.password]));
    return { auth: { htpasswd: { realm: 'test', path } } };
  }
  if (!token) return {};
  return { auth: { token: { realm: token.realm, service: 'test-registry', issuer: 'test-issuer', rootcertbundle: token.certificate.cert } } };
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  child.kill('SIGKILL');
  await eventually('the end of docker-registry', () => child.exitCode !== null || child.signalCode !== null, 10_000);
  rmSync(directory, { recursive: true, force: true });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export interface Certificate {
  cert: string;
  key: string;
}

/** A self-signed certificate for some names. */
export function makeCertificate(directory: string, names: readonly string[]): Certificate {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const alternative = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternative}`, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
  return files;
}

/** A host name other than localhost that means 127.0.0.1 here: registries under it are not insecure by nature. */
export async function loopbackName(): Promise<string | undefined> {
  const name = hostname();
  const address = await lookup(name, { family: 4 }).catch(() => undefined);
  return address?.address.startsWith('127.') === true ? name : undefined;
}

export interface TokenServer {
  realm: string;
  /** Scopes asked for, in order. */
  asked: { scopes: string[]; account: string | undefined; authorization: string | undefined }[];
  stop(): Promise<void>;
}

/** Issues tokens to `user`/`password`, and to anybody for pulling when `anonymous`. */
export async function startTokenServer(certificate: Certificate, options: { user: string; password: string; anonymous?: boolean }): Promise<TokenServer> {
  const asked: TokenServer['asked'] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const scopes = url.searchParams.getAll('scope');
    asked.push({ scopes, account: url.searchParams.get('account') ?? undefined, authorization: request.headers.authorization });
    const known = request.headers.authorization === `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
    if (request.headers.authorization !== undefined && !known) return void response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] }));
    const access = scopes.flatMap((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const granted = actions.split(',').filter((action) => known || (options.anonymous === true && action === 'pull'));
      return granted.length > 0 ? [{ type, name, actions: granted }] : [];
    });
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ token: sign(certificate, access), expires_in: 300 }));
  });
  const port = await listen(server);
  return { realm: `http://127.0.0.1:${port}/token`, asked, stop: () => close(server) };
}

function sign(certificate: Certificate, access: object[]): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const der = readFileSync(certificate.cert, 'utf8').replace(/-----[^-]+-----|\s/g, '');
  const now = Math.floor(Date.now() / 1000);
  const head = encode({ typ: 'JWT', alg: 'RS256', x5c: [der] });
  const body = encode({ iss: 'test-issuer', sub: 'test', aud: 'test-registry', exp: now + 300, nbf: now - 10, iat: now, jti: String(Math.random()), access });
  const signature = createSign('RSA-SHA256').update(`${head}.${body}`).sign(readFileSync(certificate.key, 'utf8')).toString('base64url');
  return `${head}.${body}.${signature}`;
}

export interface Request {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
}

/** What to do to a request: a status with headers, a cut after some bytes of the response or request, flipped bytes. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { cutAfter: number }
  | { cutRequestAfter: number }
  | { flip: true }
  | { ignoreRange: true };

export interface FaultyProxy {
  host: string;
  requests: Request[];
  /** Asked for every request; undefined passes it through. */
  fault: (request: Request, count: number) => Fault | undefined;
  stop(): Promise<void>;
}

/** A reverse proxy in front of a registry. `count` is how often this method and URL were asked for before. */
export async function startFaultyProxy(target: Registry): Promise<FaultyProxy> {
  const counts = new Map<string, number>();
  const server = http.createServer((incoming, outgoing) => {
    const request: Request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers };
    const key = `${request.method} ${request.url.replace(/\/uploads\/.*/, '/uploads/')}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    proxy.requests.push(request);
    const fault = proxy.fault(request, count);
    if (fault && 'status' in fault) {
      incoming.resume();
      return void outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    }
    forward(target, incoming, outgoing, fault);
  });
  const port = await listen(server);
  const proxy: FaultyProxy = { host: `127.0.0.1:${port}`, requests: [], fault: () => undefined, stop: () => close(server) };
  return proxy;
}

function forward(target: Registry, incoming: http.IncomingMessage, outgoing: http.ServerResponse, fault: Fault | undefined): void {
  const headers = { ...incoming.headers };
  if (fault && 'ignoreRange' in fault) delete headers.range;
  const upstream = http.request({ host: '127.0.0.1', port: target.port, method: incoming.method, path: incoming.url, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    let passed = 0;
    response.on('data', (chunk: Buffer) => {
      if (fault && 'flip' in fault) chunk = Buffer.from(chunk.map((byte) => byte ^ 1));
      if (fault && 'cutAfter' in fault && passed + chunk.length > fault.cutAfter) {
        outgoing.write(chunk.subarray(0, fault.cutAfter - passed), () => outgoing.destroy());
        response.destroy();
        return;
      }
      passed += chunk.length;
      outgoing.write(chunk);
    });
    response.on('end', () => outgoing.end());
    response.on('error', () => outgoing.destroy());
  });
  upstream.on('error', () => outgoing.destroy());
  let sent = 0;
  incoming.on('data', (chunk: Buffer) => {
    if (fault && 'cutRequestAfter' in fault && sent + chunk.length > fault.cutRequestAfter) {
      upstream.write(chunk.subarray(0, fault.cutRequestAfter - sent), () => upstream.destroy());
      incoming.destroy();
      return;
    }
    sent += chunk.length;
    upstream.write(chunk);
  });
  incoming.on('end', () => upstream.end());
}

/** An HTTP proxy for CONNECT only; every tunnel leads to one port of this machine. */
export async function startTunnelProxy(port: number): Promise<{ host: string; tunnels: string[]; stop(): Promise<void> }> {
  const tunnels: string[] = [];
  const clients = new Set<Socket>(); // the server forgets connections that became tunnels, but waits for them when it closes
  const server = http.createServer((_request, response) => void response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    tunnels.push(request.url ?? '');
    clients.add(client);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const stop = (): Promise<void> => {
    for (const client of clients) client.destroy();
    return close(server);
  };
  return { host: `127.0.0.1:${await listen(server)}`, tunnels, stop };
}

function listen(server: http.Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Puts a blob or a manifest into a plain registry, by hand. */
export async function put(host: string, name: string, what: { blob: Uint8Array } | { manifest: string; mediaType: string; tag: string }): Promise<string> {
  const base = `http://${host}/v2/${name}`;
  if ('manifest' in what) {
    const answer = await fetch(`${base}/manifests/${what.tag}`, { method: 'PUT', headers: { 'Content-Type': what.mediaType }, body: what.manifest });
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    return sha256(what.manifest);
  }
  const digest = sha256(what.blob);
  const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  const done = await fetch(location, { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream' }, body: Buffer.from(what.blob) });
  if (done.status !== 201) throw new Error(`${done.status} ${await done.text()}`);
  return digest;
}
