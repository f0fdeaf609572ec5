/** `run`: a one-off container of a service, with its dependencies up. */
import { EngineError, isEngineError, UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { buildGraph } from '../graph/index.ts';
import type { ContainerCreateRequest } from '../engine-api/index.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { copyFiles } from './copy-files.ts';
import { createRequest, withReferences } from './create-request.ts';
import { execute, plainError } from './execute.ts';
import { loadFiles } from './file-objects.ts';
import { imageOf, oneOffIdentity } from './identity.ts';
import { observe } from './observe.ts';
import type { ObservedState } from './observed-state.ts';
import { PlanBuilder } from './plan-builder.ts';
import { planImages } from './plan-images.ts';
import { neededNetworks, neededVolumes, planNetworks, planVolumes } from './plan-resources.ts';
import { selectServices } from './plan-up.ts';
import { followSize, pump, type ProcessStreams } from './process-streams.ts';
import { containerReferences } from './service-references.ts';
import { lateImageActions, up, type UpVerbOptions } from './up.ts';
import { EventHub } from './event-hub.ts';
import { waitFor } from './wait-for.ts';

export interface RunOptions {
  readonly service: string;
  /** Empty: the service's own. */
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly detach?: boolean;
  /** A terminal in the container. */
  readonly tty?: boolean;
  readonly interactive?: boolean;
  readonly name?: string;
  /** Remove the container when it ends. */
  readonly rm?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  /** A null value is taken from the project's environment. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly ports?: Service['ports'];
  readonly volumes?: Service['volumes'];
  /** `-P`: publish the service's own ports. */
  readonly servicePorts?: boolean;
  readonly useAliases?: boolean;
  readonly noDeps?: boolean;
  readonly removeOrphans?: boolean;
  readonly ignoreOrphans?: boolean;
  readonly build?: boolean;
  readonly pull?: string;
  readonly buildOptions?: NonNullable<UpVerbOptions['buildOptions']>;
  readonly pullOptions?: NonNullable<UpVerbOptions['pullOptions']>;
}

export interface RunResult {
  readonly container: string;
  readonly name: string;
  /** Undefined when detached. */
  readonly exitCode: number | undefined;
}

/** @throws UserError, EngineError as `up`; a container that could not be started is removed again */
export async function run(context: ProjectContext, options: RunOptions, streams: ProcessStreams): Promise<RunResult> {
  const { project } = context;
  checkServices(project, [options.service]);
  const model = project.services[options.service] ?? project.disabledServices[options.service];
  if (!model) throw new UserError(`no such service: ${options.service}`, { code: 'service.unknown' });
  if (!options.noDeps) await startDependencies(context, model, options);
  const service = oneOffService(project, model, options);
  const observed = await provide(context, service, options);
  const { id, name } = await createOneOff(context, service, observed, options);
  if (options.detach) {
    await startOrRemove(context, id, () => context.engine.containers.start(id, {}, callOptions(context)));
    return { container: id, name, exitCode: undefined };
  }
  return { container: id, name, exitCode: await startAttached(context, id, service, options, streams) };
}

/** The service as the options change it; one container, no restarts. */
function oneOffService(project: Project, model: Service, options: RunOptions): Service {
  const { restart, container_name, scale, deploy, ports, ...rest } = model;
  void restart, container_name, scale; // a one-off container has none of these
  const added = options.capAdd ?? [];
  const dropped = options.capDrop ?? [];
  const environment = { ...model.environment };
  for (const [key, value] of Object.entries(options.environment ?? {})) {
    const known = value ?? project.environment[key];
    if (known !== undefined) environment[key] = known;
  }
  const { restart_policy, ...placedDeploy } = deploy ?? {};
  void restart_policy;
  const published = [...(options.servicePorts ? (ports ?? []) : []), ...(options.ports ?? [])];
  const command = options.command && options.command.length > 0 ? options.command : options.entrypoint ? [] : model.command;
  return {
    ...rest,
    command,
    ...(options.entrypoint && { entrypoint: options.entrypoint }),
    tty: options.tty ?? false,
    stdin_open: options.interactive ?? false,
    environment,
    ...(deploy && { deploy: placedDeploy }),
    ...(published.length > 0 && { ports: published }),
    ...(options.volumes && { volumes: [...(model.volumes ?? []), ...options.volumes] }),
    ...(options.user !== undefined && { user: options.user }),
    ...(options.workdir !== undefined && { working_dir: options.workdir }),
    ...(options.labels && { labels: { ...model.labels, ...options.labels } }),
    ...(added.length + dropped.length > 0 && {
      cap_add: [...(model.cap_add ?? []).filter((cap) => !dropped.includes(cap)), ...added],
      cap_drop: [...(model.cap_drop ?? []).filter((cap) => !added.includes(cap)), ...dropped],
    }),
  };
}

/** Dependencies come up as with `up`, and their conditions hold before the one-off container starts. */
async function startDependencies(context: ProjectContext, model: Service, options: RunOptions): Promise<void> {
  const { project } = context;
  const edges = buildGraph(project).dependenciesOf(model.name);
  const { build, pull, removeOrphans, ignoreOrphans, buildOptions, pullOptions } = options;
  if (edges.length === 0) return;
  await up(context, {
    services: edges.map((edge) => edge.to),
    keepDone: true,
    ...(build && { build }),
    ...(pull !== undefined && { pull }),
    ...(removeOrphans && { removeOrphans }),
    ignoreOrphans: ignoreOrphans ?? true,
    ...(buildOptions && { buildOptions }),
    ...(pullOptions && { pullOptions }),
  });
  const { containers } = await observe(context, { project: project.name });
  const hub = new EventHub(context.engine, project.name);
  try {
    for (const edge of edges.filter((e) => e.condition !== 'service_started')) {
      const targets = containers.filter((c) => c.service === edge.to && !c.oneOff).map(({ id, name }) => ({ id, name }));
      const request = { service: edge.to, containers: targets, condition: edge.condition, for: [model.name] };
      await waitFor(request, { engine: context.engine, hub, signal: context.signal }, ({ name }, state, text, reason) => {
        context.onEvent?.({ type: 'resource', id: `container ${name}`, kind: 'container', name, service: edge.to, state, text, ...(reason !== undefined && { reason }) });
      }).catch((error: unknown) => {
        if (edge.required) throw error;
      });
    }
  } finally {
    hub.close();
  }
}

/** Networks, volumes and the image of the service. */
async function provide(context: ProjectContext, service: Service, options: RunOptions): Promise<ObservedState> {
  const { project } = context;
  const graph = buildGraph(project);
  const query = {
    project: project.name,
    networks: true,
    volumes: neededVolumes(project, [service]).flatMap((key) => project.volumes[key]?.name ?? []),
    images: [imageOf(project.name, service)],
  };
  const observed = await observe(context, query);
  const plan = new PlanBuilder();
  planImages(plan, project, graph, selectServices({ ...project, services: { ...project.services, [service.name]: service } }, graph, { services: [service.name], noDeps: true }), observed, {
    nowMs: Date.now(),
    ...(options.build && { build: true }),
    ...(options.pull !== undefined && { pull: options.pull }),
  });
  planNetworks(plan, project, neededNetworks(project, [service]), observed);
  planVolumes(plan, project, neededVolumes(project, [service]), observed);
  const result = plan.finish('run', project.name);
  if (result.steps.length === 0) return observed;
  try {
    await execute(result, { ...context, images: lateImageActions(context, options) });
  } catch (error) {
    throw plainError(error);
  }
  return observe(context, query);
}

async function createOneOff(context: ProjectContext, service: Service, observed: ObservedState, options: RunOptions): Promise<{ id: string; name: string }> {
  const { project, engine } = context;
  const o = callOptions(context);
  const files = await loadFiles(project, [service]);
  const identity = oneOffIdentity(project.name, service.name);
  const name = options.name ?? identity.name;
  const image = observed.images[imageOf(project.name, service)];
  const linked = new Set((service.links ?? []).map((link) => link.split(':')[0] ?? ''));
  const request = createRequest({
    project,
    service,
    number: 1,
    apiVersion: observed.apiVersion,
    files,
    ...(image && { imageId: image.id }),
    links: observed.containers.filter((c) => linked.has(c.service) && !c.oneOff).map((c) => ({ service: c.service, name: c.name })),
    oneOff: { slug: identity.slug, name, autoRemove: options.rm ?? false, attachStdin: (options.interactive ?? false) && !options.detach, useAliases: options.useAliases ?? false },
  });
  const find = (other: string) => observed.containers.find((c) => c.service === other && !c.oneOff);
  const references = containerReferences(service, find);
  const idOf = (handle: { name: string } & ({ id: string } | { createdBy: number })): string => {
    if ('id' in handle) return handle.id;
    throw new EngineError('internal', `${handle.name} does not exist`);
  };
  const body: ContainerCreateRequest = references ? withReferences(request.body, service, references, idOf) : request.body;
  const { Id } = await engine.containers.create(body, { name, ...(service.platform !== undefined && { platform: service.platform }) }, o);
  await startOrRemove(context, Id, async () => {
    for (const { network, endpoint } of request.connect) await engine.networks.connect(network, { Container: Id, EndpointConfig: endpoint }, o);
    if (request.copies.length > 0) await copyFiles(engine, Id, request.copies, o);
  });
  return { id: Id, name };
}

/** A container that never ran is of no use: it goes again when what leads to its start fails. */
async function startOrRemove<T>(context: ProjectContext, id: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    await context.engine.containers.remove(id, { force: true, v: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

async function startAttached(context: ProjectContext, id: string, service: Service, options: RunOptions, streams: ProcessStreams): Promise<number> {
  const { engine } = context;
  const o = callOptions(context);
  const tty = service.tty ?? false;
  const stdin = options.interactive === true && streams.stdin !== undefined;
  const { attached, exit } = await startOrRemove(context, id, async () => {
    const stream = await engine.containers.attach(id, { stream: true, stdin, stdout: true, stderr: true }, o);
    // Registered before the start, so that even a container that is removed at its end leaves its code.
    const waiting = await engine.containers.wait(id, { condition: options.rm ? 'removed' : 'next-exit' }, o);
    waiting.exit.catch(() => {}); // awaited below, or moot when the start fails
    await engine.containers.start(id, {}, o);
    return { attached: stream, exit: waiting.exit };
  });
  const stopSize = followSize(tty ? streams.terminal : undefined, (size) => engine.containers.resize(id, size, o));
  const stopSignals = streams.onSignal?.((signal) => void engine.containers.kill(id, { signal }, o).catch(() => {}));
  try {
    const { stdin: input, ...others } = streams;
    await pump({ ...attached, tty }, stdin && input ? { ...others, stdin: input } : others);
    return (await exit).StatusCode;
  } catch (error) {
    if (isEngineError(error, 'notFound')) return 0; // removed at its end before the wait could answer
    throw error;
  } finally {
    stopSize();
    stopSignals?.();
  }
}
