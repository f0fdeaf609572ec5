/** Verbs that only look: `ps`, `ls`, `images`, `volumes`, `port`, `top`, `stats`, `events`. Each answers plain data. */
import { EngineError, UserError } from '../base/index.ts';
import type { ContainerStats, ContainerTop, EventMessage, ImageSummary, VolumeInspect } from '../engine-api/index.ts';
import { callOptions, projectNameOf, type EngineContext, type NamedContext } from './context.ts';
import { findContainers, findOne } from './find-containers.ts';
import { Label } from './identity.ts';
import { inspectImages, observedContainer } from './observe.ts';
import type { ObservedContainer } from './observed-state.ts';

export interface PsOptions {
  readonly services?: readonly string[];
  /** Stopped ones too. */
  readonly all?: boolean;
  /** Containers of services that the file does not have. Default true. */
  readonly orphans?: boolean;
  /** `running`, `paused`, `exited` ...; implies stopped ones when it names one of their states. */
  readonly status?: readonly string[];
}

/** Containers of the project, one-off ones included, by name. */
export async function ps(context: NamedContext, options: PsOptions = {}): Promise<ObservedContainer[]> {
  const { services = [], status = [], orphans = true } = options;
  checkKnown(context, services);
  const all = options.all === true || status.length > 0;
  const found = await findContainers(context, { services, all, oneOff: true });
  const isKnown = (c: ObservedContainer): boolean => !context.project || c.service in context.project.services || c.service in context.project.disabledServices;
  return found
    .filter((c) => (orphans || isKnown(c)) && (status.length === 0 || status.includes(c.state)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function checkKnown({ project }: NamedContext, services: readonly string[]): void {
  const unknown = project && services.find((name) => !project.services[name] && !project.disabledServices[name]);
  if (unknown !== undefined) throw new UserError(`no such service: ${unknown}`, { code: 'service.unknown' });
}

export interface ListedProject {
  readonly name: string;
  /** Number of containers by state, `{ running: 2, exited: 1 }`. */
  readonly states: Readonly<Record<string, number>>;
  readonly configFiles: readonly string[];
}

const ALIVE: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

/** Projects that have containers, by name. @param options.all  count stopped containers too */
export async function ls(context: EngineContext, options: { readonly all?: boolean } = {}): Promise<ListedProject[]> {
  const list = await context.engine.containers.list({ all: true, filters: { label: [Label.project, Label.configHash] } }, callOptions(context));
  const shown = list.map(observedContainer).filter((c) => !c.oneOff && (options.all || ALIVE.has(c.state)));
  const projects = new Map<string, { states: Record<string, number>; files: Set<string> }>();
  for (const container of shown) {
    const name = container.labels[Label.project] ?? '';
    const entry = projects.get(name) ?? { states: {}, files: new Set<string>() };
    entry.states[container.state] = (entry.states[container.state] ?? 0) + 1;
    for (const file of (container.labels[Label.configFiles] ?? '').split(',')) if (file !== '') entry.files.add(file);
    projects.set(name, entry);
  }
  return [...projects]
    .map(([name, { states, files }]) => ({ name, states, configFiles: [...files] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface ListedImage {
  readonly container: string;
  readonly service: string;
  /** The reference that the container was made from. */
  readonly reference: string;
  readonly image: ImageSummary | undefined;
}

/** The images of the created containers, by container. */
export async function images(context: NamedContext, options: { readonly services?: readonly string[] } = {}): Promise<ListedImage[]> {
  checkKnown(context, options.services ?? []);
  const [containers, all] = await Promise.all([
    findContainers(context, { services: options.services ?? [], all: true, oneOff: true }),
    context.engine.images.list({}, callOptions(context)),
  ]);
  const byId = new Map(all.map((image) => [image.Id, image]));
  return containers.map((c) => ({ container: c.name, service: c.service, reference: c.image, image: byId.get(c.imageId) }));
}

/** The project's volumes, or those that the given services use. */
export async function volumes(context: NamedContext, options: { readonly services?: readonly string[] } = {}): Promise<VolumeInspect[]> {
  const services = options.services ?? [];
  checkKnown(context, services);
  const label = [`${Label.project}=${projectNameOf(context)}`];
  const all = (await context.engine.volumes.list({ label }, callOptions(context))).Volumes ?? [];
  const used = new Set(services.flatMap((name) => (context.project?.services[name]?.volumes ?? []).flatMap((v) => (v.type === 'volume' && v.source !== undefined ? [v.source] : []))));
  return all.filter((volume) => services.length === 0 || used.has(volume.Labels?.[Label.volume] ?? '')).sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

/**
 * Where a container's port is published: `0.0.0.0:8080`.
 * @throws UserError `port.notPublished`, `container.notRunning`
 */
export async function port(context: NamedContext, options: { readonly service: string; readonly port: number; readonly protocol?: string; readonly index?: number }): Promise<{ host: string; port: number }[]> {
  const protocol = options.protocol ?? 'tcp';
  const container = await findOne(context, options.service, { index: options.index, all: true });
  const found = container.ports.filter((p) => p.PrivatePort === options.port && p.Type === protocol && p.PublicPort !== undefined);
  if (found.length === 0) {
    const known = container.ports.filter((p) => p.PublicPort !== undefined).map((p) => `${p.PrivatePort}/${p.Type}`);
    throw new UserError(`no port ${options.port}/${protocol} for container ${container.name}: ${known.length > 0 ? `published are ${[...new Set(known)].join(', ')}` : 'none is published'}`, { code: 'port.notPublished' });
  }
  return found.map((p) => ({ host: p.IP ?? '0.0.0.0', port: p.PublicPort ?? 0 }));
}

/** The processes of every running container. */
export async function top(context: NamedContext, options: { readonly services?: readonly string[]; readonly psArgs?: string } = {}): Promise<{ readonly container: ObservedContainer; readonly top: ContainerTop }[]> {
  checkKnown(context, options.services ?? []);
  const running = await findContainers(context, { services: options.services ?? [], all: false });
  const query = options.psArgs === undefined ? {} : { ps_args: options.psArgs };
  return Promise.all(running.map(async (container) => ({ container, top: await context.engine.containers.top(container.id, query, callOptions(context)) })));
}

export interface StatsOptions {
  readonly services?: readonly string[];
  readonly all?: boolean;
  /** One figure for each container instead of a stream. */
  readonly once?: boolean;
}

/** Calls back with each container's figures as they come, until the containers end or the signal says so. */
export async function stats(context: NamedContext, options: StatsOptions, onStats: (container: ObservedContainer, stats: ContainerStats) => void): Promise<ObservedContainer[]> {
  checkKnown(context, options.services ?? []);
  const containers = await findContainers(context, { services: options.services ?? [], all: options.all ?? false });
  await Promise.all(
    containers.map(async (container) => {
      for await (const figures of await context.engine.containers.stats(container.id, { stream: !options.once }, callOptions(context))) onStats(container, figures);
    }),
  );
  return containers;
}

export interface EventsOptions {
  readonly services?: readonly string[];
  /** Unix seconds. */
  readonly since?: number;
  readonly until?: number;
}

/** Events of the project's containers, until the signal says so or `until` is reached. */
export async function* events(context: NamedContext, options: EventsOptions = {}): AsyncGenerator<EventMessage> {
  const services = options.services ?? [];
  checkKnown(context, services);
  const { since, until } = options;
  const filters = { type: ['container'], label: [`${Label.project}=${projectNameOf(context)}`] };
  const stream = await context.engine.system.events({ filters, ...(since !== undefined && { since }), ...(until !== undefined && { until }) }, callOptions(context));
  try {
    for await (const event of stream) {
      const service = event.Actor.Attributes[Label.service] ?? '';
      const oneOff = event.Actor.Attributes[Label.oneOff] === 'True';
      if (!oneOff && (services.length === 0 || services.includes(service))) yield event;
    }
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'cancelled')) throw error;
  }
}

/** Whether the engine has each image: for `config --images` and completions. */
export async function presentImages(context: EngineContext, references: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(Object.keys(await inspectImages(context.engine, references, callOptions(context))));
}
