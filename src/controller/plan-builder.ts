/** Collects steps in an order in which each one follows what it waits for. */
import type { Action, Plan, PlanWarning, Step } from './plan.ts';

export interface StepOptions {
  readonly after?: readonly (number | undefined)[];
  readonly reason: string;
  readonly group?: string | undefined;
  readonly bestEffort?: boolean | undefined;
}

export class PlanBuilder {
  readonly #steps: Step[] = [];
  readonly #unchanged: Plan['unchanged'][number][] = [];
  readonly #warnings: Plan['warnings'][number][] = [];

  /** @returns the id of the new step */
  add(action: Action, options: StepOptions): number {
    const id = this.#steps.length + 1;
    const after = [...new Set((options.after ?? []).filter((step) => step !== undefined))].sort((a, b) => a - b);
    const { reason, group, bestEffort } = options;
    this.#steps.push({ id, after, action, reason, ...(group !== undefined && { group }), ...(bestEffort && { bestEffort }) });
    return id;
  }

  unchanged(container: Plan['unchanged'][number]): void {
    this.#unchanged.push(container);
  }

  warn(code: string, message: string, place: Partial<Pick<PlanWarning, 'path' | 'range'>> = {}): void {
    if (!this.#warnings.some((warning) => warning.message === message)) this.#warnings.push({ code, message, ...place });
  }

  finish(verb: string, project: string): Plan {
    return { verb, project, steps: this.#steps, unchanged: this.#unchanged, warnings: this.#warnings };
  }
}
