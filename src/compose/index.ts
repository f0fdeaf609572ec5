/** The Compose front end: files in, one typed project and every problem out. */
export { loadProject } from './load.ts';
export type { Loaded, LoadOptions, SourceReader } from './options.ts';
export { printProject } from './print.ts';
export type * from './project.ts';
