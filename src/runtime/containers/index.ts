export type { Containers, HostTools } from './context.ts';
export { runningContainers } from './networks-changed.ts';
export { type ContainersRoom, openContainers } from './open.ts';
export { Registry } from './registry.ts';
export { createStepRunner } from './run-step.ts';
