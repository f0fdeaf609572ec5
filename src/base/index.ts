export * from './diagnostic.ts';
export * from './errors.ts';
export * from './files.ts';
export * from './ids.ts';
export * from './log.ts';
export * from './mutex.ts';
export * from './scope.ts';
export * from './units.ts';
