/** Networks and volumes that services need: found, made, or reported missing. */
import { UserError } from '../base/index.ts';
import type { Network, Project, Service, Volume } from '../compose/index.ts';
import type { NetworkCreateRequest, VolumeCreateRequest } from '../engine-api/index.ts';
import { networkHash, volumeHash } from './config-hash.ts';
import { Label, networkLabels, volumeLabels } from './identity.ts';
import { networksByPriority } from './network-requests.ts';
import type { ObservedNetwork, ObservedState } from './observed-state.ts';
import type { PlanBuilder } from './plan-builder.ts';

export interface PlannedNetwork {
  readonly name: string;
  /** Undefined: it is made by this plan. */
  readonly id: string | undefined;
  /** The step that makes it. */
  readonly step: number | undefined;
  /** It exists but is not what the file says: it must be made anew once nothing is attached to it. */
  readonly outdated: ObservedNetwork | undefined;
}

/** Keys of the networks that these services join. */
export function neededNetworks(project: Project, services: readonly Service[]): string[] {
  const keys = services.flatMap((service) => (service.network_mode === undefined ? networksByPriority(service) : []));
  return [...new Set(keys)].filter((key) => project.networks[key]).sort();
}

/** Keys of the named volumes that these services mount. */
export function neededVolumes(project: Project, services: readonly Service[]): string[] {
  const keys = services.flatMap((service) => (service.volumes ?? []).flatMap((v) => (v.type === 'volume' && v.source !== undefined ? [v.source] : [])));
  return [...new Set(keys)].filter((key) => project.volumes[key]).sort();
}

/** Networks that exist and fit, those to create (a step each), and those to replace (no step yet). @throws UserError */
export function planNetworks(plan: PlanBuilder, project: Project, keys: readonly string[], observed: ObservedState): Map<string, PlannedNetwork> {
  const planned = new Map<string, PlannedNetwork>();
  for (const key of keys) {
    const network = project.networks[key];
    if (!network) continue;
    planned.set(key, network.external ? externalNetwork(network, observed) : ownNetwork(plan, project, key, network, observed));
  }
  return planned;
}

function externalNetwork(network: Network, observed: ObservedState): PlannedNetwork {
  const found = observed.networks.filter((n) => n.name === network.name);
  const byId = found.length === 0 ? observed.networks.filter((n) => n.id === network.name) : found;
  const only = byId[0];
  if (!only) {
    throw new UserError(`network ${network.name} declared as external, but could not be found`, {
      code: 'network.notFound',
      hint: `create it with: docker network create ${network.name}`,
    });
  }
  if (byId.length > 1) {
    throw new UserError(`multiple networks with name "${network.name}" were found. Use network ID as \`name\` to avoid ambiguity`, { code: 'network.ambiguous' });
  }
  return { name: only.name, id: only.id, step: undefined, outdated: undefined };
}

function ownNetwork(plan: PlanBuilder, project: Project, key: string, network: Network, observed: ObservedState): PlannedNetwork {
  const sameName = observed.networks.filter((n) => n.name === network.name);
  const found = sameName.find((n) => n.labels[Label.project] === project.name && n.labels[Label.network] === key) ?? sameName[0];
  if (!found) {
    const step = plan.add({ kind: 'createNetwork', network: key, body: networkRequest(project, key, network) }, { reason: 'not found' });
    return { name: network.name, id: undefined, step, outdated: undefined };
  }
  checkOwnership(plan, project, key, found);
  const made = found.labels[Label.definitionHash];
  const outdated = made !== undefined && made !== networkHash(network) ? found : undefined;
  return { name: network.name, id: outdated ? undefined : found.id, step: undefined, outdated };
}

function checkOwnership(plan: PlanBuilder, project: Project, key: string, found: ObservedNetwork): void {
  const owner = found.labels[Label.project];
  const mend = 'Set `external: true` to use an existing network';
  if (owner === undefined) plan.warn('network.foreign', `a network with name ${found.name} exists but was not created by compose.\n${mend}`);
  else if (owner !== project.name) plan.warn('network.foreign', `a network with name ${found.name} exists but was not created for project "${project.name}".\n${mend}`);
  const label = found.labels[Label.network] ?? '';
  if (label === key) return;
  throw new UserError(`network ${found.name} was found but has incorrect label ${Label.network} set to "${label}"`, { code: 'network.label', hint: mend });
}

