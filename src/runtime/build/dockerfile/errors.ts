import { EngineError } from '../../../base/index.ts';
import type { SourceText, Span } from './ast.ts';

/** A mistake at a place of a Dockerfile. The message ends with `file:line` and an excerpt that marks the lines. */
export class DockerfileError extends EngineError {
  /** The mistake alone, one sentence. */
  readonly summary: string;
  readonly file: string;
  readonly span: Span;

  constructor(summary: string, source: SourceText, span: Span, options?: { cause?: unknown }) {
    super('invalid', `${summary}\n${excerpt(source, span)}`, options);
    this.name = 'DockerfileError';
    this.summary = summary;
    this.file = source.path;
    this.span = span;
  }
}

/** A mistake whose place the caller knows; the parser turns it into a DockerfileError. */
export class DockerfileMistake extends Error {}

/**
 * The lines of `span` with two lines around, the span's own marked:
 * ```
 * Dockerfile:2
 *    1 | FROM scratch
 *  > 2 | RUNN x
 * ```
 */
export function excerpt(source: SourceText, span: Span, context = 2): string {
  const first = Math.max(1, span.line - context);
  // What follows the last line end is no line.
  const count = source.lines.at(-1) === '' ? source.lines.length - 1 : source.lines.length;
  const last = Math.min(count, span.endLine + context);
  const width = String(last).length;
  const rows: string[] = [];
  for (let line = first; line <= last; line++) {
    const marked = line >= span.line && line <= span.endLine;
    rows.push(` ${marked ? '>' : ' '} ${String(line).padStart(width)} | ${source.lines[line - 1] ?? ''}`.trimEnd());
  }
  return [`${source.path}:${span.line}`, ...rows].join('\n');
}
