/** Plans as text, for `--dry-run`, `plan`, tests and bug reports; and as JSON for scripts. */
import { assertNever } from '../base/index.ts';
import type { Action, Plan, Step } from './plan.ts';

/**
 * One line a step: number, what it waits for, the resource, the verb and the reason, in columns.
 * @returns text that ends in a newline; empty when there is nothing to do
 */
export function formatPlan(plan: Plan): string {
  const rows = plan.steps.map((step) => {
    const { subject, verb } = describe(step.action);
    return [`#${step.id} [${step.after.join(',')}]`, subject, verb, reasonOf(step)];
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, i) => cell.padEnd((widths[i] ?? -2) + 2)).join('').trimEnd()}\n`).join('');
}

/** The plan for machines: one object a step, no request bodies (they may hold secrets). */
export function planToJson(plan: Plan): Record<string, unknown> {
  return {
    verb: plan.verb,
    project: plan.project,
    steps: plan.steps.map((step) => {
      const { kind, name, verb } = describe(step.action);
      const service = 'service' in step.action ? step.action.service : undefined;
      const { id, after, reason, group, bestEffort } = step;
      return { id, after, action: step.action.kind, verb, kind, name, ...(service !== undefined && { service }), reason, ...(group !== undefined && { group }), ...(bestEffort && { bestEffort }) };
    }),
    unchanged: plan.unchanged,
    warnings: plan.warnings,
  };
}

function reasonOf(step: Step): string {
  return step.bestEffort ? `${step.reason} (optional)` : step.reason;
}

/** The resource and the verb of an action, as people read them. */
export function describe(action: Action): { kind: string; name: string; subject: string; verb: string } {
  const say = (kind: string, name: string, verb: string) => ({ kind, name, subject: `${kind} ${name}`, verb });
  switch (action.kind) {
    case 'createNetwork':
      return say('network', action.body.Name, 'create');
    case 'removeNetwork':
      return say('network', action.name, 'remove');
    case 'disconnectNetwork':
      return say('container', action.container.name, `disconnect ${action.name}`);
    case 'createVolume':
      return say('volume', action.body.Name ?? '', 'create');
    case 'removeVolume':
      return say('volume', action.name, 'remove');
    case 'pullImage':
      return say('image', action.image, action.orBuild ? 'pull or build' : 'pull');
    case 'buildImage':
      return say('image', action.image, 'build');
    case 'removeImage':
      return say('image', action.image, 'remove');
    case 'createContainer':
      return say('container', action.temporaryName ?? action.name, 'create');
    case 'connectNetwork':
      return say('container', action.container.name, `connect ${action.network}`);
    case 'copyFiles':
      return say('container', action.container.name, `copy ${action.files.map((file) => file.label).join(', ')}`);
    case 'startContainer':
      return say('container', action.container.name, 'start');
    case 'stopContainer':
      return say('container', action.container.name, 'stop');
    case 'killContainer':
      return say('container', action.container.name, `kill ${action.signal}`);
    case 'restartContainer':
      return say('container', action.container.name, 'restart');
    case 'pauseContainer':
      return say('container', action.container.name, 'pause');
    case 'unpauseContainer':
      return say('container', action.container.name, 'unpause');
    case 'removeContainer':
      return say('container', action.container.name, action.volumes ? 'remove with anonymous volumes' : 'remove');
    case 'renameContainer':
      return say('container', action.container.name, `rename to ${action.to}`);
    case 'runHook':
      return say('container', action.container.name, `run ${action.phase}`);
    case 'waitFor':
      return say('service', action.service, 'wait');
    default:
      return assertNever(action);
  }
}
