/** What tools that look at the files themselves need: trees as written, with places, next to the loaded project. Not part of the library. */
export { expanded, inspectProject, parseText, readVariables, type Inspection, type RawFile } from './inspection.ts';
export { expressionsIn, type Expression } from './expressions.ts';
export { Source, rangeOf, type Place } from '../source.ts';
export { type Entry, type MapNode, type Node, type ScalarNode, type SeqNode, type Trail, describe, isNull, stringOf } from '../tree.ts';
export { type PathKey, joinPath, parsePath } from '../path.ts';
export { projectToPlain } from '../print.ts';
export { scalarText } from '../go-values.ts';
export { suggest } from '../suggest.ts';
export { parseVolume } from '../short-forms/volume.ts';
export type { Variable, Variables } from '../variables.ts';
