/** The second half of `up`: containers start when what they need has started, is healthy or is done. */
import type { Service } from '../compose/index.ts';
import type { Dependency } from '../graph/index.ts';
import type { ServiceDecision } from './converge.ts';
import type { ObservedContainer } from './observed-state.ts';
import type { WaitCondition } from './plan.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { UpInput } from './plan-up.ts';
import type { PortHolders } from './port-holders.ts';
import type { Placed } from './up-placement.ts';

export interface StartInput {
  readonly up: UpInput;
  readonly plan: PlanBuilder;
  readonly ports: PortHolders;
  /** In graph order. */
  readonly services: readonly Service[];
  readonly decisions: ReadonlyMap<string, ServiceDecision>;
  readonly placed: ReadonlyMap<string, readonly Placed[]>;
}

/** Adds the steps that start containers and wait for them, and notes what needs nothing. */
export function startContainers(input: StartInput): void {
  const starter = new Starter(input);
  for (const service of input.services) starter.start(service);
  starter.restartDependents();
  if (input.up.options.wait) starter.awaitAll();
}

class Starter {
  readonly #in: StartInput;
  readonly #names: ReadonlySet<string>;
  /** Last step of each service's containers that this plan starts. */
  readonly #started = new Map<string, number[]>();
  readonly #waits = new Map<string, number | undefined>();

  constructor(input: StartInput) {
    this.#in = input;
    this.#names = new Set(input.services.map((service) => service.name));
  }

  start(service: Service): void {
    const starting = (this.#in.placed.get(service.name) ?? []).filter((placed) => this.#mustStart(service, placed));
    const before = starting.length > 0 ? this.#awaitDependencies(service) : [];
    this.#started.set(service.name, starting.map((placed) => this.#startOne(service, placed, before)));
  }

  awaitAll(): void {
    for (const service of this.#in.services) {
      const condition = this.#isWaitedFor(service.name) ? 'service_completed_successfully' : 'running_or_healthy';
      this.#awaitService(service, condition, [], true);
    }
  }

  /** Running services outside the selection that asked to be restarted when a dependency is replaced. */
  restartDependents(): void {
    const { graph, observed } = this.#in.up;
    for (const [name, decision] of this.#in.decisions) {
      if (!decision.containers.some((c) => c.kind === 'replace')) continue;
      for (const edge of graph.dependentsOf(name)) {
        if (this.#names.has(edge.from) || !edge.restart || edge.via !== 'depends_on') continue;
        for (const c of observed.containers.filter((other) => other.service === edge.from && !other.oneOff && other.state === 'running')) {
          const action = { kind: 'restartContainer', service: edge.from, container: { id: c.id, name: c.name } } as const;
          this.#in.plan.add(action, { after: this.#started.get(name) ?? [], reason: `${name} is replaced` });
        }
      }
    }
  }

  #mustStart(service: Service, { handle, decision }: Placed): boolean {
    if (decision.kind !== 'keep') return true;
    const { state, exitCode } = decision.observed;
    // A job that others wait for and that did its work need not run again until it changes or is named.
    const { services: named = [], keepDone } = this.#in.up.options;
    const isNamed = named.includes(service.name) && !keepDone;
    const isDone = state === 'exited' && exitCode === 0 && !isNamed && this.#isWaitedFor(service.name);
    const isUp = state === 'running' || state === 'restarting';
    if (isDone || isUp) this.#in.plan.unchanged({ name: handle.name, service: service.name, text: isDone ? 'Exited' : 'Running' });
    return !isDone && !isUp;
  }

  #isWaitedFor(service: string): boolean {
    return this.#in.up.graph.dependentsOf(service).some((edge) => edge.condition === 'service_completed_successfully');
  }

  /** @returns the last step of the start */
  #startOne(service: Service, { handle, ready, decision }: Placed, before: readonly (number | undefined)[]): number {
    const { plan, ports } = this.#in;
    const base = { service: service.name, container: handle };
    const after = [ready, ...before, ...ports.blockersOf(service, decision)];
    const reason = decision.kind === 'keep' ? `is ${decision.observed.state}` : 'createdBy' in handle ? `created by #${handle.createdBy}` : 'created';
    if (decision.kind === 'keep' && decision.observed.state === 'paused') return plan.add({ kind: 'unpauseContainer', ...base }, { after, reason });
    let last = plan.add({ kind: 'startContainer', ...base }, { after, reason });
    for (const hook of service.post_start ?? []) {
      last = plan.add({ kind: 'runHook', ...base, hook, phase: 'post_start' }, { after: [last], reason: `after #${last}` });
    }
    return last;
  }

  #awaitDependencies(service: Service): (number | undefined)[] {
    return this.#in.up.graph.dependenciesOf(service.name).flatMap((edge): (number | undefined)[] => {
      if (!this.#names.has(edge.to)) return [];
      if (edge.condition === 'service_started') return this.#started.get(edge.to) ?? [];
      const dependency = this.#in.up.project.services[edge.to];
      return dependency ? [this.#awaitService(dependency, edge.condition, this.#waitersOf(edge), edge.required)] : [];
    });
  }

  /** Names of the services that wait for the same thing, for the reason of the step. */
  #waitersOf(edge: Dependency): string[] {
    const same = (other: Dependency) => other.condition === edge.condition && other.required === edge.required && this.#names.has(other.from);
    return this.#in.up.graph.dependentsOf(edge.to).filter(same).map((other) => other.from);
  }

  /** One wait step for each service and condition; none when the condition holds already. */
  #awaitService(service: Service, condition: WaitCondition, waiters: readonly string[], required: boolean): number | undefined {
    const key = `${service.name} ${condition} ${required} ${waiters.length > 0}`;
    if (this.#waits.has(key)) return this.#waits.get(key);
    const placed = this.#in.placed.get(service.name) ?? [];
    const started = this.#started.get(service.name) ?? [];
    const holds = started.length === 0 && placed.every(({ decision }) => decision.kind === 'keep' && conditionHolds(condition, decision.observed));
    const step = holds ? undefined : this.#addWait(service, condition, waiters, required, placed, started);
    this.#waits.set(key, step);
    return step;
  }

  #addWait(service: Service, condition: WaitCondition, waiters: readonly string[], required: boolean, placed: readonly Placed[], started: readonly number[]): number {
    const { waitTimeoutMs } = this.#in.up.options;
    const forWait = waiters.length === 0;
    return this.#in.plan.add(
      {
        kind: 'waitFor',
        service: service.name,
        containers: placed.map(({ handle }) => handle),
        condition,
        for: waiters,
        ...(waitTimeoutMs !== undefined && { timeoutMs: waitTimeoutMs }),
      },
      { after: started, reason: `${condition}, for ${forWait ? '--wait' : waiters.join(', ')}`, bestEffort: !required },
    );
  }
}

function conditionHolds(condition: WaitCondition, container: ObservedContainer): boolean {
  if (condition === 'service_completed_successfully') return container.state === 'exited' && container.exitCode === 0;
  if (container.state !== 'running') return false;
  return container.health === 'healthy' || (condition !== 'service_healthy' && container.health === 'none');
}
