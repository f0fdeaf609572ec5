/** What every verb of the controller is given. Values only: nothing here is read from the process. */
import { setMaxListeners } from 'node:events';
import { UserError } from '../base/index.ts';
import type { Project } from '../compose/index.ts';
import type { Engine, RegistryAuth } from '../engine-api/index.ts';
import type { ControllerEvent } from './progress.ts';

export interface EngineContext {
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  /** Receives progress and warnings, synchronously and in order; must not throw. */
  readonly onEvent?: (event: ControllerEvent) => void;
  /** How many engine calls may be in flight. Default 12. */
  readonly parallel?: number;
  /** The engine is ours: it understands `BuildOptions.extra`. Default false. */
  readonly ownEngine?: boolean;
  /** Credentials for a registry's host name (`docker.io`, `ghcr.io`, `localhost:5000`). */
  readonly credentials?: (registry: string) => Promise<RegistryAuth | undefined>;
}

/** For verbs that work from the file. */
export interface ProjectContext extends EngineContext {
  readonly project: Project;
}

/** For verbs that also work on a project of which only the name is known. */
export type NamedContext = ProjectContext | (EngineContext & { readonly projectName: string; readonly project?: undefined });

export const DEFAULT_PARALLEL = 12;

/** The name of the project that a context is about. */
export function projectNameOf(context: NamedContext): string {
  return context.project ? context.project.name : context.projectName;
}

/** The optional `signal` in the shape that engine calls take. */
export function callOptions(context: { readonly signal?: AbortSignal }): { signal?: AbortSignal } {
  return context.signal ? { signal: shared(context.signal) } : {};
}

/** Many calls listen to one signal at once: that is no leak, and Node shall not warn of one. */
export function shared(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/** @throws UserError with docker compose's words when a name is not a service of the project */
export function checkServices(project: Project, names: readonly string[]): void {
  for (const name of names) {
    if (project.services[name] || project.disabledServices[name]) continue;
    throw new UserError(`no such service: ${name}`, {
      code: 'service.unknown',
      hint: `services of this project: ${Object.keys(project.services).sort().join(', ') || 'none'}`,
    });
  }
}
