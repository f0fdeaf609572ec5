/**
 * Which registries are trusted how. Read anew for every operation, so that a change needs no restart.
 *
 * `<data root>/config.json` and then `/etc/tscompose/engine.json`, both optional, with dockerd's keys where it has them:
 * ```json
 * { "insecure-registries": ["registry.lan:5000", "10.0.0.0/8"],
 *   "registry-mirrors": ["https://mirror.example"],
 *   "mirrors": { "registry.example": ["http://127.0.0.1:5001"] },
 *   "max-concurrent-downloads": 3, "max-concurrent-uploads": 5 }
 * ```
 * Certificates lie where docker looks for them: `/etc/docker/certs.d/<host:port>/{*.crt, *.cert + *.key}`, and likewise below
 * `/etc/tscompose/certs.d`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { EngineError, readTextIfExists } from '../../../base/index.ts';
import { DEFAULT_DOMAIN } from '../reference.ts';

export interface RegistryConfig {
  insecure: readonly string[];
  /** Domain to mirror base URLs, in order. */
  mirrors: Readonly<Record<string, readonly string[]>>;
  downloads: number;
  uploads: number;
  certificateDirectories: readonly string[];
}

const SYSTEM_FILE = '/etc/tscompose/engine.json';
const CERTIFICATE_DIRECTORIES = ['/etc/tscompose/certs.d', '/etc/docker/certs.d'];

/** @param root  the data root @throws EngineError invalid when a file is there and malformed */
export function readRegistryConfig(root: string): RegistryConfig {
  const config = { ...readConfigFile(SYSTEM_FILE), ...readConfigFile(join(root, 'config.json')) };
  const mirrors: Record<string, readonly string[]> = { [DEFAULT_DOMAIN]: strings(config['registry-mirrors']) };
  const perDomain = config['mirrors'];
  if (typeof perDomain === 'object' && perDomain !== null) for (const [domain, urls] of Object.entries(perDomain)) mirrors[domain] = strings(urls);
  return {
    insecure: strings(config['insecure-registries']),
    mirrors,
    downloads: count(config['max-concurrent-downloads'], 3),
    uploads: count(config['max-concurrent-uploads'], 5),
    certificateDirectories: [...strings(config['certificate-directories']), ...CERTIFICATE_DIRECTORIES],
  };
}

function readConfigFile(path: string): Record<string, unknown> {
  const text = readTextIfExists(path);
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new Error('it is no JSON object');
  } catch (cause) {
    throw new EngineError('invalid', `${path}: ${(cause as Error).message}`, { cause });
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 100 ? value : otherwise;
}

/** One base URL to try. */
export interface Endpoint {
  /** Without a trailing slash. */
  url: string;
  isMirror: boolean;
  /** Certificates are not checked. */
  skipVerify: boolean;
  /** Registry domain that credentials and certificates belong to. */
  domain: string;
}

/** The endpoints of a registry in the order in which they are tried: mirrors, https, and http where that is allowed. */
export async function endpointsOf(domain: string, config: RegistryConfig, use: 'pull' | 'push'): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = [];
  if (use === 'pull')
    for (const mirror of config.mirrors[domain] ?? []) {
      const url = new URL(mirror);
      const skipVerify = await isInsecure(url.host, config);
      endpoints.push({ url: mirror.replace(/\/+$/, ''), isMirror: true, skipVerify, domain: url.host });
    }
  if (domain === DEFAULT_DOMAIN) return [...endpoints, { url: 'https://registry-1.docker.io', isMirror: false, skipVerify: false, domain }];
  const skipVerify = await isInsecure(domain, config);
  endpoints.push({ url: `https://${domain}`, isMirror: false, skipVerify, domain });
  if (skipVerify) endpoints.push({ url: `http://${domain}`, isMirror: false, skipVerify, domain });
  return endpoints;
}

/** Loopback addresses are insecure by nature, as for dockerd; the rest is said by name, address or network. */
async function isInsecure(domain: string, config: RegistryConfig): Promise<boolean> {
  const host = domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (host === 'localhost' || config.insecure.includes(domain) || config.insecure.includes(host)) return true;
  const networks = new BlockList();
  networks.addSubnet('127.0.0.0', 8, 'ipv4');
  networks.addAddress('::1', 'ipv6');
  let configured = false;
  for (const entry of config.insecure) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address);
    if (bits === undefined || family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) continue;
    networks.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    configured = true;
  }
  const literal = isIP(host);
  if (literal !== 0) return networks.check(host, literal === 6 ? 'ipv6' : 'ipv4');
  if (!configured) return false;
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => networks.check(address, family === 6 ? 'ipv6' : 'ipv4'));
}

const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem'];

export interface TlsFiles {
  ca: string[];
  cert?: string;
  key?: string;
}

/**
 * What to trust for a registry: the system's certificates, `NODE_EXTRA_CA_CERTS`, and the registry's own directory.
 * @param skipVerify  nothing is checked anyway: only a client certificate counts (parsing the system's takes tens of milliseconds)
 */
export function readCertificates(domain: string, config: RegistryConfig, skipVerify = false): TlsFiles {
  return addOwnFiles(skipVerify ? { ca: [] } : systemCertificates(), domain, config);
}

/** What the machine trusts. */
export function systemCertificates(): TlsFiles {
  const bundle = SYSTEM_BUNDLES.find((path) => existsSync(path));
  const files: TlsFiles = { ca: bundle === undefined ? [...rootCertificates] : [readFileSync(bundle, 'utf8')] };
  const extra = process.env['TSCOMPOSE_EXTRA_CA_CERTS'] ?? process.env['NODE_EXTRA_CA_CERTS']; // the first: see the engine's start
  if (extra !== undefined && existsSync(extra)) files.ca.push(readFileSync(extra, 'utf8'));
  return files;
}

function addOwnFiles(files: TlsFiles, domain: string, config: RegistryConfig): TlsFiles {
  if (!/^[\w.:[\]-]+$/.test(domain)) return files;
  for (const directory of config.certificateDirectories.map((base) => join(base, domain))) {
    for (const name of existsSync(directory) ? readdirSync(directory).sort() : []) {
      const path = join(directory, name);
      if (name.endsWith('.crt')) files.ca.push(readFileSync(path, 'utf8'));
      const key = path.replace(/\.cert$/, '.key');
      if (name.endsWith('.cert') && existsSync(key)) Object.assign(files, { cert: readFileSync(path, 'utf8'), key: readFileSync(key, 'utf8') });
    }
  }
  return files;
}
