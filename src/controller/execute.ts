/**
 * Carries a plan out: steps in parallel as their order allows. Decides nothing; what an action does stands in `actions.ts`.
 *
 * The first failure ends the plan: no further step begins, running ones are waited for. A `bestEffort` step that fails becomes a
 * warning. A signal aborts what waits (pulls, waits, stop timeouts); a request that changes state runs to its end in the engine.
 */
import { EngineError, errorMessage, isEngineError, monotonicMs, UserError } from '../base/index.ts';
import type { Project } from '../compose/index.ts';
import { walk } from '../graph/index.ts';
import { executors, type ActionContext } from './actions.ts';
import { DEFAULT_PARALLEL, type EngineContext } from './context.ts';
import { EventHub } from './event-hub.ts';
import type { Action, ContainerHandle, Plan, Step } from './plan.ts';
import type { ControllerEvent, ProgressState, ResourceEvent } from './progress.ts';
import { rowOf } from './progress-rows.ts';

export interface ExecuteContext extends EngineContext {
  /** For plans that create, build, or run hooks. */
  readonly project?: Project | undefined;
  readonly images?: ImageActions;
}

/** How images come about: `build.ts` and `pull.ts`; loaded late, because most commands need neither. */
export interface ImageActions {
  pull(action: Extract<Action, { kind: 'pullImage' }>): Promise<void>;
  build(action: Extract<Action, { kind: 'buildImage' }>): Promise<void>;
}

/** The step at which a plan failed; `error` is what the engine or the wait said. */
export class StepError extends Error {
  readonly step: Step;
  readonly error: unknown;
  constructor(step: Step, error: unknown) {
    super(errorMessage(error), { cause: error });
    this.name = 'StepError';
    this.step = step;
    this.error = error;
  }
}

/** @throws StepError when a step failed; EngineError `cancelled` when aborted */
export async function execute(plan: Plan, context: ExecuteContext): Promise<void> {
  const runner = new Runner(plan, context);
  try {
    await runner.run();
  } finally {
    runner.close();
  }
}

class Runner {
  readonly #plan: Plan;
  readonly #context: ExecuteContext;
  readonly #ids = new Map<number, string>();
  readonly #hub: EventHub;
  readonly #groups: GroupRows;
  readonly #startedAt = monotonicMs();

  constructor(plan: Plan, context: ExecuteContext) {
    this.#plan = plan;
    this.#context = context;
    this.#hub = new EventHub(context.engine, plan.project);
    this.#groups = new GroupRows(plan);
  }

  async run(): Promise<void> {
    for (const warning of this.#plan.warnings) this.#emit({ type: 'warning', ...warning });
    for (const { name, service, text } of this.#plan.unchanged) {
      this.#emit({ type: 'resource', id: `container ${name}`, kind: 'container', name, service, state: 'done', text });
    }
    if (this.#plan.steps.some((step) => step.action.kind === 'waitFor')) void this.#hub.open().catch(() => {}); // the waits report it
    const { parallel = DEFAULT_PARALLEL, signal } = this.#context;
    // Steps that only wait take no place among the engine calls that may be in flight.
    const gate = new Gate(parallel);
    await walk(this.#plan.steps, { key: (step) => step.id, after: (step) => step.after }, (step) => this.#runStep(step, gate), signal ? { signal } : {});
  }

  close(): void {
    this.#hub.close();
  }

  async #runStep(step: Step, gate: Gate): Promise<void> {
    try {
      if (isLong(step.action)) return await this.#perform(step);
      await gate.enter();
      try {
        if (this.#context.signal?.aborted) throw new EngineError('cancelled', 'cancelled');
        await this.#perform(step);
      } finally {
        gate.leave();
      }
    } catch (error) {
      if (!step.bestEffort || this.#context.signal?.aborted) throw this.#failed(step, error);
      this.#tell(step, 'skipped', 'Skipped', errorMessage(error));
      this.#emit({ type: 'warning', code: 'step.optional', message: errorMessage(error) });
    }
  }

  async #perform(step: Step): Promise<void> {
    const { action } = step;
    const context: ActionContext = {
      ...this.#context,
      hub: this.#hub,
      idOf: (handle) => this.#idOf(handle),
      created: (id) => this.#ids.set(step.id, id),
      elapsedMs: () => monotonicMs() - this.#startedAt,
      tell: (state, text, reason) => this.#tell(step, state, text, reason),
      tellRow: (event) => this.#emit(event),
    };
    const perform = executors[action.kind] as (action: Action, context: ActionContext) => Promise<void>;
    await perform(action, context);
  }

  #failed(step: Step, error: unknown): unknown {
    if (isEngineError(error, 'cancelled') || this.#context.signal?.aborted) return error;
    this.#tell(step, 'error', 'Error', errorMessage(error));
    return new StepError(step, error);
  }

  #tell(step: Step, state: ProgressState, text: string, reason?: string): void {
    const row = rowOf(step.action);
    const grouped = this.#groups.rewrite(step, state, text);
    if (!grouped) return;
    this.#emit({ type: 'resource', ...row, ...(grouped.row && { id: `container ${grouped.row}`, name: grouped.row }), state: grouped.state, text: grouped.text, reason: reason ?? step.reason });
  }

  #emit(event: ControllerEvent): void {
    this.#context.onEvent?.(event);
  }

  #idOf(handle: ContainerHandle): string {
    if ('id' in handle) return handle.id;
    const id = this.#ids.get(handle.createdBy);
    if (id === undefined) throw new Error(`step #${handle.createdBy} has not made ${handle.name} yet`);
    return id;
  }
}

/** Shows all steps of a group as one row: Recreate, then Recreated when the last of them is done. */
class GroupRows {
  readonly #left = new Map<string, number>();

  constructor(plan: Plan) {
    for (const { group } of plan.steps) if (group !== undefined) this.#left.set(group, (this.#left.get(group) ?? 0) + 1);
  }

  rewrite(step: Step, state: ResourceEvent['state'], text: string): { state: ResourceEvent['state']; text: string; row?: string } | undefined {
    if (step.group === undefined || state === 'error') return { state, text };
    const row = step.group.replace(/^recreate /, '');
    if (state === 'working') return { state, text: 'Recreate', row };
    const left = (this.#left.get(step.group) ?? 1) - 1;
    this.#left.set(step.group, left);
    return left === 0 ? { state: 'done', text: 'Recreated', row } : undefined;
  }
}

function isLong(action: Action): boolean {
  return action.kind === 'waitFor' || action.kind === 'pullImage' || action.kind === 'buildImage' || action.kind === 'stopContainer' || action.kind === 'restartContainer' || action.kind === 'runHook';
}

/** Bounds how many bodies are between `enter` and `leave`; first come, first served. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = Math.max(1, width);
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/** The error to show for what `execute` threw: the engine's or the wait's own, with the resource named if it is not yet. */
export function plainError(error: unknown): unknown {
  if (!(error instanceof StepError)) return error;
  const { error: cause, step } = error;
  if (cause instanceof UserError || !(cause instanceof EngineError)) return cause;
  const { kind, name } = rowOf(step.action);
  if (cause.message.includes(name)) return cause;
  return new EngineError(cause.kind, `${kind} ${name}: ${cause.message}`, { cause });
}
