import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, errorMessage, readTextIfExists, UserError } from '../base/index.ts';
import type { Endpoint, EndpointSource, TlsFiles } from './endpoint.ts';
import { HttpEngine } from './http-engine.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConnectOptions {
  /** `--host`: `unix:///path`, `tcp://host:port`, or a bare `/path`. Wins over everything. */
  host?: string | undefined;
  /** `--context`: a docker context. */
  context?: string | undefined;
  env: Environment;
  /** Called when nobody listens at the *default* endpoint: starts our engine, or throws why it cannot. */
  wake?: (() => Promise<void>) | undefined;
}

/** Where our own engine keeps what does not outlive a reboot, its socket among it. `TSCOMPOSE_RUN` overrides. */
export function defaultRunRoot(env: Environment): string {
  return env['TSCOMPOSE_RUN'] || '/run/tscompose';
}

/** Where our own engine keeps its data. `TSCOMPOSE_ROOT` overrides. */
export function defaultDataRoot(env: Environment): string {
  return env['TSCOMPOSE_ROOT'] || '/var/lib/tscompose';
}

/** The socket of our own engine. */
export function defaultSocketPath(env: Environment): string {
  return join(defaultRunRoot(env), 'engine.sock');
}

/**
 * An engine to talk to. Connects at the first call.
 * @throws UserError `endpoint.invalid` for an address or context that cannot be used
 */
export function connectEngine(options: ConnectOptions): HttpEngine {
  const endpoint = resolveEndpoint(options);
  const { wake } = options;
  return new HttpEngine({ endpoint, ...(endpoint.source === 'default' && wake && { wake }) });
}

/**
 * Which endpoint, first hit wins: `--host`, `--context`, DOCKER_HOST, DOCKER_CONTEXT, the current docker context, our own engine.
 * @see docker CLI, "docker context": DOCKER_HOST beats every context
 */
export function resolveEndpoint({ host, context, env }: Omit<ConnectOptions, 'wake'>): Endpoint {
  if (host) return parseHost(host, '--host', env);
  if (context) return contextEndpoint(context, '--context', env);
  if (env['DOCKER_HOST']) return parseHost(env['DOCKER_HOST'], 'DOCKER_HOST', env);
  if (env['DOCKER_CONTEXT']) return contextEndpoint(env['DOCKER_CONTEXT'], 'DOCKER_CONTEXT', env);
  const current = currentContext(env);
  if (current !== undefined && current !== 'default') return contextEndpoint(current, 'docker context', env);
  return ownEngine(env);
}

function ownEngine(env: Environment): Endpoint {
  return { kind: 'unix', path: defaultSocketPath(env), source: 'default' };
}

function parseHost(host: string, source: EndpointSource, env: Environment, tls = tlsFromEnvironment(env)): Endpoint {
  const unix = /^(?:unix:\/\/)?(\/.+)$/.exec(host);
  if (unix?.[1] !== undefined) return unixEndpoint(unix[1], source);
  if (host.startsWith('ssh://')) throw invalid(`${host} (from ${source}): ssh is not supported`, 'forward the socket: ssh -L /tmp/engine.sock:/run/docker.sock HOST, then --host unix:///tmp/engine.sock');
  const tcp = /^(?:tcp|http|https):\/\/(\[[0-9a-f:.]+\]|[^/:[\]]+)(?::(\d{1,5}))?\/?$/i.exec(host);
  const port = Number(tcp?.[2] ?? (tls ? 2376 : 2375));
  if (tcp?.[1] === undefined || port < 1 || port > 65535) throw invalid(`${host} (from ${source}): not an engine's address`, 'use unix:///path or tcp://host:port');
  return { kind: 'tcp', host: tcp[1].replace(/^\[|\]$/g, ''), port, ...(tls && { tls }), source };
}

function unixEndpoint(path: string, source: EndpointSource): Endpoint {
  if (Buffer.byteLength(path) > 107) throw invalid(`${path} (from ${source}): a socket's path ends at 107 bytes`);
  return { kind: 'unix', path, source };
}

function tlsFromEnvironment(env: Environment): TlsFiles | undefined {
  const verify = Boolean(env['DOCKER_TLS_VERIFY']);
  if (!verify && !env['DOCKER_TLS']) return undefined;
  const directory = env['DOCKER_CERT_PATH'] || dockerDirectory(env);
  return {
    ca: join(directory, 'ca.pem'),
    cert: join(directory, 'cert.pem'),
    key: join(directory, 'key.pem'),
    skipVerify: !verify,
  };
}

function dockerDirectory(env: Environment): string {
  return env['DOCKER_CONFIG'] || join(env['HOME'] || '/root', '.docker');
}

function currentContext(env: Environment): string | undefined {
  const path = join(dockerDirectory(env), 'config.json');
  let config: { currentContext?: unknown } | undefined;
  try {
    config = readJson(path) as typeof config;
  } catch (error) {
    if (errnoCode(error) !== 'EACCES') throw error; // another user's, as with HOME kept by su: docker goes on without it, too
  }
  return typeof config?.currentContext === 'string' && config.currentContext !== '' ? config.currentContext : undefined;
}

interface ContextMeta {
  Name?: unknown;
  Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } };
}

/** A context lives at `contexts/meta/<id>/meta.json`, its keys at `contexts/tls/<id>/docker/`. */
function contextEndpoint(name: string, source: EndpointSource, env: Environment): Endpoint {
  if (name === 'default') return ownEngine(env);
  const contexts = join(dockerDirectory(env), 'contexts');
  const { id, meta } = findContext(contexts, name) ?? {};
  const docker = meta?.Endpoints?.docker;
  if (id === undefined || docker === undefined) throw invalid(`docker context "${name}" (from ${source}): not found`);
  if (typeof docker.Host !== 'string' || docker.Host === '') return ownEngine(env);
  const directory = join(contexts, 'tls', id, 'docker');
  const pem = (file: string): string | undefined => (readTextIfExists(join(directory, file)) === undefined ? undefined : join(directory, file));
  const [ca, cert, key] = [pem('ca.pem'), pem('cert.pem'), pem('key.pem')];
  const tls = ca || cert ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), skipVerify: docker.SkipTLSVerify === true } : undefined;
  return parseHost(docker.Host, source, env, tls);
}

/** The id is the name's SHA-256, but the name is in the file as well, and looking saves loading node:crypto. */
function findContext(contexts: string, name: string): { id: string; meta: ContextMeta } | undefined {
  for (const id of listDirectory(join(contexts, 'meta'))) {
    const meta = readJson(join(contexts, 'meta', id, 'meta.json')) as ContextMeta | undefined;
    if (meta?.Name === name) return { id, meta };
  }
  return undefined;
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function readJson(path: string): unknown {
  const text = readTextIfExists(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`${path}: not valid JSON: ${errorMessage(cause)}`);
  }
}

function invalid(message: string, hint?: string): UserError {
  return new UserError(message, { code: 'endpoint.invalid', ...(hint !== undefined && { hint }) });
}
