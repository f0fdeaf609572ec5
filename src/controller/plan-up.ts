/**
 * `up` and `create`: desired x observed -> plan. Pure.
 *
 * Networks and volumes, then what is not wanted goes, containers are made and swapped in (`up-placement.ts`), then they start
 * (`up-start.ts`). Steps wait only for what they need: a container starts while others are still being made.
 */
import type { Project, Service } from '../compose/index.ts';
import { closure, type ServiceGraph } from '../graph/index.ts';
import { ConfigHashes } from './config-hash.ts';
import { converge, type RecreatePolicy } from './converge.ts';
import { unsupported } from './engine-support.ts';
import type { LoadedFiles } from './file-objects.ts';
import type { ObservedState } from './observed-state.ts';
import type { Plan } from './plan.ts';
import { PlanBuilder } from './plan-builder.ts';
import { planImages, type ImageOptions } from './plan-images.ts';
import { neededNetworks, neededVolumes, planNetworks, planVolumes } from './plan-resources.ts';
import { PortHolders } from './port-holders.ts';
import { placeContainers } from './up-placement.ts';
import { startContainers } from './up-start.ts';

export interface UpOptions extends Omit<ImageOptions, 'nowMs'> {
  /** Named on the command line; their dependencies come along. Empty or absent: all. */
  readonly services?: readonly string[];
  readonly forceRecreate?: boolean;
  readonly noRecreate?: boolean;
  /** Dependencies of the named services are recreated as well. */
  readonly alwaysRecreateDeps?: boolean;
  readonly noDeps?: boolean;
  readonly removeOrphans?: boolean;
  /** COMPOSE_IGNORE_ORPHANS. */
  readonly ignoreOrphans?: boolean;
  readonly scale?: Readonly<Record<string, number>>;
  /** `-V`: anonymous volumes are not carried over. */
  readonly renewAnonVolumes?: boolean;
  /** `-t`: seconds that a container has to stop; default: its own grace period. */
  readonly timeoutSeconds?: number;
  /** Jobs that others wait for and that did their work are left alone even when they are named: `run` names what it needs. */
  readonly keepDone?: boolean;
  /** Make, but do not start. */
  readonly noStart?: boolean;
  /** Wait until every service runs, is healthy, or is done where others wait for that. */
  readonly wait?: boolean;
  readonly waitTimeoutMs?: number;
}

export interface UpInput {
  readonly project: Project;
  readonly graph: ServiceGraph;
  readonly observed: ObservedState;
  readonly files: LoadedFiles;
  readonly options: UpOptions;
  readonly nowMs: number;
  /** When some were made before. */
  readonly hashes?: ConfigHashes;
  /** Ours knows more than its API version says. */
  readonly ownEngine?: boolean;
}

/** The services that `up` is about, in graph order. */
export function selectServices(project: Project, graph: ServiceGraph, options: Pick<UpOptions, 'services' | 'noDeps'>): Service[] {
  const named = options.services ?? [];
  const names = named.length === 0 ? graph.order : options.noDeps ? graph.order.filter((name) => named.includes(name)) : closure(graph, named);
  return names.flatMap((name) => project.services[name] ?? []);
}

/**
 * What must happen so that the engine has what the file asks for. Empty when it has.
 * Images that are missing appear as steps; what follows them is provisional, for their ids are not known yet.
 * @throws UserError for what the file asks for and cannot be: see `planNetworks`, `planVolumes`, `planImages`, `createRequest`
 */
export function planUp(input: UpInput, verb = 'up'): Plan {
  const { project, graph, observed, files, options, nowMs } = input;
  const services = selectServices(project, graph, options);
  const plan = new PlanBuilder();
  const engine = { apiVersion: observed.apiVersion, ownEngine: input.ownEngine ?? false };
  for (const { message, path } of unsupported(services, engine)) {
    const range = project.sources.rangeOf(path);
    plan.warn('engine.unsupported', message, { path, ...(range && { range }) });
  }
  const images = planImages(plan, project, graph, services, observed, { ...options, nowMs });
  const networks = planNetworks(plan, project, neededNetworks(project, services), observed);
  const volumes = planVolumes(plan, project, neededVolumes(project, services), observed);
  const policyOf = (name: string): RecreatePolicy => recreatePolicy(options, name);
  const decisions = converge({ project, graph, observed, files, hashes: input.hashes ?? new ConfigHashes(), networks, scale: options.scale ?? {}, policyOf }, services);
  const ports = new PortHolders();
  const placed = placeContainers({ up: input, plan, ports, services, decisions, networks, volumes, images });
  if (!options.noStart) startContainers({ up: input, plan, ports, services, decisions, placed });
  return plan.finish(verb, project.name);
}

function recreatePolicy(options: UpOptions, service: string): RecreatePolicy {
  const { services = [], noRecreate, forceRecreate, alwaysRecreateDeps } = options;
  if (noRecreate) return 'never';
  const isNamed = services.length === 0 || services.includes(service);
  return (isNamed ? forceRecreate : alwaysRecreateDeps) ? 'force' : 'diverged';
}
