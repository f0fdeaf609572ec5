/** From text to statements: directives, comments, continuation lines and heredoc bodies are dealt with here. */
import type { Directives, Heredoc, LintFinding, SourceText, Span } from './ast.ts';
import { readDirectives } from './directives.ts';
import { DockerfileError, DockerfileMistake } from './errors.ts';
import { findHeredocs, stripTabs } from './heredoc.ts';

/** One instruction as text. */
export interface Statement {
  /** As written. */
  readonly keyword: string;
  /** What follows the keyword, trimmed, continuation lines joined. */
  readonly rest: string;
  readonly span: Span;
  readonly heredocs: readonly Heredoc[];
}

export interface Lexed {
  readonly directives: Directives;
  readonly statements: readonly Statement[];
  readonly source: SourceText;
  readonly findings: readonly LintFinding[];
}

const HEREDOC_KEYWORDS = new Set(['run', 'copy', 'add']);

/** @throws DockerfileError */
export function lexDockerfile(text: string, path: string): Lexed {
  const raw = text.replace(/^\uFEFF/, '').split('\n');
  const source = { path, lines: raw.map((line) => line.replace(/\r$/, '')) };
  const { directives, lineCount } = directivesOf(source);
  const reader = new LineReader(source, directives.escape, lineCount);
  const statements: Statement[] = [];
  for (let logical = reader.nextLogical(); logical; logical = reader.nextLogical()) {
    const { keyword, rest } = splitKeyword(logical.text);
    statements.push({ keyword, rest, ...reader.withHeredocs(keyword, rest, logical.span) });
  }
  return { directives, statements, source, findings: reader.findings };
}

function directivesOf(source: SourceText): ReturnType<typeof readDirectives> {
  try {
    return readDirectives(source.lines);
  } catch (error) {
    if (!(error instanceof DockerfileMistake)) throw error;
    const line = typeof error.cause === 'number' ? error.cause : 1;
    throw new DockerfileError(error.message, source, { line, endLine: line });
  }
}

/** Cuts `RUN x y` into `RUN` and `x y`. */
export function splitKeyword(text: string): { keyword: string; rest: string } {
  const match = /^(\S+)(?:\s+([^]*))?$/.exec(text.trim());
  return { keyword: match?.[1] ?? '', rest: (match?.[2] ?? '').trim() };
}

class LineReader {
  readonly findings: LintFinding[] = [];
  readonly #source: SourceText;
  readonly #continuation: RegExp;
  readonly #escape: '\\' | '`';
  #at: number;

  constructor(source: SourceText, escape: '\\' | '`', start: number) {
    this.#source = source;
    this.#escape = escape;
    this.#at = start;
    // A doubled escape character at the end of a line is text, not a continuation.
    this.#continuation = escape === '\\' ? /(^|[^\\])\\[ \t]*$/ : /(^|[^`])`[ \t]*$/;
  }

  /** The next instruction with its continuation lines joined; undefined at the end of the file. */
  nextLogical(): { text: string; span: Span } | undefined {
    const { lines } = this.#source;
    while (this.#at < lines.length && isBlankOrComment(lines[this.#at] ?? '')) this.#at++;
    if (this.#at >= lines.length) return undefined;
    const line = this.#at + 1;
    let text = (lines[this.#at++] ?? '').trimStart();
    let endLine = line;
    for (let open = this.#opens(text); open !== undefined; ) {
      text = open;
      const next = lines[this.#at];
      if (next === undefined) break;
      this.#at++;
      if (isBlankOrComment(next)) {
        if (next.trim() === '') this.#emptyContinuation(this.#at);
        continue;
      }
      endLine = this.#at;
      text += next;
      open = this.#opens(text);
    }
    return { text, span: { line, endLine } };
  }

  /** The text without its continuation character, or undefined when it does not go on. */
  #opens(text: string): string | undefined {
    return this.#continuation.test(text) ? text.replace(this.#continuation, '$1') : undefined;
  }

  #emptyContinuation(line: number): void {
    // A blank last line of the file is where the line end of the line before leads, not a line that someone left empty.
    if (line === this.#source.lines.length) return;
    this.findings.push({ rule: 'NoEmptyContinuation', message: 'Empty continuation line', span: { line, endLine: line } });
  }

  withHeredocs(keyword: string, rest: string, span: Span): { span: Span; heredocs: Heredoc[] } {
    const inner = keyword.toLowerCase() === 'onbuild' ? splitKeyword(rest) : { keyword, rest };
    if (!HEREDOC_KEYWORDS.has(inner.keyword.toLowerCase()) || isJsonList(inner.rest)) return { span, heredocs: [] };
    const heredocs = findHeredocs(inner.rest, this.#escape).map((head) => {
      const raw = this.#heredocBody(head.name, head.chomp, span);
      return { ...head, raw, content: head.chomp ? stripTabs(raw) : raw };
    });
    return { span: heredocs.length === 0 ? span : { line: span.line, endLine: this.#at }, heredocs };
  }

  #heredocBody(name: string, chomp: boolean, span: Span): string {
    let body = '';
    for (; this.#at < this.#source.lines.length; ) {
      const line = this.#source.lines[this.#at++] ?? '';
      if ((chomp ? line.replace(/^\t+/, '') : line) === name) return body;
      body += `${line}\n`;
    }
    throw new DockerfileError(`unterminated heredoc: no line ${JSON.stringify(name)}`, this.#source, span);
  }
}

function isBlankOrComment(line: string): boolean {
  const text = line.trimStart();
  return text === '' || text.startsWith('#');
}

/** After its flags, is this a JSON array? Then `<<` in it is text. */
function isJsonList(rest: string): boolean {
  const text = rest.replace(/^(?:--\S+\s+)*/, '');
  if (!text.startsWith('[')) return false;
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
