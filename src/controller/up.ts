/** `up`, `create` and `plan`: from a project to running containers. */
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, isEngineError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { buildGraph, type ServiceGraph } from '../graph/index.ts';
import type { BuildVerbOptions } from './build.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { explained } from './explain-failure.ts';
import { execute, plainError, StepError, type ExecuteContext, type ImageActions } from './execute.ts';
import { ConfigHashes } from './config-hash.ts';
import { describe } from './format-plan.ts';
import { loadFiles, type LoadedFiles } from './file-objects.ts';
import { imageOf, Label } from './identity.ts';
import { inspectImages, observe } from './observe.ts';
import type { ObservedState } from './observed-state.ts';
import type { Plan, Step } from './plan.ts';
import { planUp, selectServices, type UpOptions } from './plan-up.ts';
import { neededVolumes } from './plan-resources.ts';
import type { PullVerbOptions } from './pull.ts';

export interface UpVerbOptions extends UpOptions {
  readonly buildOptions?: BuildVerbOptions;
  readonly pullOptions?: PullVerbOptions;
}

export interface UpResult {
  /** The last plan that was carried out; empty when there was nothing to do. */
  readonly plan: Plan;
  /** Services that `up` was about, in graph order. */
  readonly services: readonly string[];
}

/** After a moved world (someone else made or removed a container) the plan is made anew, so often at most. */
const MAX_ROUNDS = 3;
/** How long someone else gets to finish making a container. */
const SETTLE_MS = 150;

/** What `up` would do. The engine is asked, nothing is changed. @throws UserError, EngineError */
export async function planOfUp(context: ProjectContext, options: UpVerbOptions = {}): Promise<Plan> {
  const { ownEngine = false } = context;
  const desired = await desiredState(context.project, options);
  return planUp({ ...desired, observed: await firstLook(context, desired), options, nowMs: Date.now(), ownEngine });
}

/**
 * Makes the engine have what the file asks for.
 * @throws UserError for what cannot be (a missing external network, a dependency that fails, an image that cannot be had);
 * EngineError for what the engine refuses; its message names the resource
 */
export async function up(context: ProjectContext, options: UpVerbOptions = {}): Promise<UpResult> {
  return carryOut(context, options, 'up');
}

/** Makes containers and does not start them. Errors as `up`. */
export async function create(context: ProjectContext, options: UpVerbOptions = {}): Promise<UpResult> {
  return carryOut(context, { ...options, noStart: true }, 'create');
}

/** What a plan is made from besides the engine. */
interface Desired {
  readonly project: Project;
  readonly graph: ServiceGraph;
  readonly services: readonly Service[];
  readonly files: LoadedFiles;
  readonly hashes: ConfigHashes;
}

async function desiredState(project: Project, options: UpVerbOptions): Promise<Desired> {
  checkServices(project, [...(options.services ?? []), ...Object.keys(options.scale ?? {})]);
  const graph = buildGraph(project);
  const services = selectServices(project, graph, options);
  return { project, graph, services, files: await loadFiles(project, services), hashes: new ConfigHashes() };
}

function observeFor(context: ProjectContext, { project, services }: Desired): Promise<ObservedState> {
  return observe(context, {
    project: project.name,
    networks: true,
    volumes: neededVolumes(project, services).flatMap((key) => project.volumes[key]?.name ?? []),
    images: services.map((service) => imageOf(project.name, service)),
  });
}

/** While the engine works on its answers, the hashes are made: two turns of the event loop, and the requests are on their way. */
async function firstLook(context: ProjectContext, desired: Desired): Promise<ObservedState> {
  const answers = observeFor(context, desired);
  answers.catch(() => {}); // awaited below
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  for (const service of desired.services) desired.hashes.of(service);
  return answers;
}

