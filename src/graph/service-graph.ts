/** What a project's services need of one another, as edges with an order. */
import toposort from 'toposort';
import { type Diagnostic, UserError, depthFirst, turned } from '../base/index.ts';
import type { DependsCondition, Project, Service } from '../compose/index.ts';

/** The attribute that an edge comes from; `depends_on` wins when several name the same service. */
export type DependencyVia = 'depends_on' | 'network_mode' | 'volumes_from' | 'links' | 'ipc' | 'pid';

/** `from` needs `to`. */
export interface Dependency {
  readonly from: string;
  readonly to: string;
  readonly condition: DependsCondition;
  /** False: a missing or failed `to` is a warning only. */
  readonly required: boolean;
  /** `from` is restarted when `to` is restarted or replaced. */
  readonly restart: boolean;
  readonly via: DependencyVia;
}

export interface ServiceGraph {
  /** Dependencies first; services that do not need each other stand in the order of their names as far as edges allow. */
  readonly order: readonly string[];
  /** Direct dependencies inside the graph, by name. */
  dependenciesOf(service: string): readonly Dependency[];
  /** Direct dependents inside the graph, by name. */
  dependentsOf(service: string): readonly Dependency[];
}

/** `service:NAME` of `network_mode`, `ipc` and `pid`: the name, else undefined. */
export function serviceOfMode(mode: string | undefined): string | undefined {
  return mode?.startsWith('service:') ? mode.slice('service:'.length) : undefined;
}

/**
 * Every service that `service` names, once each, sorted by name; also services that the project does not have.
 * @see Compose specification: depends_on, links, volumes_from, network_mode, ipc, pid
 */
export function dependenciesOfService(service: Service): Dependency[] {
  const edges = new Map<string, Dependency>();
  for (const [to, on] of Object.entries(service.depends_on ?? {})) {
    const { condition, required, restart = false } = on;
    edges.set(to, { from: service.name, to, condition, required, restart, via: 'depends_on' });
  }
  const imply = (to: string | undefined, via: DependencyVia): void => {
    if (to === undefined || to === service.name || edges.has(to)) return;
    edges.set(to, { from: service.name, to, condition: 'service_started', required: true, restart: true, via });
  };
  imply(serviceOfMode(service.network_mode), 'network_mode');
  imply(serviceOfMode(service.ipc), 'ipc');
  imply(serviceOfMode(service.pid), 'pid');
  for (const source of service.volumes_from ?? []) {
    if (!source.startsWith('container:')) imply(source.split(':')[0], 'volumes_from');
  }
  for (const link of service.links ?? []) imply(link.split(':')[0], 'links');
  return [...edges.values()].sort((a, b) => compareNames(a.to, b.to));
}

/**
 * The graph over the enabled services of a project.
 * Edges to services that are not enabled are left out: whether that is an error was settled when the file was loaded.
 * @throws UserError `graph.cycle` with one diagnostic that shows the cycle as `a -> b -> a`
 */
export function buildGraph(project: Project): ServiceGraph {
  const edges = Object.values(project.services).flatMap(dependenciesOfService);
  const { graph, cycle } = graphOf(Object.keys(project.services), edges);
  if (graph) return graph;
  throw cycleError(project, cycle, edges);
}

/** A graph over any names and edges; edges to or from other names are left out. Answers the names of a cycle instead when there is one. */
export function graphOf(
  names: readonly string[],
  edges: readonly Dependency[],
): { readonly graph: ServiceGraph; readonly cycle?: undefined } | { readonly graph?: undefined; readonly cycle: readonly string[] } {
  const sorted = [...names].sort(compareNames);
  const dependencies = new Map<string, Dependency[]>(sorted.map((name) => [name, []]));
  const dependents = new Map<string, Dependency[]>(sorted.map((name) => [name, []]));
  for (const edge of edges) {
    if (!dependencies.has(edge.from) || !dependencies.has(edge.to)) continue;
    dependencies.get(edge.from)?.push(edge);
    dependents.get(edge.to)?.push(edge);
  }
  for (const list of dependents.values()) list.sort((a, b) => compareNames(a.from, b.from));
  for (const list of dependencies.values()) list.sort((a, b) => compareNames(a.to, b.to));
  const { order, cycle } = sortTopologically(sorted, dependencies);
  if (cycle) return { cycle };
  const graph: ServiceGraph = {
    order,
    dependenciesOf: (service) => dependencies.get(service) ?? [],
    dependentsOf: (service) => dependents.get(service) ?? [],
  };
  return { graph };
}

/**
 * The given services and everything they need (or, with `dependents`, everything that needs them), in graph order.
 * @param through  which edges to follow; default all
 */
export function closure(
  graph: ServiceGraph,
  services: readonly string[],
  options: { direction?: 'dependencies' | 'dependents'; through?: (edge: Dependency) => boolean } = {},
): string[] {
  const { direction = 'dependencies', through = () => true } = options;
  const found = new Set<string>();
  const pending = [...services];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const edges = direction === 'dependencies' ? graph.dependenciesOf(name) : graph.dependentsOf(name);
    for (const edge of edges) if (through(edge)) pending.push(direction === 'dependencies' ? edge.to : edge.from);
  }
  return graph.order.filter((name) => found.has(name));
}

/** Dependencies first, ties by name. */
function sortTopologically(
  names: readonly string[],
  dependencies: ReadonlyMap<string, readonly Dependency[]>,
): { readonly order: readonly string[]; readonly cycle?: readonly string[] | undefined } {
  const edges = [...dependencies.values()].flat().map((edge): [string, string] => [edge.to, edge.from]);
  try {
    return { order: toposort.array(names, edges) };
  } catch {
    // It does not tell the path of a cycle, and its recursion gives up on chains of more than some 5,000 services.
    const { order, cycles } = depthFirst(names, (name) => (dependencies.get(name) ?? []).map((edge) => edge.to));
    return { order, cycle: cycles[0] };
  }
}

function cycleError(project: Project, cycle: readonly string[], dependencies: readonly Dependency[]): UserError {
  const names = turned(cycle);
  const text = [...names, names[0]].join(' -> ');
  const message = `dependency cycle detected: ${text}`;
  const edges = names.map((from, index) => {
    const to = names[(index + 1) % names.length];
    const via = dependencies.find((edge) => edge.from === from && edge.to === to)?.via ?? 'depends_on';
    const suffix = via === 'depends_on' ? `.${to}` : '';
    return { message: `${from} needs ${to} (${via})`, path: `services.${from}.${via}${suffix}` };
  });
  const related = edges.slice(1).flatMap(({ message: text_, path }) => {
    const range = project.sources.rangeOf(path);
    return range ? [{ message: text_, range }] : [];
  });
  const first = edges[0];
  const range = first && project.sources.rangeOf(first.path);
  const diagnostic: Diagnostic = {
    code: 'graph.cycle',
    severity: 'error',
    message,
    ...(first && { path: first.path }),
    ...(range && { range }),
    ...(related.length > 0 && { related }),
    hint: 'remove one of these dependencies',
  };
  return new UserError(message, { code: 'graph.cycle', exitCode: 15, diagnostics: [diagnostic] });
}

/** Order of code units: the same on every machine, whatever its locale. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
