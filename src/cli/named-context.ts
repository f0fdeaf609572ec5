import type { EngineContext, NamedContext } from '../controller/index.ts';
import type { Target } from './project.ts';

/** Adds the project, or its name when there is no file. */
export function namedContext(context: EngineContext, target: Target): NamedContext {
  return target.project ? { ...context, project: target.project } : { ...context, projectName: target.name };
}
