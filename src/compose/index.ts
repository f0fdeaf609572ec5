/** The Compose front end: files in, one typed project and every problem out. */
export { loadProject } from './load.ts';
export type { Loaded, LoadOptions, SourceReader } from './options.ts';
export { printModel, printProject, projectToPlain } from './print.ts';
export type { Plain } from './codec/index.ts';
export { withoutUnused } from './assemble.ts';
export { type Selection, selectServices } from './select.ts';
export type * from './project.ts';
