/** YAML text to the loader's tree, with a place for every node. */
export { YamlSyntaxError } from './syntax-error.ts';
export { LIMITS } from './limits.ts';
export type { YamlProblem } from './syntax-error.ts';
export { YamlParser } from './parser.ts';
export { type DateParts, parseDate, plainScalar } from './resolve.ts';
