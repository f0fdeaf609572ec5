/**
 * The library: load and check Compose projects, plan and carry out changes on an engine.
 * Importing it starts nothing, prints nothing and reads no environment: files, variables and endpoints come in as arguments.
 */
export { type Diagnostic, EngineError, type EngineErrorKind, isEngineError, type SourcePos, type SourceRange, UserError } from './base/index.ts';
export { type Loaded, loadProject, type LoadOptions, printProject, type SourceReader } from './compose/index.ts';
export type * from './compose/index.ts';
export { buildGraph, type ServiceGraph } from './graph/index.ts';
export {
  type Action,
  build,
  type ControllerEvent,
  down,
  type EngineContext,
  execute,
  formatPlan,
  type ObservedState,
  observe,
  type Plan,
  planDown,
  planToJson,
  planUp,
  type ProjectContext,
  pull,
  push,
  type Step,
  up,
} from './controller/index.ts';
export { connectEngine, type ConnectOptions, type Engine } from './engine-api/index.ts';
