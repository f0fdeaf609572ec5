export type * from './types.ts';
export type * from './engine.ts';