async function carryOut(context: ProjectContext, options: UpVerbOptions, verb: string): Promise<UpResult> {
  const { ownEngine = false } = context;
  const desired = await desiredState(context.project, options);
  let observed = await firstLook(context, desired);
  let failed: { step: Step; error: unknown } | undefined;
  for (let round = 1; ; round++) {
    let plan = planUp({ ...desired, observed, options, nowMs: Date.now(), ownEngine }, verb);
    if (failed && repeats(plan, failed.step)) {
      if (!(await isBeingMade(context, failed.step))) throw failed.error;
      await delay(SETTLE_MS * round, undefined, context.signal ? { signal: context.signal } : {});
      observed = await observeFor(context, desired);
      plan = planUp({ ...desired, observed, options, nowMs: Date.now(), ownEngine }, verb);
    }
    if (plan.steps.some(isImageStep)) {
      await provideImages(context, plan, options);
      observed = { ...observed, images: await inspectImages(context.engine, desired.services.map((s) => imageOf(desired.project.name, s)), callOptions(context)) };
      plan = planUp({ ...desired, observed, options: withImages(options), nowMs: Date.now(), ownEngine }, verb);
    }
    try {
      await execute(plan, executeContext(context, options));
      return { plan, services: desired.services.map((service) => service.name) };
    } catch (error) {
      if (round >= MAX_ROUNDS || !(error instanceof StepError) || !isEngineError(error.error, 'conflict', 'notFound', 'unavailable')) throw await explained(context, error);
      // An engine that died under the plan is started again by the next look, and then the same steps are right.
      failed = isEngineError(error.error, 'unavailable') ? undefined : { step: error.step, error: plainError(error) };
    }
    observed = await observeFor(context, desired);
  }
}

/** The images are there now: they must not be built or pulled again in this run. */
function withImages(options: UpVerbOptions): UpVerbOptions {
  return { ...options, build: false, noBuild: true, pull: 'never' };
}

async function provideImages(context: ProjectContext, plan: Plan, options: UpVerbOptions): Promise<void> {
  const steps = plan.steps.filter(isImageStep);
  try {
    await execute({ ...plan, steps, unchanged: [], warnings: [] }, executeContext(context, options));
  } catch (error) {
    throw plainError(error);
  }
}

function isImageStep(step: Step): boolean {
  return step.action.kind === 'pullImage' || step.action.kind === 'buildImage';
}

/**
 * Whether the name that a create request found taken belongs to a container that someone is making for this very project: an engine
 * reserves names before it lists containers.
 */
async function isBeingMade(context: ProjectContext, step: Step): Promise<boolean> {
  if (step.action.kind !== 'createContainer') return false;
  try {
    const { Config } = await context.engine.containers.inspect(step.action.temporaryName ?? step.action.name, {}, callOptions(context));
    return Config.Labels?.[Label.project] === context.project.name;
  } catch (error) {
    if (isEngineError(error, 'notFound')) return true;
    throw error;
  }
}

/** True when a new plan would do again, for the same reason, what has just failed: then the world has not moved. */
function repeats(plan: Plan, failed: Step): boolean {
  const text = (step: Step): string => `${describe(step.action).subject} ${describe(step.action).verb}`;
  return plan.steps.some((step) => text(step) === text(failed) && step.action.kind === failed.action.kind);
}

function executeContext(context: ProjectContext, options: UpVerbOptions): ExecuteContext {
  return { ...context, images: lateImageActions(context, options) };
}

/** Pulling and building bring a tar packer and more with them; most runs need neither. */
export function lateImageActions(context: ProjectContext, options: { readonly buildOptions?: BuildVerbOptions; readonly pullOptions?: PullVerbOptions }): ImageActions {
  const build: ImageActions['build'] = async ({ service }) => {
    const { buildService } = await import('./build.ts');
    await buildService(context, serviceOf(context.project, service), options.buildOptions ?? {});
  };
  return {
    build,
    async pull(action) {
      const { pullImage } = await import('./pull.ts');
      try {
        await pullImage(context, action, options.pullOptions ?? {});
      } catch (error) {
        if (!action.orBuild || context.signal?.aborted) throw error;
        await build({ kind: 'buildImage', service: action.service, image: action.image });
      }
    },
  };
}

function serviceOf(project: Project, name: string): Service {
  const service = project.services[name] ?? project.disabledServices[name];
  if (!service) throw new EngineError('internal', `the plan names service ${name}, which the project does not have`);
  return service;
}
