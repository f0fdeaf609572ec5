import type { Place } from '../source.ts';

/** A second place that helps to understand a syntax error. */
export interface RelatedOffset {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface SyntaxErrorDetails {
  readonly start: number;
  /** Default: one character. */
  readonly end?: number;
  readonly hint?: string | undefined;
  readonly related?: RelatedOffset | undefined;
  /** Default: `yaml.syntax`. */
  readonly code?: 'yaml.syntax' | 'yaml.alias' | 'yaml.limit';
}

/** The text is not YAML. `start` and `end` are offsets into the source. */
export class YamlSyntaxError extends Error {
  readonly code: string;
  readonly start: number;
  readonly end: number;
  readonly hint: string | undefined;
  readonly related: RelatedOffset | undefined;

  constructor(message: string, details: SyntaxErrorDetails) {
    super(message);
    this.name = 'YamlSyntaxError';
    this.code = details.code ?? 'yaml.syntax';
    this.start = details.start;
    this.end = details.end ?? details.start + 1;
    this.hint = details.hint;
    this.related = details.related;
  }
}

/** A problem that does not stop the parser. */
export interface YamlProblem {
  readonly code: 'yaml.duplicateKey' | 'yaml.keyType' | 'yaml.merge';
  readonly message: string;
  readonly place: Place;
  readonly hint?: string;
  readonly related?: { readonly message: string; readonly place: Place };
}

/** A tab where only spaces may indent; the one mistake that looks right in an editor. */
export function tabError(start: number, related?: RelatedOffset): YamlSyntaxError {
  return new YamlSyntaxError('a tab is used for indentation', {
    start,
    hint: 'indent with spaces; YAML does not allow tabs there',
    related,
  });
}
