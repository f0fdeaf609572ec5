/** `down` and the verbs on existing containers: observe, plan, carry out. Each answers the plan that was carried out. */
import { isEngineError, UserError } from '../base/index.ts';
import { buildGraph } from '../graph/index.ts';
import { projectNameOf, type NamedContext } from './context.ts';
import { execute, plainError, StepError } from './execute.ts';
import { graphFor } from './labelled-project.ts';
import { observe } from './observe.ts';
import type { Plan } from './plan.ts';
import { planDown, type DownOptions } from './plan-down.ts';
import { planKill, planPause, planRemove, planRestart, planStart, planStop, planUnpause, type LifecycleInput } from './plan-lifecycle.ts';

/** Removes what `up` made. @throws UserError `service.unknown`; EngineError */
export async function down(context: NamedContext, options: DownOptions = {}): Promise<Plan> {
  for (let round = 1; ; round++) {
    const plan = await planOfDown(context, options);
    try {
      await execute(plan, context);
      return plan;
    } catch (error) {
      // An engine that died under the plan is started again by the next look.
      if (round >= MAX_ROUNDS || !(error instanceof StepError) || !isEngineError(error.error, 'unavailable')) throw plainError(error);
    }
  }
}

const MAX_ROUNDS = 3;

/** What `down` would do. */
export async function planOfDown(context: NamedContext, options: DownOptions = {}): Promise<Plan> {
  const { project } = context;
  const name = projectNameOf(context);
  if (project) buildGraph(project); // a cycle is reported before anything is asked
  const volumes = options.volumes ? (project ? Object.values(project.volumes).filter((v) => !v.external).map((v) => v.name) : ('labelled' as const)) : [];
  const observed = await observe(context, { project: name, networks: true, volumes });
  return planDown({ name, project, graph: graphFor(project, observed.containers), observed, options });
}

export interface SelectionOptions {
  /** Empty or absent: all. */
  readonly services?: readonly string[];
}

export async function start(context: NamedContext, options: SelectionOptions & { readonly wait?: boolean; readonly waitTimeoutMs?: number } = {}): Promise<Plan> {
  return run(context, options, (input) => planStart(input, options));
}

export async function stop(context: NamedContext, options: SelectionOptions & { readonly timeoutSeconds?: number } = {}): Promise<Plan> {
  return run(context, options, (input) => planStop(input, options));
}

export async function restart(context: NamedContext, options: SelectionOptions & { readonly timeoutSeconds?: number; readonly noDeps?: boolean } = {}): Promise<Plan> {
  return run(context, options, (input) => planRestart(input, options));
}

export async function kill(context: NamedContext, options: SelectionOptions & { readonly signal?: string; readonly removeOrphans?: boolean } = {}): Promise<Plan> {
  return run(context, options, (input) => planKill(input, options));
}

export async function pause(context: NamedContext, options: SelectionOptions = {}): Promise<Plan> {
  return run(context, options, planPause);
}

export async function unpause(context: NamedContext, options: SelectionOptions = {}): Promise<Plan> {
  return run(context, options, planUnpause);
}

/** Asking the user is the caller's part: `planOfRemove` says what would go. */
export async function remove(context: NamedContext, options: RemoveOptions = {}): Promise<Plan> {
  return run(context, options, (input) => planRemove(input, options));
}

export type RemoveOptions = SelectionOptions & { readonly stop?: boolean; readonly volumes?: boolean; readonly timeoutSeconds?: number };

export async function planOfRemove(context: NamedContext, options: RemoveOptions = {}): Promise<Plan> {
  return planRemove(await inputFor(context, options), options);
}

async function run(context: NamedContext, options: SelectionOptions, planner: (input: LifecycleInput) => Plan): Promise<Plan> {
  return carryOut(context, planner(await inputFor(context, options)));
}

/** @throws UserError `service.unknown`, `project.unknown` */
async function inputFor(context: NamedContext, options: SelectionOptions): Promise<LifecycleInput> {
  const { project } = context;
  const name = projectNameOf(context);
  const observed = await observe(context, { project: name });
  const services = options.services ?? [];
  const isKnown = (service: string): boolean =>
    project ? service in project.services || service in project.disabledServices : observed.containers.some((c) => c.service === service);
  const unknown = services.find((service) => !isKnown(service));
  if (unknown !== undefined) throw new UserError(`no such service: ${unknown}`, { code: 'service.unknown' });
  if (!project && observed.containers.length === 0) throw new UserError(`no such project: ${name}`, { code: 'project.unknown' });
  return { name, project, graph: graphFor(project, observed.containers), observed, services };
}

async function carryOut(context: NamedContext, plan: Plan): Promise<Plan> {
  try {
    await execute(plan, context);
    return plan;
  } catch (error) {
    throw plainError(error);
  }
}
