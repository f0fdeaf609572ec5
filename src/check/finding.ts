import type { Diagnostic, Severity } from '../base/index.ts';

/** `info` is worth knowing and never a failure. */
export type Level = Severity | 'info';

/** Replaces `[start, end)` of a file, in UTF-16 units. */
export interface TextEdit {
  /** Absolute. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One problem: a diagnostic of the loader or of a rule, whose id is the `code`. */
export interface Finding extends Omit<Diagnostic, 'severity'> {
  readonly severity: Level;
  /** A change that mends it and does not change what the project means. */
  readonly fix?: readonly TextEdit[];
}
