/**
 * `down`: containers in reverse order of dependency, then networks, and on request volumes and images. Pure.
 * What is still in use by containers that stay is kept, with a warning that names them; external things are never touched.
 */
import { UserError } from '../base/index.ts';
import type { Project } from '../compose/index.ts';
import type { ServiceGraph } from '../graph/index.ts';
import { isAlive, killsAtOnce } from './container-states.ts';
import { imageOf, Label } from './identity.ts';
import type { ObservedContainer, ObservedNetwork, ObservedState } from './observed-state.ts';
import type { Plan } from './plan.ts';
import { PlanBuilder } from './plan-builder.ts';

export interface DownOptions {
  /** These alone: as with docker compose, what needs them goes on. Empty or absent: all. */
  readonly services?: readonly string[];
  /** `-v`: named volumes of the file and anonymous volumes. */
  readonly volumes?: boolean;
  readonly removeOrphans?: boolean;
  /** Seconds a container has to stop; default: its own. */
  readonly timeoutSeconds?: number;
  /** `local`: images that have no name of their own in the file. */
  readonly rmi?: 'local' | 'all';
}

export interface DownInput {
  readonly name: string;
  /** Undefined: only labels are known. */
  readonly project: Project | undefined;
  readonly graph: ServiceGraph;
  readonly observed: ObservedState;
  readonly options: DownOptions;
}

export function planDown(input: DownInput): Plan {
  const { name, project, observed, options } = input;
  const plan = new PlanBuilder();
  const selected = selectServices(input);
  const going = observed.containers.filter((c) => isGoing(c, input, selected));
  const removed = removeContainers(plan, input, going);
  const staying = observed.containers.filter((c) => !going.includes(c));
  const gone = [...removed.values()];
  for (const network of networksOf(input)) removeNetwork(plan, network, input, staying, gone);
  if (options.volumes) {
    for (const volume of volumesOf(input)) plan.add({ kind: 'removeVolume', name: volume }, { after: gone, reason: '--volumes' });
  }
  if (options.rmi) {
    for (const image of imagesOf(project, name, going, options.rmi)) plan.add({ kind: 'removeImage', image }, { after: gone, reason: `--rmi ${options.rmi}` });
  }
  const result = plan.finish('down', name);
  if (result.steps.length === 0) plan.warn('down.nothing', `No resource found to remove for project "${name}".`);
  return result;
}

function selectServices({ project, options }: DownInput): ReadonlySet<string> | undefined {
  const named = options.services ?? [];
  if (named.length === 0) return undefined;
  for (const service of named) {
    if (project && !project.services[service] && !project.disabledServices[service]) throw new UserError(`no such service: ${service}`, { code: 'service.unknown' });
  }
  return new Set(named);
}

function isGoing(container: ObservedContainer, { project, options }: DownInput, selected: ReadonlySet<string> | undefined): boolean {
  if (container.state === 'removing') return false;
  const { service, oneOff } = container;
  const isOrphan = oneOff || (project !== undefined && !project.services[service] && !project.disabledServices[service]);
  if (isOrphan) return options.removeOrphans === true && selected === undefined;
  return selected === undefined || selected.has(service);
}

/** Stops in reverse order of dependency, removes in any. @returns the step that removes each container */
function removeContainers(plan: PlanBuilder, { project, graph, options }: DownInput, going: readonly ObservedContainer[]): Map<string, number> {
  const removed = new Map<string, number>();
  const stopped = new Map<string, number[]>();
  const rank = new Map(graph.order.map((service, index) => [service, index]));
  const ordered = [...going].sort((a, b) => (rank.get(b.service) ?? Number.MAX_SAFE_INTEGER) - (rank.get(a.service) ?? Number.MAX_SAFE_INTEGER) || b.number - a.number);
  for (const container of ordered) {
    const service = project?.services[container.service] ?? project?.disabledServices[container.service];
    const base = { service: container.service, container: { id: container.id, name: container.name } };
    const isOrphan = container.oneOff || (project !== undefined && !service);
    const reason = container.oneOff ? 'one-off container' : isOrphan ? 'orphan' : 'down';
    const after = graph.dependentsOf(container.service).flatMap((edge) => stopped.get(edge.from) ?? []);
    const isFollowed = graph.dependenciesOf(container.service).some((edge) => going.some((other) => other.service === edge.to));
    let last: number | undefined;
    if (isAlive(container) && (isFollowed || !killsAtOnce(service, options.timeoutSeconds))) {
      let before: readonly number[] = after;
      for (const hook of service?.pre_stop ?? []) before = [plan.add({ kind: 'runHook', ...base, hook, phase: 'pre_stop' }, { after: before, reason, bestEffort: true })];
      const timeout = options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds };
      last = plan.add({ kind: 'stopContainer', ...base, ...timeout }, { after: before, reason });
    }
    const remove = plan.add(
      { kind: 'removeContainer', ...base, volumes: (options.volumes ?? false) && !isOrphan, force: true },
      { after: last === undefined ? after : [last], reason },
    );
    removed.set(container.id, remove);
    stopped.set(container.service, [...(stopped.get(container.service) ?? []), last ?? remove]);
  }
  return removed;
}

function networksOf({ name, observed }: DownInput): ObservedNetwork[] {
  return observed.networks.filter((network) => network.labels[Label.project] === name);
}

function removeNetwork(plan: PlanBuilder, network: ObservedNetwork, { project, options }: DownInput, staying: readonly ObservedContainer[], gone: readonly number[]): void {
  if (project && Object.values(project.networks).some((n) => n.external && n.name === network.name)) return;
  const users = staying.filter((c) => c.networks[network.name]);
  if (users.length > 0) {
    const isExpected = (options.services ?? []).length > 0;
    if (!isExpected) plan.warn('network.inUse', `Network ${network.name}: Resource is still in use by ${users.map((c) => c.name).join(', ')}`);
    return;
  }
  plan.add({ kind: 'removeNetwork', id: network.id, name: network.name }, { after: gone, reason: 'down' });
}

function volumesOf({ name, project, observed, options }: DownInput): string[] {
  if (!project) return observed.volumes.filter((volume) => volume.labels[Label.project] === name).map((volume) => volume.name);
  const present = new Set(observed.volumes.map((volume) => volume.name));
  const wanted = Object.entries(project.volumes).filter(([key, volume]) => !volume.external && isUsedBySelected(project, key, options.services ?? []));
  return wanted.map(([, volume]) => volume.name).filter((volume) => present.has(volume)).sort();
}

function isUsedBySelected(project: Project, key: string, services: readonly string[]): boolean {
  if (services.length === 0) return true;
  return services.some((name) => project.services[name]?.volumes?.some((volume) => volume.type === 'volume' && volume.source === key));
}

function imagesOf(project: Project | undefined, name: string, going: readonly ObservedContainer[], mode: 'local' | 'all'): string[] {
  const images = project
    ? Object.values(project.services).flatMap((service) => (mode === 'all' || service.image === undefined ? [imageOf(name, service)] : []))
    : going.flatMap((c) => (mode === 'all' || c.image === `${name}-${c.service}` ? [c.image] : []));
  return [...new Set(images)].sort();
}
