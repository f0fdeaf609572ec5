/** `start`, `stop`, `restart`, `kill`, `pause`, `unpause`, `rm`: what happens to containers that exist. Pure. */
import { UserError } from '../base/index.ts';
import type { Project } from '../compose/index.ts';
import { closure, type Dependency, type ServiceGraph } from '../graph/index.ts';
import { isAlive } from './container-states.ts';
import type { ObservedContainer, ObservedState } from './observed-state.ts';
import type { Action, Plan } from './plan.ts';
import { PlanBuilder } from './plan-builder.ts';

export interface LifecycleInput {
  readonly name: string;
  readonly project: Project | undefined;
  readonly graph: ServiceGraph;
  readonly observed: ObservedState;
  /** Named on the command line. Empty: all. */
  readonly services: readonly string[];
}

/** Stops running containers, dependents first. @param timeoutSeconds  default: each container's own */
export function planStop(input: LifecycleInput, options: { readonly timeoutSeconds?: number } = {}): Plan {
  const plan = new PlanBuilder();
  const stopped = new Map<string, number[]>();
  for (const service of [...orderOf(input)].reverse()) {
    const after = input.graph.dependentsOf(service).flatMap((edge) => stopped.get(edge.from) ?? []);
    const hooks = input.project?.services[service]?.pre_stop ?? [];
    for (const container of containersOf(input, service).filter(isAlive)) {
      const base = baseOf(container);
      let before: readonly number[] = after;
      for (const hook of hooks) before = [plan.add({ kind: 'runHook', ...base, hook, phase: 'pre_stop' }, { after: before, reason: 'stop', bestEffort: true })];
      const timeout = options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds };
      const step = plan.add({ kind: 'stopContainer', ...base, ...timeout }, { after: before, reason: `is ${container.state}` });
      stopped.set(service, [...(stopped.get(service) ?? []), step]);
    }
  }
  return plan.finish('stop', input.name);
}

/**
 * Starts stopped containers of the named services and of what they need, in order and with their conditions.
 * @throws UserError `start.noContainer` for a named service that has none
 */
export function planStart(input: LifecycleInput, options: { readonly wait?: boolean; readonly waitTimeoutMs?: number } = {}): Plan {
  const plan = new PlanBuilder();
  const started = new Map<string, number[]>();
  const selected = input.services.length === 0 ? input.graph.order : closure(input.graph, input.services);
  for (const service of selected) {
    const all = containersOf(input, service);
    if (all.length === 0 && (input.services.includes(service) || (input.services.length === 0 && wantsContainers(input.project, service)))) {
      throw new UserError(`service "${service}" has no container to start`, { code: 'start.noContainer', hint: 'create it with `up` or `create`' });
    }
    const down = all.filter((c) => !isAlive(c));
    const after = down.length === 0 ? [] : input.graph.dependenciesOf(service).flatMap((edge) => dependencySteps(plan, input, started, edge));
    started.set(service, down.map((c) => plan.add({ kind: 'startContainer', ...baseOf(c) }, { after, reason: `is ${c.state}` })));
  }
  if (options.wait) for (const service of selected) awaitService(plan, input, started, service, options.waitTimeoutMs);
  return plan.finish('start', input.name);
}

function dependencySteps(plan: PlanBuilder, input: LifecycleInput, started: ReadonlyMap<string, readonly number[]>, edge: Dependency): readonly number[] {
  const steps = started.get(edge.to) ?? [];
  if (edge.condition === 'service_started' || steps.length === 0) return steps;
  const containers = containersOf(input, edge.to).map(({ id, name }) => ({ id, name }));
  return [
    plan.add(
      { kind: 'waitFor', service: edge.to, containers, condition: edge.condition, for: [edge.from] },
      { after: steps, reason: `${edge.condition}, for ${edge.from}`, bestEffort: !edge.required },
    ),
  ];
}

function awaitService(plan: PlanBuilder, input: LifecycleInput, started: ReadonlyMap<string, readonly number[]>, service: string, timeoutMs: number | undefined): void {
  const containers = containersOf(input, service).map(({ id, name }) => ({ id, name }));
  if (containers.length === 0) return;
  const isJob = input.graph.dependentsOf(service).some((edge) => edge.condition === 'service_completed_successfully');
  const condition = isJob ? 'service_completed_successfully' : 'running_or_healthy';
  plan.add(
    { kind: 'waitFor', service, containers, condition, for: [], ...(timeoutMs !== undefined && { timeoutMs }) },
    { after: started.get(service) ?? [], reason: `${condition}, for --wait` },
  );
}

