/** What a build would make, in the shape of a bake file: for `build --print`, and for whoever gives it to `docker buildx bake`. */
import { isAbsolute, join } from 'node:path';
import type { Build, Project, Service } from '../compose/index.ts';
import { servicesToBuild, type BuildServicesOptions } from './build.ts';
import { imageOf, imageLabels } from './identity.ts';

export interface BakeFile {
  readonly group: { readonly default: { readonly targets: readonly string[] } };
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface BakeOptions extends BuildServicesOptions {
  readonly push?: boolean;
}

/** @throws UserError for a service that does not exist */
export function bakeFile(project: Project, options: BakeOptions = {}): BakeFile {
  const services = servicesToBuild(project, options);
  const target = Object.fromEntries(services.map((service) => [service.name, bakeTarget(project, service, options)]));
  return { group: { default: { targets: services.map(({ name }) => name) } }, target };
}

function bakeTarget(project: Project, service: Service, options: BakeOptions): Record<string, unknown> {
  const build = service.build ?? {};
  const pushed = options.push && service.image !== undefined;
  return withoutEmpty({
    context: build.context ?? project.directory,
    contexts: mapValues(build.additional_contexts, (source) => contextSource(project, source)),
    dockerfile: build.dockerfile_inline === undefined ? build.dockerfile : undefined,
    'dockerfile-inline': build.dockerfile_inline,
    args: bakeArguments(project, { ...build.args, ...options.args }),
    labels: { ...build.labels, ...imageLabels(project.name, service.name) },
    tags: [imageOf(project.name, service), ...(build.tags ?? [])],
    'cache-from': build.cache_from,
    'cache-to': build.cache_to,
    target: build.target,
    secret: (build.secrets ?? []).map(({ source, target }) => secretText(project, source, target)),
    ssh: Object.entries({ ...build.ssh, ...options.ssh }).map(([id, path]) => (path === '' ? id : `${id}=${path}`)),
    platforms: build.platforms ?? (service.platform === undefined ? undefined : [service.platform]),
    pull: options.pull ?? build.pull,
    'no-cache': options.noCache ?? build.no_cache,
    'no-cache-filter': build.no_cache_filter,
    network: build.network,
    'shm-size': build.shm_size === undefined ? undefined : String(build.shm_size),
    ulimits: Object.entries(build.ulimits ?? {}).map(([name, { soft, hard }]) => `${name}=${soft}:${hard}`),
    'extra-hosts': mapValues(build.extra_hosts, (addresses) => addresses.join(',')),
    entitlements: entitlements(build),
    call: options.check ? 'lint' : undefined,
    output: options.check ? undefined : [pushed ? 'type=image,push=true' : 'type=docker'],
  });
}

/** Another service's image is another target of the same file. */
function contextSource(project: Project, source: string): string {
  if (source.startsWith('service:')) return `target:${source.slice('service:'.length)}`;
  return /^[a-z-]+:/.test(source) || isAbsolute(source) ? source : join(project.directory, source);
}

/** An argument without a value is taken from the project's environment, or left out. */
function bakeArguments(project: Project, args: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args).flatMap(([key, value]) => {
      const known = value ?? project.environment[key];
      return known === undefined ? [] : [[key, known]];
    }),
  );
}

function secretText(project: Project, source: string, target: string | undefined): string {
  const object = project.secrets[source];
  const id = target === undefined || target === `/run/secrets/${source}` ? source : target;
  if (object?.file !== undefined) return `id=${id},type=file,src=${object.file}`;
  return object?.environment === undefined ? `id=${id}` : `id=${id},type=env,env=${object.environment}`;
}

function entitlements({ entitlements: named = [], privileged = false }: Build): string[] {
  return [...named, ...(privileged && !named.includes('security.insecure') ? ['security.insecure'] : [])];
}

function mapValues<V>(values: Readonly<Record<string, V>> | undefined, change: (value: V) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, change(value)]));
}

function withoutEmpty(target: Record<string, unknown>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean => value === undefined || value === '' || value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(target).filter(([, value]) => !isEmpty(value)));
}
