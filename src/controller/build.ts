/** `build`: contexts packed and sent, images built in order. */
import { errorMessage, isEngineError, UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { throwProgressErrors, type BuildExtra, type BuildOptions, type Progress } from '../engine-api/index.ts';
import { buildGraph, walk } from '../graph/index.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { imageLabels, imageOf } from './identity.ts';
import { buildDependencies } from './plan-images.ts';
import { selectServices } from './plan-up.ts';
import { packContext, type PackedContext } from './build-context.ts';
import { readBuildSecrets } from './build-secrets.ts';

/** What the command line adds to every build. */
export interface BuildVerbOptions {
  readonly args?: Readonly<Record<string, string | null>>;
  readonly noCache?: boolean;
  readonly pull?: boolean;
  readonly quiet?: boolean;
  /** Bytes. */
  readonly memory?: number;
  readonly ssh?: Readonly<Record<string, string>>;
  /** Lint only. */
  readonly check?: boolean;
}

export interface BuildServicesOptions extends BuildVerbOptions {
  readonly services?: readonly string[];
  readonly withDependencies?: boolean;
}

export interface BuiltImage {
  readonly service: string;
  readonly image: string;
  /** `sha256:...`; undefined when the engine did not tell. */
  readonly id: string | undefined;
}

/** Builds are mostly the engine's work and lock each other out of little: a few at once. */
const WIDTH = 4;

/** Builds the services that can be built, each after those it depends on. @throws UserError `build.failed` */
export async function build(context: ProjectContext, options: BuildServicesOptions = {}): Promise<BuiltImage[]> {
  const { project } = context;
  checkServices(project, options.services ?? []);
  const graph = buildGraph(project);
  const selected = selectServices(project, graph, { services: options.services ?? [], noDeps: !options.withDependencies });
  const services = withContextServices(project, selected).filter((service) => service.build);
  const built: BuiltImage[] = [];
  const byImage = new Map<string, Promise<BuiltImage>>();
  const edges = { key: (s: Service) => s.name, after: (s: Service) => [...buildDependencies(s), ...graph.dependenciesOf(s.name).map((edge) => edge.to)] };
  await walk(services, edges, async (service) => {
    const image = imageOf(project.name, service);
    const running = byImage.get(image) ?? buildService(context, service, options);
    byImage.set(image, running);
    built.push(await running);
  }, { width: WIDTH, ...(context.signal && { signal: context.signal }) });
  return built;
}

/** Adds the services whose images are contexts of others. */
function withContextServices(project: Project, services: readonly Service[]): Service[] {
  const found = new Map(services.map((service) => [service.name, service]));
  for (const service of found.values()) {
    for (const name of buildDependencies(service)) {
      const other = project.services[name] ?? project.disabledServices[name];
      if (other) found.set(name, other);
    }
  }
  return [...found.values()];
}

/** Builds one service's image under its name and `build.tags`. @throws UserError `build.failed`, `build.undefined` */
export async function buildService(context: ProjectContext, service: Service, options: BuildVerbOptions): Promise<BuiltImage> {
  const image = imageOf(context.project.name, service);
  const tell = (state: 'working' | 'done' | 'error', text: string, reason?: string): void =>
    context.onEvent?.({ type: 'resource', id: `image ${image}`, kind: 'image', name: image, service: service.name, state, text, ...(reason !== undefined && { reason }) });
  tell('working', 'Building');
  const output = new OutputTail();
  try {
    let id: string | undefined;
    for await (const message of throwProgressErrors(await startBuild(context, service, image, options))) {
      const aux = message.aux as { ID?: string } | undefined;
      id = aux?.ID ?? id;
      output.add(message.stream);
      context.onEvent?.({ type: 'build', service: service.name, image, message });
    }
    tell('done', 'Built');
    return { service: service.name, image, id: id ?? output.builtId };
  } catch (error) {
    tell('error', 'Error', errorMessage(error));
    if (context.signal?.aborted || error instanceof UserError) throw error;
    const tail = output.lines.length === 0 ? '' : `\n${output.lines.map((line) => `  ${line}`).join('\n')}`;
    throw new UserError(`failed to build ${service.name}: ${errorMessage(error)}${tail}`, { code: 'build.failed', cause: error });
  }
}

/**
 * Our engine lies on this machine and reads the context in place. It declines with `conflict` when it sees other directories than we do,
 * or we are another user than it is; then, and for other engines, the context is sent.
 */
async function startBuild(context: ProjectContext, service: Service, image: string, options: BuildVerbOptions): Promise<Progress> {
  if (!service.build) throw new UserError(`service ${service.name} has no build section`, { code: 'build.undefined' });
  const start = async (inPlace: boolean): Promise<Progress> => {
    const packed = await packContext(context.project, service, { ownEngine: context.ownEngine ?? false, inPlace });
    const query = await buildQuery(context, service, image, { ...options, packed });
    return context.engine.images.build(query, packed.stream, callOptions(context));
  };
  if (!context.ownEngine) return start(false);
  return start(true).catch((error: unknown) => {
    if (isEngineError(error, 'conflict')) return start(false);
    throw error;
  });
}

async function buildQuery(context: ProjectContext, service: Service, image: string, { packed, ...options }: BuildVerbOptions & { packed: PackedContext }): Promise<BuildOptions> {
  const { project } = context;
  const definition = service.build ?? {};
  const extra = await buildExtra(context, service, packed, options);
  return {
    ...limits(service, options),
    dockerfile: packed.dockerfile,
    ...(packed.remote !== undefined && { remote: packed.remote }),
    tags: [image, ...(definition.tags ?? [])],
    buildArgs: buildArguments(project, service, options),
    labels: { ...definition.labels, ...imageLabels(project.name, service.name) },
    noCache: options.noCache ?? definition.no_cache ?? false,
    pull: options.pull ?? definition.pull ?? false,
    remove: true,
    forceRemove: true,
    ...(definition.target !== undefined && { target: definition.target }),
    ...(definition.network !== undefined && { networkMode: definition.network }),
    ...(definition.cache_from && { cacheFrom: definition.cache_from.filter((entry) => !entry.includes('type=')) }),
    ...(definition.extra_hosts && { extraHosts: Object.entries(definition.extra_hosts).flatMap(([name, ips]) => ips.map((ip) => `${name}:${ip}`)) }),
    ...platformOf(service),
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
async function buildExtra(context: ProjectContext, service: Service, packed: PackedContext, options: BuildVerbOptions): Promise<BuildExtra | undefined> {
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
  };
  if (context.ownEngine) return extra; // also when it is empty: it makes the engine tell failures as data
  const needs = Object.keys(extra).filter((key) => key === 'secrets' || key === 'ssh' || key === 'namedContexts');
  if (needs.length > 0) {
    throw new UserError(`services.${service.name}.build: ${needs.join(', ')} need an engine of tscompose; the classic build API of other engines has no place for them`, { code: 'build.unsupported' });
  }
  return undefined;
}

/** The end of a build's output, for the error message; and the id that classic builders print. */
class OutputTail {
  lines: string[] = [];
  builtId: string | undefined;
  #rest = '';

  add(text: string | undefined): void {
    if (text === undefined) return;
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const line of parts) {
      if (line.trim() === '') continue;
      this.builtId = /^Successfully built ([0-9a-f]{12,64})/.exec(line)?.[1] ?? this.builtId;
      this.lines.push(line.trimEnd());
    }
    this.lines = this.lines.slice(-15);
  }
}
