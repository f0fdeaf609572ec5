import type { Place } from './source.ts';
import type { Variables } from './variables.ts';

/** Files that are merged into one model, with the directory and the variables they are read with. */
export interface FileSet {
  /** Absolute paths in merge order; `-` is standard input. */
  readonly files: readonly string[];
  /** What relative paths of the model are joined to: absolute, or for an included project relative to the including one. */
  readonly directory: string;
  /** The same directory, absolute. */
  readonly absoluteDirectory: string;
  readonly variables: Variables;
  /** Whether paths are resolved against `directory` at the end. */
  readonly resolvesPaths: boolean;
  /** Files whose `include` led here, outermost first. */
  readonly includedBy: readonly string[];
  /** Where each file is named, for an included project. */
  readonly namedAt?: readonly Place[];
}
