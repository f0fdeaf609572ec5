/** One snapshot of an engine, as few requests as possible and all of them at once. */
import { isEngineError } from '../base/index.ts';
import type { ContainerSummary, Engine, ImageInspect, NetworkInspect, VolumeInspect } from '../engine-api/index.ts';
import { callOptions, type EngineContext } from './context.ts';
import { Label } from './identity.ts';
import type { ObservedContainer, ObservedImage, ObservedNetwork, ObservedState, ObservedVolume } from './observed-state.ts';

export interface ObserveQuery {
  readonly project: string;
  /** Default true. */
  readonly containers?: boolean;
  /** Default false. */
  readonly networks?: boolean;
  /** Names to look up, or `labelled` for every volume of the project. Default: none. */
  readonly volumes?: readonly string[] | 'labelled';
  /** References to inspect. Default: none. */
  readonly images?: readonly string[];
}

/**
 * Asks the engine for what a planner needs. Requests go out together, so a snapshot costs about one round trip.
 * @throws EngineError when the engine cannot be asked; a missing image or volume is not an error
 */
export async function observe(context: EngineContext, query: ObserveQuery): Promise<ObservedState> {
  const { engine } = context;
  const o = callOptions(context);
  const [containers, networks, volumes, images] = await Promise.all([
    query.containers === false
      ? []
      : engine.containers.list({ all: true, filters: { label: [`${Label.project}=${query.project}`] } }, o),
    query.networks ? engine.networks.list({}, o) : [],
    listVolumes(engine, query, o),
    inspectImages(engine, query.images ?? [], o),
  ]);
  return {
    project: query.project,
    apiVersion: engine.apiVersion ?? (await engine.system.ping(o)).apiVersion,
    containers: containers.map(observedContainer).sort(byServiceAndNumber),
    networks: networks.map(observedNetwork),
    volumes: volumes.map(observedVolume),
    images,
  };
}

async function listVolumes(engine: Engine, query: ObserveQuery, o: { signal?: AbortSignal }): Promise<VolumeInspect[]> {
  const { volumes } = query;
  if (volumes === undefined || volumes.length === 0) return [];
  if (volumes === 'labelled') return (await engine.volumes.list({ label: [`${Label.project}=${query.project}`] }, o)).Volumes ?? [];
  // The filter matches parts of names.
  const found = (await engine.volumes.list({ name: [...volumes] }, o)).Volumes ?? [];
  return found.filter((volume) => volumes.includes(volume.Name));
}

/** What the engine knows of each reference; references that it does not have are left out. */
export async function inspectImages(
  engine: Engine,
  references: readonly string[],
  o: { signal?: AbortSignal },
): Promise<Record<string, ObservedImage>> {
  const found = await Promise.all(
    [...new Set(references)].map(async (reference): Promise<[string, ObservedImage][]> => {
      try {
        return [[reference, observedImage(await engine.images.inspect(reference, o))]];
      } catch (error) {
        if (isEngineError(error, 'notFound')) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(found.flat());
}

export function observedContainer(c: ContainerSummary): ObservedContainer {
  const labels = c.Labels ?? {};
  const exit = /^Exited \((-?\d+)\)/.exec(c.Status);
  return {
    id: c.Id,
    name: nameOf(c),
    service: labels[Label.service] ?? '',
    number: numberOf(labels[Label.containerNumber]),
    oneOff: labels[Label.oneOff]?.toLowerCase() === 'true',
    state: c.State,
    health: healthOf(c.Status),
    exitCode: exit ? Number(exit[1]) : undefined,
    status: c.Status,
    image: c.Image,
    imageId: c.ImageID,
    command: c.Command,
    createdAt: c.Created,
    labels,
    networkMode: c.HostConfig?.NetworkMode ?? '',
    networks: c.NetworkSettings?.Networks ?? {},
    mounts: c.Mounts ?? [],
    ports: c.Ports ?? [],
    replaces: labels[Label.replace],
  };
}

/** A container linked from others lists names such as `/other/alias` as well; its own has one slash. */
function nameOf(c: ContainerSummary): string {
  const own = c.Names.find((name) => name.lastIndexOf('/') <= 0) ?? c.Names[0] ?? c.Id.slice(0, 12);
  return own.replace(/^\//, '');
}

function numberOf(label: string | undefined): number {
  return label !== undefined && /^\d+$/.test(label) ? Number(label) : 0;
}

function healthOf(status: string): ObservedContainer['health'] {
  if (status.endsWith('(healthy)')) return 'healthy';
  if (status.endsWith('(unhealthy)')) return 'unhealthy';
  return status.endsWith('(health: starting)') ? 'starting' : 'none';
}

function observedNetwork(network: NetworkInspect): ObservedNetwork {
  return { id: network.Id, name: network.Name, labels: network.Labels ?? {} };
}

function observedVolume(volume: VolumeInspect): ObservedVolume {
  return { name: volume.Name, driver: volume.Driver, labels: volume.Labels ?? {} };
}

function observedImage(image: ImageInspect): ObservedImage {
  const variant = image.Variant ? `/${image.Variant}` : '';
  return {
    id: image.Id,
    volumes: Object.keys(image.Config?.Volumes ?? {}),
    platform: `${image.Os}/${image.Architecture}${variant}`,
    lastTagged: image.Metadata?.LastTagTime || image.Created,
  };
}

function byServiceAndNumber(a: ObservedContainer, b: ObservedContainer): number {
  if (a.service !== b.service) return a.service < b.service ? -1 : 1;
  return a.number - b.number || a.createdAt - b.createdAt;
}
