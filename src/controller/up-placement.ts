/**
 * The first half of `up`: what is not wanted goes, containers are made and swapped in.
 *
 * A replacement is made under a temporary name, the old container is stopped and removed, and the new one takes its name: a crash
 * in between leaves two containers or one, and the next `up` finds out which and goes on from there.
 */
import type { Service } from '../compose/index.ts';
import type { Decision, KeptContainer, ReplacedContainer, ServiceDecision } from './converge.ts';
import { isAlive, killsAtOnce } from './container-states.ts';
import { createRequest } from './create-request.ts';
import { containerName, imageOf, replacementName } from './identity.ts';
import { networksByPriority, type LinkTarget } from './network-requests.ts';
import type { ObservedContainer } from './observed-state.ts';
import type { ContainerHandle } from './plan.ts';
import type { PlanBuilder } from './plan-builder.ts';
import { networkRequest, type PlannedNetwork } from './plan-resources.ts';
import type { UpInput } from './plan-up.ts';
import type { PortHolders } from './port-holders.ts';
import { containerReferences, referencedServices } from './service-references.ts';

/** A container of the desired state: how to name it in later steps, and the step after which it is in its place. */
export interface Placed {
  readonly handle: ContainerHandle;
  readonly ready: number | undefined;
  readonly decision: Decision;
}

export interface PlacementInput {
  readonly up: UpInput;
  readonly plan: PlanBuilder;
  readonly ports: PortHolders;
  /** In graph order. */
  readonly services: readonly Service[];
  readonly decisions: ReadonlyMap<string, ServiceDecision>;
  readonly networks: Map<string, PlannedNetwork>;
  readonly volumes: ReadonlyMap<string, number | undefined>;
  readonly images: ReadonlyMap<string, number | undefined>;
}

/** Adds the steps. @returns the containers of each service, by number @throws UserError from create requests and references */
export function placeContainers(input: PlacementInput): Map<string, Placed[]> {
  const placement = new Placement(input);
  placement.removeUnwanted();
  placement.removeInPlace();
  placement.replaceNetworks();
  for (const service of input.services) placement.place(service);
  return placement.placed;
}

class Placement {
  readonly placed = new Map<string, Placed[]>();
  readonly #in: PlacementInput;
  /** Steps that free a container name. */
  readonly #freed = new Map<string, number>();

  constructor(input: PlacementInput) {
    this.#in = input;
  }

