/** Registry credentials as `docker login` leaves them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoCode, UserError } from '../base/index.ts';
import type { RegistryAuth } from '../engine-api/index.ts';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { auth?: unknown; identitytoken?: unknown; registrytoken?: unknown }>>;
  readonly credsStore?: unknown;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
}

const HUB_KEY = 'https://index.docker.io/v1/';
const HELPER_TIMEOUT_MS = 20_000;

/**
 * @param registry  host name, with a port if it has one; `docker.io` for Docker Hub
 * @returns undefined when there is nothing to log in with
 * @throws UserError when the configuration or a credential helper is broken
 */
export async function registryCredentials(environment: Readonly<Record<string, string>>, registry: string): Promise<RegistryAuth | undefined> {
  const folder = environment['DOCKER_CONFIG'] || join(environment['HOME'] || '/root', '.docker');
  const config = readConfig(join(folder, 'config.json'));
  if (config === undefined) return undefined;
  const keys = registry === 'docker.io' ? [HUB_KEY, 'docker.io', 'index.docker.io'] : [registry, `https://${registry}`, `http://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  for (const key of keys) {
    const helper = config.credHelpers?.[key] ?? config.credsStore;
    const found = typeof helper === 'string' && helper !== '' ? await askHelper(helper, key) : decode(config, key);
    if (found) return { ...found, serveraddress: key };
  }
  return undefined;
}

function readConfig(path: string): DockerConfig | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DockerConfig;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be used: ${String(error)}`, { code: 'credentials.config', cause: error });
  }
}

function decode(config: DockerConfig, key: string): RegistryAuth | undefined {
  const entry = config.auths?.[key];
  if (!entry) return undefined;
  if (typeof entry.identitytoken === 'string') return { identitytoken: entry.identitytoken };
  if (typeof entry.registrytoken === 'string') return { registrytoken: entry.registrytoken };
  if (typeof entry.auth !== 'string') return undefined;
  const text = Buffer.from(entry.auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** @see docker-credential-helpers: the server's address on stdin, JSON with Username and Secret on stdout, exit 1 for "not found" */
async function askHelper(helper: string, key: string): Promise<RegistryAuth | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new UserError(`"${helper}" is not the name of a credential helper`, { code: 'credentials.helper' });
  const output = await new Promise<string | undefined>((resolve) => {
    const child = spawn(`docker-credential-${helper}`, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: HELPER_TIMEOUT_MS });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
    child.stdin.on('error', () => {}); // it may end without reading
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code === 0 ? text : undefined));
    child.stdin.end(key);
  });
  if (output === undefined) return undefined;
  const { Username, Secret } = JSON.parse(output) as { Username?: string; Secret?: string };
  if (Secret === undefined) return undefined;
  return Username === '<token>' ? { identitytoken: Secret } : { username: Username ?? '', password: Secret };
}
