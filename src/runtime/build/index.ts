export { createBuilder } from './builder.ts';
export { applyChanges } from './config/index.ts';