  removeUnwanted(): void {
    const { project, observed, options } = this.#in.up;
    const orphans = observed.containers.filter((c) => !project.services[c.service] && !project.disabledServices[c.service]);
    if (options.removeOrphans) {
      for (const orphan of orphans) this.#stopAndRemove(orphan, 'orphan');
    } else if (orphans.length > 0 && !options.ignoreOrphans) {
      this.#in.plan.warn(
        'orphans.found',
        `Found orphan containers ([${orphans.map((c) => c.name).join(' ')}]) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.`,
      );
    }
    for (const { leftovers, surplus } of this.#in.decisions.values()) {
      for (const leftover of leftovers) this.#stopAndRemove(leftover, 'left over from an interrupted replacement');
      for (const { observed: container, reason } of surplus) this.#stopAndRemove(container, reason);
    }
  }

  /** Old containers that must be gone before their network can be made anew. */
  removeInPlace(): void {
    for (const { containers } of this.#in.decisions.values()) {
      for (const decision of containers) {
        if (decision.kind !== 'replace' || !decision.inPlace) continue;
        const { observed, reason } = decision;
        this.#remove(observed, this.#stop(observed, reason, [], groupOf(decision)), reason, groupOf(decision));
      }
    }
  }

  /** Networks that changed are made anew once everything has left them; containers of other services come back afterwards. */
  replaceNetworks(): void {
    const { plan, up, networks } = this.#in;
    for (const [key, planned] of networks) {
      const network = up.project.networks[key];
      if (!planned.outdated || !network) continue;
      const { id, name } = planned.outdated;
      const attached = up.observed.containers.filter((c) => c.networks[name]);
      const bystanders = attached.filter((c) => !this.#freed.has(c.name));
      const reason = `network ${name} changed`;
      const left = bystanders.map((c) => plan.add({ kind: 'disconnectNetwork', id, name, container: { id: c.id, name: c.name } }, { reason }));
      const gone = attached.map((c) => this.#freed.get(c.name));
      const removed = plan.add({ kind: 'removeNetwork', id, name }, { after: [...left, ...gone], reason: 'configuration changed' });
      const step = plan.add({ kind: 'createNetwork', network: key, body: networkRequest(up.project, key, network) }, { after: [removed], reason: 'configuration changed' });
      for (const c of bystanders) {
        const endpoint = { Aliases: [...(c.networks[name]?.Aliases ?? [])] };
        plan.add({ kind: 'connectNetwork', network: name, container: { id: c.id, name: c.name }, endpoint }, { after: [step], reason });
      }
      networks.set(key, { name, id: undefined, step, outdated: undefined });
    }
  }

  place(service: Service): void {
    const placed: Placed[] = [];
    this.placed.set(service.name, placed);
    for (const decision of this.#in.decisions.get(service.name)?.containers ?? []) {
      placed.push(decision.kind === 'keep' ? this.#keep(service, decision) : this.#make(service, decision));
    }
  }

  #keep(service: Service, decision: KeptContainer): Placed {
    const { observed, renameTo } = decision;
    const handle = { id: observed.id, name: observed.name };
    if (renameTo === undefined) return { handle, ready: undefined, decision };
    const action = { kind: 'renameContainer', service: service.name, container: handle, to: renameTo } as const;
    const ready = this.#in.plan.add(action, { after: [this.#freed.get(renameTo)], reason: 'its replacement was interrupted' });
    return { handle: { ...handle, name: renameTo }, ready, decision };
  }

  #make(service: Service, decision: Exclude<Decision, KeptContainer>): Placed {
    const { plan, up } = this.#in;
    const name = containerName(up.project.name, service, decision.number);
    const swapped = decision.kind === 'replace' && !decision.inPlace ? decision : undefined;
    const group = decision.kind === 'replace' ? groupOf(decision) : undefined;
    const temporaryName = swapped && replacementName(swapped.observed.id, name);
    const references = containerReferences(service, (other) => this.#containersOf(other)[0]);
    const request = this.#request(service, decision);
    const create = plan.add(
      {
        kind: 'createContainer',
        service: service.name,
        number: decision.number,
        name,
        ...(temporaryName !== undefined && { temporaryName }),
        body: request.body,
        ...(service.platform !== undefined && { platform: service.platform }),
        ...(references && { references }),
      },
      { after: this.#beforeCreate(service, temporaryName ?? name), reason: decision.reason, group },
    );
    const handle: ContainerHandle = { createdBy: create, name };
    const reason = `created by #${create}`;
    let ready = create;
    for (const { network, endpoint } of request.connect) {
      ready = plan.add({ kind: 'connectNetwork', network, container: handle, endpoint }, { after: [ready, this.#networkStep(network)], reason, group });
    }
    if (request.copies.length > 0) ready = plan.add({ kind: 'copyFiles', container: handle, files: request.copies }, { after: [ready], reason, group });
    if (swapped) ready = this.#swap(service, swapped, handle, ready);
    return { handle, ready, decision };
  }

  /** Stops and removes the old container, then gives its name to the new one. */
  #swap(service: Service, decision: ReplacedContainer, handle: ContainerHandle, prepared: number): number {
    const { observed, reason } = decision;
    const group = groupOf(decision);
    const stop = this.#stop(observed, reason, [prepared], group);
    const remove = this.#remove(observed, stop ?? prepared, reason, group);
    const temporary = { ...handle, name: replacementName(observed.id, handle.name) };
    const action = { kind: 'renameContainer', service: service.name, container: temporary, to: handle.name } as const;
    return this.#in.plan.add(action, { after: [remove, this.#freed.get(handle.name)], reason, group });
  }

  #stopAndRemove(container: ObservedContainer, reason: string): void {
    this.#remove(container, this.#stop(container, reason, []), reason);
  }

  /** Removes a container after `stop`; one that still runs then is meant to be killed. */
  #remove(container: ObservedContainer, after: number | undefined, reason: string, group?: string): number {
    const { plan, ports } = this.#in;
    const handle = { id: container.id, name: container.name };
    const kills = isAlive(container) && this.#killsAtOnce(container);
    const force = group === undefined || kills;
    const step = plan.add({ kind: 'removeContainer', service: container.service, container: handle, volumes: false, force }, { after: [after], reason, group });
    if (kills) ports.freedBy(step, container);
    this.#freed.set(container.name, step);
    return step;
  }

  /** @returns the step that stops it; undefined when it does not run, or when its removal kills it */
  #stop(container: ObservedContainer, reason: string, after: readonly number[], group?: string): number | undefined {
    if (!isAlive(container) || this.#killsAtOnce(container)) return undefined;
    const { plan, up, ports } = this.#in;
    const base = { service: container.service, container: { id: container.id, name: container.name } };
    let before = after;
    for (const hook of up.project.services[container.service]?.pre_stop ?? []) {
      before = [plan.add({ kind: 'runHook', ...base, hook, phase: 'pre_stop' }, { after: before, reason, group, bestEffort: true })];
    }
    const { timeoutSeconds } = up.options;
    const stop = plan.add({ kind: 'stopContainer', ...base, ...(timeoutSeconds !== undefined && { timeoutSeconds }) }, { after: before, reason, group });
    ports.freedBy(stop, container);
    return stop;
  }

  #killsAtOnce(container: ObservedContainer): boolean {
    const { project, options } = this.#in.up;
    return killsAtOnce(project.services[container.service], options.timeoutSeconds);
  }

  #networkStep(name: string): number | undefined {
    return [...this.#in.networks.values()].find((network) => network.name === name)?.step;
  }

  #beforeCreate(service: Service, name: string): (number | undefined)[] {
    const networks = service.network_mode === undefined ? networksByPriority(service).map((key) => this.#in.networks.get(key)?.step) : [];
    const volumes = (service.volumes ?? []).map((v) => (v.source === undefined ? undefined : this.#in.volumes.get(v.source)));
    const named = [...referencedServices(service)].flatMap((other) => (this.placed.get(other) ?? []).map((placed) => placed.ready));
    return [this.#in.images.get(service.name), ...networks, ...volumes, ...named, this.#freed.get(name)];
  }

  #request(service: Service, decision: Exclude<Decision, KeptContainer>): ReturnType<typeof createRequest> {
    const { project, observed, files, options } = this.#in.up;
    const image = observed.images[imageOf(project.name, service)];
    const old = decision.kind === 'replace' ? decision : undefined;
    const inherited = old && !options.renewAnonVolumes ? { mounts: old.observed.mounts, imageVolumes: image?.volumes ?? [] } : undefined;
    return createRequest({
      project,
      service,
      number: decision.number,
      apiVersion: observed.apiVersion,
      files,
      ...(this.#in.up.hashes && { hashes: this.#in.up.hashes }),
      links: this.#linkTargets(service),
      ...(image && { imageId: image.id }),
      ...(inherited && { inherited }),
      ...(old && !old.inPlace && { replaces: old.observed.id }),
    });
  }

  #linkTargets(service: Service): LinkTarget[] {
    const linked = new Set((service.links ?? []).map((link) => link.split(':')[0] ?? ''));
    return [...linked].flatMap((name) => this.#containersOf(name).map((container) => ({ service: name, name: container.name })));
  }

  /** Containers of a service: as planned or, when it is not selected, as they are. */
  #containersOf(service: string): ContainerHandle[] {
    const placed = this.placed.get(service);
    if (placed) return placed.map(({ handle }) => handle);
    return this.#in.up.observed.containers.filter((c) => c.service === service && !c.oneOff).map(({ id, name }) => ({ id, name }));
  }
}

function groupOf(decision: ReplacedContainer): string {
  return `recreate ${decision.observed.name}`;
}
