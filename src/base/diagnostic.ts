/** A place in a source file. `line` and `column` are 1-based (column in UTF-16 units), `offset` is 0-based. */
export interface SourcePos {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A half-open range `[start, end)` of one file. `file` is the path as the user would write it, or `<stdin>`. */
export interface SourceRange {
  readonly file: string;
  readonly start: SourcePos;
  readonly end: SourcePos;
}

export type Severity = 'error' | 'warning';

/**
 * One problem in the user's input. Never a stack trace: it says what, where, and how to mend it.
 *
 * `code` is stable and dotted (`yaml.syntax`, `schema.type`, `graph.cycle`); scripts and `check` configuration match on it.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** One sentence that names the thing. */
  readonly message: string;
  /** Path in the model, `services.web.ports[0]`. */
  readonly path?: string;
  readonly range?: SourceRange;
  /** The trail that led here: "first defined here", "extended from", "variable set in". */
  readonly related?: readonly { readonly message: string; readonly range: SourceRange }[];
  /** What to do about it. */
  readonly hint?: string;
}
