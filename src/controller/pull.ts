/** `pull` and `push`: images between the engine and registries, with progress per layer. */
import { errorMessage, ExitCode, isEngineError, UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { throwProgressErrors, type Progress, type RegistryAuth } from '../engine-api/index.ts';
import { buildGraph, walk } from '../graph/index.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { imageOf } from './identity.ts';
import { parseImageReference } from './image-reference.ts';
import { selectServices } from './plan-up.ts';

export interface PullVerbOptions {
  /** No rows for layers. */
  readonly quiet?: boolean;
}

export interface PullOptions extends PullVerbOptions {
  readonly services?: readonly string[];
  /** Also what the named services depend on. */
  readonly includeDeps?: boolean;
  /** Leave out services that can be built. */
  readonly ignoreBuildable?: boolean;
  readonly ignoreFailures?: boolean;
  /** `missing`: only what the engine does not have. `always`: everything. */
  readonly policy?: string;
}

/** Failures of a pull or push of several images; the others were finished. */
export interface ImageFailures {
  readonly failed: readonly { readonly service: string; readonly image: string; readonly error: unknown }[];
}

const WIDTH = 4;

/**
 * Pulls the images of services. One failure does not stop the others.
 * @throws UserError `pull.failed` (exit code 18) that lists every image that failed, unless `ignoreFailures`
 */
export async function pull(context: ProjectContext, options: PullOptions = {}): Promise<ImageFailures> {
  const images = new Map<string, Service>();
  for (const service of servicesFor(context.project, options)) {
    const policy = options.policy ?? service.pull_policy;
    if (service.image === undefined || policy === 'never' || policy === 'build') continue;
    if (service.build && options.ignoreBuildable) continue;
    if (!images.has(service.image)) images.set(service.image, service);
  }
  const pulls = [...images].map(([image, service]) => ({
    service,
    image,
    run: async () => {
      if (options.policy === 'missing' && (await isPresent(context, image))) return;
      await pullImage(context, { service: service.name, image, ...(service.platform !== undefined && { platform: service.platform }) }, options);
    },
  }));
  const failures = await runAll(context, pulls, (service) => service.build !== undefined);
  if (failures.failed.length > 0 && !options.ignoreFailures) throw failuresError('pull', failures);
  return failures;
}

export interface PushOptions {
  readonly services?: readonly string[];
  readonly includeDeps?: boolean;
  readonly ignoreFailures?: boolean;
  readonly quiet?: boolean;
}

/** Pushes the images of services that have a `build` and say what the image is called. Errors as `pull`, exit code 1. */
export async function push(context: ProjectContext, options: PushOptions = {}): Promise<ImageFailures> {
  const pushes = servicesFor(context.project, options)
    .filter((service) => service.build && isNamed(context, service))
    .flatMap((service) => [imageOf(context.project.name, service), ...(service.build?.tags ?? [])].map((image) => ({ service, image, run: () => pushImage(context, service.name, image) })));
  const failures = await runAll(context, pushes, () => false);
  if (failures.failed.length > 0 && !options.ignoreFailures) throw failuresError('push', failures);
  return failures;
}

/** A name that was made up here belongs to nobody's registry, least of all to Docker Hub. */
function isNamed(context: ProjectContext, service: Service): boolean {
  if (service.image !== undefined) return true;
  const name = imageOf(context.project.name, service);
  context.onEvent?.({ type: 'resource', id: `image ${name}`, kind: 'image', name, service: service.name, state: 'skipped', text: 'Skipped', reason: 'the service has no image attribute' });
  return false;
}

function servicesFor(project: Project, options: { readonly services?: readonly string[]; readonly includeDeps?: boolean }): Service[] {
  checkServices(project, options.services ?? []);
  return selectServices(project, buildGraph(project), { services: options.services ?? [], noDeps: !options.includeDeps });
}

async function isPresent({ engine, signal }: ProjectContext, image: string): Promise<boolean> {
  const { inspectImages } = await import('./observe.ts');
  return Object.keys(await inspectImages(engine, [image], signal ? { signal } : {})).length > 0;
}

export interface PullTarget {
  readonly service: string;
  readonly image: string;
  readonly platform?: string;
  /** A failure is no more than a warning: the image will be built then. */
  readonly orBuild?: boolean;
}

/** Pulls one image. @throws UserError `pull.failed`, exit code 18 */
export async function pullImage(context: ProjectContext, target: PullTarget, options: PullVerbOptions): Promise<void> {
  const { image, service, platform, orBuild } = target;
  const id = `image ${image}`;
  const tell = (state: 'working' | 'done' | 'warning' | 'error', text: string, reason?: string): void =>
    context.onEvent?.({ type: 'resource', id, kind: 'image', name: image, service, state, text, ...(reason !== undefined && { reason }) });
  tell('working', 'Pulling');
  try {
    const { name, tag, registry } = parseImageReference(image);
    const auth = await context.credentials?.(registry);
    const progress = await context.engine.images.pull({ fromImage: name, tag, ...(platform !== undefined && { platform }), ...(auth && { auth }) }, callOptions(context));
    await follow(context, id, progress, options.quiet ?? false);
    tell('done', 'Pulled');
  } catch (error) {
    if (orBuild) tell('warning', 'Warning', errorMessage(error));
    else tell('error', 'Error', errorMessage(error));
    if (context.signal?.aborted) throw error;
    throw new UserError(`image ${image}: ${errorMessage(error)}`, { code: 'pull.failed', exitCode: ExitCode.pullFailed, cause: error, ...loginHint([{ image, error }]) });
  }
}

async function pushImage(context: ProjectContext, service: string, image: string): Promise<void> {
  const id = `image ${image}`;
  const tell = (state: 'working' | 'done' | 'error', text: string, reason?: string): void =>
    context.onEvent?.({ type: 'resource', id, kind: 'image', name: image, service, state, text, ...(reason !== undefined && { reason }) });
  tell('working', 'Pushing');
  try {
    const { name, tag, registry } = parseImageReference(image);
    const auth: RegistryAuth = (await context.credentials?.(registry)) ?? {};
    await follow(context, id, await context.engine.images.push(name, { tag, auth }, callOptions(context)), false);
    tell('done', 'Pushed');
  } catch (error) {
    tell('error', 'Error', errorMessage(error));
    throw error;
  }
}

/** One row for each layer, below the image's. @throws EngineError for a failure that the stream reports */
async function follow(context: ProjectContext, parent: string, progress: Progress, quiet: boolean): Promise<void> {
  for await (const message of throwProgressErrors(progress)) {
    if (quiet || message.id === undefined || message.status === undefined) continue;
    const isDone = /^(Pull complete|Already exists|Pushed|Layer already exists|Download complete)/.test(message.status);
    const { current, total } = message.progressDetail ?? {};
    context.onEvent?.({
      type: 'resource',
      id: `${parent} ${message.id}`,
      parent,
      kind: 'image',
      name: message.id,
      state: isDone ? 'done' : 'working',
      text: message.status,
      ...(current !== undefined && { progress: { current, ...(total !== undefined && total > 0 && { total }) } }),
    });
  }
}

async function runAll(
  context: ProjectContext,
  jobs: readonly { readonly service: Service; readonly image: string; readonly run: () => Promise<void> }[],
  isHarmless: (service: Service) => boolean,
): Promise<ImageFailures> {
  const failed: { service: string; image: string; error: unknown }[] = [];
  const none = { key: (job: object) => job, after: () => [] };
  await walk(jobs, none, async ({ service, image, run }) => {
    try {
      await run();
    } catch (error) {
      if (context.signal?.aborted) throw error;
      if (isHarmless(service)) {
        context.onEvent?.({ type: 'warning', code: 'pull.buildable', message: `${errorMessage(error)}; it can be built` });
      } else failed.push({ service: service.name, image, error });
    }
  }, { width: WIDTH, ...(context.signal && { signal: context.signal }) });
  return { failed };
}

function failuresError(verb: 'pull' | 'push', { failed }: ImageFailures): UserError {
  const first = failed[0];
  if (failed.length === 1 && first?.error instanceof UserError) return first.error;
  const lines = failed.map(({ service, error }) => `  ${service}: ${errorMessage(error)}`);
  return new UserError(`${verb} failed for ${failed.length} of the images:\n${lines.join('\n')}`, {
    code: `${verb}.failed`,
    exitCode: verb === 'pull' ? ExitCode.pullFailed : ExitCode.failure,
    ...(first && { cause: first.error }),
    ...loginHint(failed),
  });
}

/** Where there is no docker CLI, nothing else says how a registry gets its password. */
function loginHint(failed: readonly { readonly image: string; readonly error: unknown }[]): { hint?: string } {
  const refused = failed.filter(({ error }) => {
    const cause = error instanceof UserError ? error.cause : error;
    return isEngineError(cause, 'unauthorized') || /unauthorized|access denied|no basic auth credentials/.test(errorMessage(cause));
  });
  const registries = [...new Set(refused.map(({ image }) => parseImageReference(image).registry))];
  if (registries.length === 0) return {};
  return { hint: `credentials are read from ~/.docker/config.json; for ${registries.join(', ')} they are written by docker login, or by skopeo login --authfile ~/.docker/config.json` };
}