export function networkRequest(project: Project, key: string, network: Network): NetworkCreateRequest {
  const request: NetworkCreateRequest = {
    Name: network.name,
    CheckDuplicate: true,
    Labels: { ...networkLabels(project.name, key, network), [Label.definitionHash]: networkHash(network) },
    Internal: network.internal ?? false,
    Attachable: network.attachable ?? false,
    EnableIPv6: network.enable_ipv6 ?? false,
  };
  if (network.driver !== undefined) request.Driver = network.driver;
  if (network.driver_opts) request.Options = { ...network.driver_opts };
  if (network.enable_ipv4 !== undefined) request.EnableIPv4 = network.enable_ipv4;
  const { driver, config, options } = network.ipam ?? {};
  if (driver || (config && config.length > 0) || options) {
    request.IPAM = {
      ...(driver && { Driver: driver }),
      ...(options && { Options: { ...options } }),
      ...(config && config.length > 0 && { Config: config.map(ipamConfig) }),
    };
  }
  return request;
}

function ipamConfig(pool: NonNullable<NonNullable<Network['ipam']>['config']>[number]): { Subnet?: string; IPRange?: string; Gateway?: string; AuxiliaryAddresses?: Record<string, string> } {
  return {
    ...(pool.subnet !== undefined && { Subnet: pool.subnet }),
    ...(pool.ip_range !== undefined && { IPRange: pool.ip_range }),
    ...(pool.gateway !== undefined && { Gateway: pool.gateway }),
    ...(pool.aux_addresses && { AuxiliaryAddresses: { ...pool.aux_addresses } }),
  };
}

/** @returns the step that makes each volume; undefined when it exists @throws UserError `volume.notFound` */
export function planVolumes(plan: PlanBuilder, project: Project, keys: readonly string[], observed: ObservedState): Map<string, number | undefined> {
  const steps = new Map<string, number | undefined>();
  for (const key of keys) {
    const volume = project.volumes[key];
    if (!volume) continue;
    const found = observed.volumes.find((v) => v.name === volume.name);
    if (found) {
      if (!volume.external) checkVolume(plan, project, volume, found.labels);
      steps.set(key, undefined);
    } else if (volume.external) {
      throw new UserError(`external volume "${volume.name}" not found`, { code: 'volume.notFound', hint: `create it with: docker volume create ${volume.name}` });
    } else {
      steps.set(key, plan.add({ kind: 'createVolume', volume: key, body: volumeRequest(project, key, volume) }, { reason: 'not found' }));
    }
  }
  return steps;
}

function checkVolume(plan: PlanBuilder, project: Project, volume: Volume, labels: Readonly<Record<string, string>>): void {
  const owner = labels[Label.project];
  const mend = 'Use `external: true` to use an existing volume';
  if (owner === undefined) plan.warn('volume.foreign', `volume "${volume.name}" already exists but was not created by Docker Compose. ${mend}`);
  else if (owner !== project.name) {
    plan.warn('volume.foreign', `volume "${volume.name}" already exists but was created for project "${owner}" (expected "${project.name}"). ${mend}`);
  }
  const made = labels[Label.definitionHash];
  if (made !== undefined && made !== volumeHash(volume)) {
    plan.warn('volume.changed', `volume "${volume.name}" exists but is not as the file describes it; it is kept as it is, because making it anew would lose its data`);
  }
}

function volumeRequest(project: Project, key: string, volume: Volume): VolumeCreateRequest {
  const request: VolumeCreateRequest = {
    Name: volume.name,
    Labels: { ...volumeLabels(project.name, key, volume), [Label.definitionHash]: volumeHash(volume) },
  };
  if (volume.driver !== undefined) request.Driver = volume.driver;
  if (volume.driver_opts) request.DriverOpts = { ...volume.driver_opts };
  return request;
}
