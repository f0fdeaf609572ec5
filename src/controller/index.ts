/**
 * Desired x observed -> plan -> effects. No console, no process, no environment: everything comes in with the context, progress goes
 * out through `onEvent`, and every verb answers a value or throws UserError or EngineError.
 */
export { type EngineContext, type NamedContext, type ProjectContext, projectNameOf } from './context.ts';
export type { BuildOutputEvent, ControllerEvent, ProgressState, ResourceEvent, ResourceKind, WarningEvent } from './progress.ts';
export type { ObservedContainer, ObservedImage, ObservedNetwork, ObservedState, ObservedVolume } from './observed-state.ts';
export { observe, type ObserveQuery } from './observe.ts';
export { configHash, printedConfigHash } from './config-hash.ts';
export { imageOf, Label } from './identity.ts';

export { type Action, type ContainerHandle, isEmpty, type Plan, type Step, type WaitCondition } from './plan.ts';
export { formatPlan, planToJson } from './format-plan.ts';
export { planUp, type UpInput, type UpOptions } from './plan-up.ts';
export { planDown, type DownInput, type DownOptions } from './plan-down.ts';
export { execute, type ExecuteContext, plainError, StepError } from './execute.ts';

export { create, planOfUp, up, type UpResult, type UpVerbOptions } from './up.ts';
export { down, kill, pause, planOfDown, planOfRemove, remove, type RemoveOptions, restart, type SelectionOptions, start, stop, unpause } from './lifecycle.ts';

export { type BuildServicesOptions, type BuildVerbOptions, type BuiltImage } from './build.ts';
export { type ImageFailures, type PullOptions, type PullVerbOptions, type PushOptions } from './pull.ts';
export type { BakeFile, BakeOptions } from './bake-file.ts';
export { bakeFile, build, pull, push, watch } from './late-verbs.ts';
export type { WatchOptions, WatchReport } from './watch.ts';
export { type CommitOptions, commit, exportContainer, wait } from './container-verbs.ts';
export { events, type EventsOptions, images, type ListedImage, type ListedProject, ls, port, presentImages, ps, type PsOptions, stats, type StatsOptions, top, volumes } from './inspect-verbs.ts';
export { type ContainerFilter, findContainers, findOne } from './find-containers.ts';
export { attach, type AttachOptions, exec, type ExecOptions } from './exec.ts';
export type { ProcessStreams, Terminal } from './process-streams.ts';
export { run, type RunOptions, type RunResult } from './run.ts';
export { logs, type LogsOptions, type LogSink, type LogSource } from './logs.ts';
export { prefixLines } from './log-lines.ts';