/** Restarts the named services and, unless `noDeps`, those that asked for it with `restart: true`. */
export function planRestart(input: LifecycleInput, options: { readonly timeoutSeconds?: number; readonly noDeps?: boolean } = {}): Plan {
  const plan = new PlanBuilder();
  const done = new Map<string, number[]>();
  const through = (edge: Dependency): boolean => edge.restart;
  const selected =
    input.services.length === 0 ? input.graph.order
    : options.noDeps ? orderOf(input)
    : closure(input.graph, input.services, { direction: 'dependents', through });
  for (const service of selected) {
    const causes = input.graph.dependenciesOf(service).filter((edge) => edge.restart && done.has(edge.to));
    const reason = input.services.length === 0 || input.services.includes(service) ? 'restart' : `${causes[0]?.to ?? 'a dependency'} is restarted`;
    const after = causes.flatMap((edge) => done.get(edge.to) ?? []);
    const timeout = options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds };
    done.set(service, containersOf(input, service).map((c) => plan.add({ kind: 'restartContainer', ...baseOf(c), ...timeout }, { after, reason })));
  }
  return plan.finish('restart', input.name);
}

/** Sends a signal to running containers, all at once. */
export function planKill(input: LifecycleInput, options: { readonly signal?: string; readonly removeOrphans?: boolean } = {}): Plan {
  const plan = new PlanBuilder();
  const signal = options.signal ?? 'SIGKILL';
  for (const container of selectedContainers(input).filter(isAlive)) plan.add({ kind: 'killContainer', ...baseOf(container), signal }, { reason: `is ${container.state}` });
  if (options.removeOrphans && input.services.length === 0) {
    for (const orphan of input.observed.containers.filter((c) => input.project && !c.oneOff && !input.project.services[c.service] && !input.project.disabledServices[c.service])) {
      plan.add({ kind: 'removeContainer', ...baseOf(orphan), volumes: false, force: true }, { reason: 'orphan' });
    }
  }
  return plan.finish('kill', input.name);
}

export function planPause(input: LifecycleInput): Plan {
  return each(input, 'pause', (c) => c.state === 'running', (c) => ({ kind: 'pauseContainer', ...baseOf(c) }));
}

export function planUnpause(input: LifecycleInput): Plan {
  return each(input, 'unpause', (c) => c.state === 'paused', (c) => ({ kind: 'unpauseContainer', ...baseOf(c) }));
}

/** Removes stopped containers, one-off ones included; with `stop` running ones too. */
export function planRemove(input: LifecycleInput, options: { readonly stop?: boolean; readonly volumes?: boolean; readonly timeoutSeconds?: number } = {}): Plan {
  const plan = new PlanBuilder();
  for (const container of selectedContainers(input, true)) {
    if (isAlive(container) && !options.stop) continue;
    const timeout = options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds };
    const stop = isAlive(container) ? plan.add({ kind: 'stopContainer', ...baseOf(container), ...timeout }, { reason: 'rm --stop' }) : undefined;
    plan.add({ kind: 'removeContainer', ...baseOf(container), volumes: options.volumes ?? false, force: true }, { after: [stop], reason: stop === undefined ? `is ${container.state}` : 'rm --stop' });
  }
  return plan.finish('rm', input.name);
}

function each(input: LifecycleInput, verb: string, applies: (c: ObservedContainer) => boolean, action: (c: ObservedContainer) => Action): Plan {
  const plan = new PlanBuilder();
  for (const container of selectedContainers(input).filter(applies)) plan.add(action(container), { reason: `is ${container.state}` });
  return plan.finish(verb, input.name);
}

function orderOf({ graph, services }: LifecycleInput): readonly string[] {
  return services.length === 0 ? graph.order : graph.order.filter((service) => services.includes(service));
}

function containersOf({ observed }: LifecycleInput, service: string): ObservedContainer[] {
  return observed.containers.filter((c) => c.service === service && !c.oneOff && c.state !== 'removing');
}

/** Containers of the selected services; without a selection, of every service of the project. */
function selectedContainers({ observed, services, project }: LifecycleInput, oneOff = false): ObservedContainer[] {
  const isSelected = (service: string): boolean => (services.length > 0 ? services.includes(service) : !project || service in project.services || service in project.disabledServices);
  return observed.containers.filter((c) => isSelected(c.service) && (oneOff || !c.oneOff) && c.state !== 'removing');
}

function wantsContainers(project: Project | undefined, service: string): boolean {
  const model = project?.services[service];
  return model !== undefined && (model.scale ?? model.deploy?.replicas ?? 1) > 0;
}

function baseOf(container: ObservedContainer): { service: string; container: { id: string; name: string } } {
  return { service: container.service, container: { id: container.id, name: container.name } };
}
