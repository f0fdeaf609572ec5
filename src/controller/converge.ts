/** For every service: which containers stay, which are replaced and why, which go, which are made. Decisions only, no steps. */
import { UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { serviceOfMode, type ServiceGraph } from '../graph/index.ts';
import type { ConfigHashes, ResolvedReferences } from './config-hash.ts';
import { contentHash, type LoadedFiles } from './file-objects.ts';
import { containerName, imageOf, Label, scaleOf } from './identity.ts';
import { networksByPriority } from './network-requests.ts';
import type { ObservedContainer, ObservedState } from './observed-state.ts';
import type { PlannedNetwork } from './plan-resources.ts';

/** force: always; diverged: when something changed; never: not even then. */
export type RecreatePolicy = 'force' | 'diverged' | 'never';

export interface KeptContainer {
  readonly kind: 'keep';
  readonly number: number;
  readonly observed: ObservedContainer;
  /** A replacement whose swap was interrupted: it must be given its final name. */
  readonly renameTo?: string;
}
export interface ReplacedContainer {
  readonly kind: 'replace';
  readonly number: number;
  readonly observed: ObservedContainer;
  readonly reason: string;
  /** The old one must be gone before the new one can be made: its network is made anew. */
  readonly inPlace: boolean;
}
export interface NewContainer {
  readonly kind: 'create';
  readonly number: number;
  readonly reason: string;
}
export type Decision = KeptContainer | ReplacedContainer | NewContainer;

export interface ServiceDecision {
  readonly service: Service;
  /** By number. */
  readonly containers: readonly Decision[];
  /** Stopped and removed, highest number first. */
  readonly surplus: readonly { readonly observed: ObservedContainer; readonly reason: string }[];
  /** Removed: left over from a replacement that was interrupted. */
  readonly leftovers: readonly ObservedContainer[];
}

export interface ConvergeInput {
  readonly project: Project;
  readonly graph: ServiceGraph;
  readonly observed: ObservedState;
  readonly files: LoadedFiles;
  readonly hashes: ConfigHashes;
  readonly networks: ReadonlyMap<string, PlannedNetwork>;
  readonly scale: Readonly<Record<string, number>>;
  readonly policyOf: (service: string) => RecreatePolicy;
}

/** @param services  in graph order: what happens to a service decides about those that need it @throws UserError `scale.containerName` */
export function converge(input: ConvergeInput, services: readonly Service[]): Map<string, ServiceDecision> {
  const decisions = new Map<string, ServiceDecision>();
  const observed = new Map<string, ObservedContainer[]>();
  for (const container of input.observed.containers) {
    if (container.oneOff || container.state === 'removing') continue;
    const own = observed.get(container.service);
    if (own) own.push(container);
    else observed.set(container.service, [container]);
  }
  for (const service of services) decisions.set(service.name, decide(input, service, observed.get(service.name) ?? [], decisions));
  return decisions;
}

function decide(input: ConvergeInput, service: Service, own: readonly ObservedContainer[], decided: ReadonlyMap<string, ServiceDecision>): ServiceDecision {
  const wanted = scaleOf(service, input.scale[service.name]);
  if (wanted > 1 && service.container_name !== undefined) {
    throw new UserError(
      `the "${service.name}" service is using the custom container name "${service.container_name}". Docker requires each container to have a unique name. Remove the custom name to scale the service`,
      { code: 'scale.containerName' },
    );
  }
  const leftovers = own.filter((c) => c.replaces !== undefined && own.some((other) => other.id === c.replaces));
  const actual = own.filter((c) => !leftovers.includes(c)).sort((a, b) => a.number - b.number);
  const kept = actual.slice(0, wanted);
  const next = Math.max(0, ...actual.map((c) => c.number)) + 1;
  const missing = Array.from({ length: Math.max(0, wanted - actual.length) }, (_, index): NewContainer => ({ kind: 'create', number: next + index, reason: actual.length > 0 ? 'scaled up' : 'not found' }));
  const resolved = resolveReferences(input, service, decided);
  return {
    service,
    containers: [...kept.map((container) => decideContainer(input, service, container, decided, resolved)), ...missing],
    surplus: actual.slice(wanted).reverse().map((observed) => ({ observed, reason: wanted === 0 ? 'scaled to 0' : `scaled down to ${wanted}` })),
    leftovers,
  };
}

function decideContainer(
  input: ConvergeInput,
  service: Service,
  container: ObservedContainer,
  decided: ReadonlyMap<string, ServiceDecision>,
  resolved: ResolvedReferences | undefined,
): Decision {
  const inPlace = Object.keys(container.networks).some((name) => [...input.networks.values()].some((network) => network.outdated?.name === name));
  const reason = replaceReason(input, service, container, decided, resolved);
  if (reason !== undefined) return { kind: 'replace', number: container.number, observed: container, reason, inPlace };
  const name = containerName(input.project.name, service, container.number);
  const isHalfSwapped = container.replaces !== undefined && container.name !== name && /^[0-9a-f]{12}_/.test(container.name);
  return { kind: 'keep', number: container.number, observed: container, ...(isHalfSwapped && { renameTo: name }) };
}

/** Why a container must be made anew; undefined when it is as it should be. */
function replaceReason(
  input: ConvergeInput,
  service: Service,
  container: ObservedContainer,
  decided: ReadonlyMap<string, ServiceDecision>,
  resolved: ResolvedReferences | undefined,
): string | undefined {
  if (container.state === 'dead') return 'container is dead';
  const policy = input.policyOf(service.name);
  if (policy === 'never') return undefined;
  if (policy === 'force') return 'forced';
  for (const edge of input.graph.dependenciesOf(service.name)) {
    // As docker compose does: whoever needs a service is replaced together with it.
    if (decided.get(edge.to)?.containers.some((c) => c.kind === 'replace')) return `${edge.to} is replaced`;
  }
  if (container.labels[Label.configHash] !== input.hashes.of(service, resolved)) return 'configuration changed';
  const image = input.observed.images[imageOf(input.project.name, service)];
  if (image && container.labels[Label.image] !== image.id) return 'image changed';
  const madeWith = container.labels[Label.contentHash];
  if (madeWith !== undefined && madeWith !== contentHash(service, input.files)) return 'config or secret changed';
  return networkReason(input, service, container) ?? volumeReason(input, service, container);
}

function networkReason(input: ConvergeInput, service: Service, container: ObservedContainer): string | undefined {
  if (service.network_mode !== undefined) return undefined;
  for (const key of networksByPriority(service)) {
    const network = input.networks.get(key);
    if (!network) continue;
    if (network.outdated) return `network ${network.name} changed`;
    const endpoint = container.networks[network.name];
    if (!endpoint) return `not connected to network ${network.name}`;
    // An engine that does not tell the id leaves it empty; a container that never ran may have none yet.
    if (endpoint.NetworkID && endpoint.NetworkID !== network.id) return `network ${network.name} was made anew`;
  }
  return undefined;
}

function volumeReason(input: ConvergeInput, service: Service, container: ObservedContainer): string | undefined {
  for (const volume of service.volumes ?? []) {
    if (volume.type !== 'volume' || volume.source === undefined) continue;
    const name = input.project.volumes[volume.source]?.name ?? volume.source;
    if (!container.mounts.some((mount) => mount.Type === 'volume' && mount.Name === name)) return `volume ${name} is not mounted`;
  }
  return undefined;
}

/** What the service's references mean while the containers they name stay as they are; undefined when it has none. */
function resolveReferences(input: ConvergeInput, service: Service, decided: ReadonlyMap<string, ServiceDecision>): ResolvedReferences | undefined {
  const idOf = (name: string): string => {
    const containers = decided.get(name)?.containers ?? [];
    const first = containers.find((c): c is KeptContainer | ReplacedContainer => c.kind !== 'create');
    if (first) return first.observed.id;
    const observed = decided.has(name) ? undefined : input.observed.containers.find((c) => c.service === name && !c.oneOff);
    return observed?.id ?? '';
  };
  const resolved: { network_mode?: string; ipc?: string; pid?: string; volumes_from?: string[] } = {};
  for (const key of ['network_mode', 'ipc', 'pid'] as const) {
    const name = serviceOfMode(service[key]);
    if (name !== undefined) resolved[key] = `container:${idOf(name)}`;
  }
  if (service.volumes_from) {
    resolved.volumes_from = service.volumes_from.map((source) => {
      const [first = '', second = ''] = source.split(':');
      return first === 'container' ? second : idOf(first);
    });
  }
  return Object.keys(resolved).length > 0 ? resolved : undefined;
}
