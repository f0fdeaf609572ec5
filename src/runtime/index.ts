export { applyChanges, createBuilder } from './build/index.ts';
export { trimWhenIdle } from './host/memory-trim.ts';
export { peerUid } from './host/peer-credentials.ts';
export { createLayout, DEFAULT_DATA_ROOT, DEFAULT_RUN_ROOT, type Layout } from './layout.ts';
export { openRuntime, type Runtime, type RuntimeOptions } from './runtime.ts';
