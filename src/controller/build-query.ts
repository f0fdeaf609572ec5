/** A service's build section as the query of the Engine API, with what only our engine understands beside it. */
import { UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import type { BuildExtra, BuildOptions, RegistryAuth } from '../engine-api/index.ts';
import type { BuildVerbOptions } from './build.ts';
import type { CachePlan } from './build-cache.ts';
import type { PackedContext } from './build-context.ts';
import { readBuildSecrets } from './build-secrets.ts';
import type { ProjectContext } from './context.ts';
import { imageLabels } from './identity.ts';

export interface QueryInput extends BuildVerbOptions {
  readonly packed: PackedContext;
  readonly caches: CachePlan;
}

/** The query of `POST /build` for a service. @throws UserError `build.unsupported` … */
export async function buildQuery(context: ProjectContext, service: Service, image: string, { packed, caches, ...options }: QueryInput): Promise<BuildOptions> {
  const { project } = context;
  const definition = service.build ?? {};
  const extra = await buildExtra(context, service, { packed, caches }, options);
  const registryConfig = await credentialsFor(context, [packed.dockerfileText ?? '', ...caches.from, ...Object.values(definition.args ?? {}), ...Object.values(packed.namedContexts)]);
  return {
    ...limits(service, options),
    dockerfile: packed.dockerfile,
    ...(packed.remote !== undefined && { remote: packed.remote }),
    tags: [image, ...(definition.tags ?? [])],
    buildArgs: { ...(caches.inline && { BUILDKIT_INLINE_CACHE: '1' }), ...buildArguments(project, service, options) },
    labels: { ...definition.labels, ...imageLabels(project.name, service.name) },
    noCache: options.noCache ?? definition.no_cache ?? false,
    pull: options.pull ?? definition.pull ?? false,
    remove: true,
    forceRemove: true,
    ...(definition.target !== undefined && { target: definition.target }),
    ...(definition.network !== undefined && { networkMode: definition.network }),
    ...(caches.from.length > 0 && { cacheFrom: [...caches.from] }),
    ...(definition.extra_hosts && { extraHosts: Object.entries(definition.extra_hosts).flatMap(([name, ips]) => ips.map((ip) => `${name}:${ip}`)) }),
    ...platformOf(service),
    ...(registryConfig && { registryConfig }),
    ...(extra && { extra }),
  };
}

function limits(service: Service, options: BuildVerbOptions): BuildOptions {
  const ulimits = Object.entries(service.build?.ulimits ?? {}).map(([Name, u]) => ({ Name, Soft: u.soft, Hard: u.hard }));
  return {
    ...(service.build?.shm_size !== undefined && { shmSize: service.build.shm_size }),
    ...(ulimits.length > 0 && { ulimits }),
    ...(options.memory !== undefined && { memory: options.memory }),
  };
}

/** Without a platform of its own a service is built for the engine's; several are more than a local engine keeps. */
function platformOf(service: Service): { platform?: string } {
  const platforms = service.build?.platforms ?? [];
  const platform = service.platform ?? (platforms.length === 1 ? platforms[0] : undefined);
  return platform === undefined ? {} : { platform };
}

/** Command line over file; an argument without a value takes the project environment's, and is left out when that has none. */
function buildArguments(project: Project, service: Service, options: BuildVerbOptions): Record<string, string | null> {
  const args: Record<string, string | null> = {};
  for (const [key, value] of Object.entries({ ...service.build?.args, ...options.args })) {
    const known = value ?? project.environment[key];
    if (known !== undefined) args[key] = known;
  }
  return args;
}

/** Fields that only our own engine understands; undefined for others. @throws UserError `build.unsupported` when another engine would ignore a secret */
async function buildExtra(context: ProjectContext, service: Service, { packed, caches }: Pick<QueryInput, 'packed' | 'caches'>, options: BuildVerbOptions): Promise<BuildExtra | undefined> {
  const definition = service.build ?? {};
  const secrets = await readBuildSecrets(context.project, service);
  const ssh = { ...definition.ssh, ...options.ssh };
  const { namedContexts, localContexts, dockerfileName } = packed;
  const extra: BuildExtra = {
    ...(Object.keys(secrets).length > 0 && { secrets }),
    ...(Object.keys(ssh).length > 0 && { ssh }),
    ...(Object.keys(namedContexts).length > 0 && { namedContexts: { ...namedContexts } }),
    ...(definition.no_cache_filter && { noCacheFilter: [...definition.no_cache_filter] }),
    ...(definition.entitlements && { entitlements: [...definition.entitlements] }),
    ...(definition.privileged && { privileged: true }),
    ...(options.check && { check: true }),
    ...(Object.keys(localContexts).length > 0 && { localContexts }),
    ...(dockerfileName !== undefined && { dockerfileName }),
    ...(caches.to.length > 0 && { cacheTo: caches.to.map(({ reference, mode }) => ({ reference, mode })) }),
  };
  if (context.ownEngine) return extra; // also when it is empty: it makes the engine tell failures as data
  const needs = Object.keys(extra).filter((key) => key === 'secrets' || key === 'ssh' || key === 'namedContexts');
  if (needs.length > 0) {
    throw new UserError(`services.${service.name}.build: ${needs.join(', ')} need an engine of tscompose; the classic build API of other engines has no place for them`, { code: 'build.unsupported' });
  }
  return undefined;
}

/**
 * Credentials of the registries that a build may want images from: Docker Hub, and hosts that its texts name before a slash. An engine
 * asks for them by host; one that is guessed here and never used costs a look into a file.
 */
async function credentialsFor(context: ProjectContext, texts: readonly (string | null)[]): Promise<Record<string, RegistryAuth> | undefined> {
  if (!context.credentials) return undefined;
  const hosts = texts.flatMap((text) => [...(text ?? '').matchAll(/(?<![\w./-])((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?|[a-z0-9-]+:\d+|localhost)\/[a-z0-9]/g)].map((match) => match[1] ?? ''));
  const found: Record<string, RegistryAuth> = {};
  for (const host of new Set(['docker.io', ...hosts])) {
    const auth = await context.credentials(host);
    if (auth) found[host === 'docker.io' ? 'https://index.docker.io/v1/' : host] = auth;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}
