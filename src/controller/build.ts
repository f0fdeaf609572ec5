/** `build`: contexts packed and sent, images built in order. */
import { errorMessage, isEngineError, UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { throwProgressErrors, type BuildAux, type BuildFailure, type Progress } from '../engine-api/index.ts';
import { buildGraph, walk } from '../graph/index.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { imageOf } from './identity.ts';
import { buildDependencies } from './plan-images.ts';
import { selectServices } from './plan-up.ts';
import { packContext } from './build-context.ts';
import { exportCaches, planCaches, releaseCaches, type CachePlan } from './build-cache.ts';
import { buildQuery } from './build-query.ts';

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
  const services = servicesToBuild(project, options);
  const graph = buildGraph(project);
  const built: BuiltImage[] = [];
  const byImage = new Map<string, Promise<BuiltImage>>();
  const edges = { key: (s: Service) => s.name, after: (s: Service) => [...buildDependencies(s), ...graph.dependenciesOf(s.name).map((edge) => edge.to)] };
  const failures: unknown[] = [];
  await walk(services, edges, async (service) => {
    const image = imageOf(project.name, service);
    const running = byImage.get(image) ?? buildService(context, service, options);
    byImage.set(image, running);
    try {
      built.push(await running);
    } catch (error) {
      if (!options.check || context.signal?.aborted) throw error;
      failures.push(error); // one Dockerfile's faults say nothing about the others
    }
  }, { width: WIDTH, ...(context.signal && { signal: context.signal }) });
  if (failures.length > 1) throw new UserError(failures.map(errorMessage).join('\n'), { code: 'build.failed', cause: failures[0] });
  if (failures.length === 1) throw failures[0];
  return built;
}

/** Services that have something to build: those that were asked for, and those whose images are contexts of others. @throws UserError */
export function servicesToBuild(project: Project, options: BuildServicesOptions): Service[] {
  checkServices(project, options.services ?? []);
  const selected = selectServices(project, buildGraph(project), { services: options.services ?? [], noDeps: !options.withDependencies });
  return withContextServices(project, selected).filter((service) => service.build);
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
  let caches: CachePlan | undefined;
  try {
    let id: string | undefined;
    caches = await planCaches(context, service, image);
    for await (const message of throwProgressErrors(await startBuild(context, service, image, { ...options, caches }))) {
      const aux = message.aux as BuildAux | undefined;
      id = aux?.ID ?? id;
      output.add(message.stream, aux?.failure);
      context.onEvent?.({ type: 'build', service: service.name, image, message });
    }
    await exportCaches(context, service, caches);
    tell('done', 'Built');
    return { service: service.name, image, id: id ?? output.builtId };
  } catch (error) {
    const reason = output.explain(errorMessage(error));
    tell('error', 'Error', reason.split('\n')[0]);
    if (context.signal?.aborted || error instanceof UserError) throw error;
    throw new UserError(`failed to build ${service.name}: ${reason}`, { code: 'build.failed', cause: error });
  } finally {
    if (caches) await releaseCaches(context, caches);
  }
}

/**
 * Our engine lies on this machine and reads the context in place. It declines with `conflict` when it sees other directories than we do,
 * or we are another user than it is; then, and for other engines, the context is sent.
 */
async function startBuild(context: ProjectContext, service: Service, image: string, options: BuildVerbOptions & { caches: CachePlan }): Promise<Progress> {
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

const TAIL = 15;

/** The end of a build's output, for the error message; and the id that classic builders print. */
class OutputTail {
  lines: string[] = [];
  builtId: string | undefined;
  #rest = '';
  #failure: BuildFailure | undefined;

  /** Our engine tells what failed as data: its place, the lines around it, the end of the command's output. Others only print. */
  explain(message: string): string {
    const failure = this.#failure;
    const output = failure?.output?.split('\n').filter((line) => line.trim() !== '').slice(-TAIL) ?? [];
    const lines = failure ? [...output, ...failure.excerpt.split('\n')] : this.lines;
    return [failure?.message ?? message, ...lines.map((line) => `  ${line}`)].join('\n');
  }

  add(text: string | undefined, failure?: BuildFailure): void {
    this.#failure = failure ?? this.#failure;
    if (text === undefined) return;
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const line of parts) {
      if (line.trim() === '') continue;
      this.builtId = /^Successfully built ([0-9a-f]{12,64})/.exec(line)?.[1] ?? this.builtId;
      this.lines.push(line.trimEnd());
    }
    this.lines = this.lines.slice(-TAIL);
  }
}
