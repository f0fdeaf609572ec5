/** Text to documents: what YAML has to say about a file, turned into diagnostics. */
import { type Lost, withoutEntryAt } from './salvage.ts';
import { Source } from './source.ts';
import type { Problems } from './problems.ts';
import { type MapNode, type Node, describe } from './tree.ts';
import { YamlParser, YamlSyntaxError } from './yaml/index.ts';

/** Control characters that YAML forbids, and halves of surrogate pairs. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/;

export interface ParsedDocument {
  readonly root: MapNode;
  /** The tags `!reset`, `!override` and any others, by node. */
  readonly tags: ReadonlyMap<Node, string>;
}

export interface ParsedFile {
  readonly source: Source;
  readonly documents: readonly ParsedDocument[];
  /** False when a document could not be used; the problem is reported. */
  readonly complete: boolean;
  /** What a syntax error, which is reported, made unreadable while the rest could be read. */
  readonly lost: readonly Lost[];
}

/** More syntax errors of one file are not looked for, nor any in a file that is larger. */
const MAX_SYNTAX_ERRORS = 10;
const MAX_SALVAGED_LENGTH = 1_000_000;

/** Parses every document of a source. Problems are reported; what could be read is returned. */
export function parseSource(source: Source, problems: Problems): ParsedFile {
  const forbidden = FORBIDDEN.exec(source.text);
  if (forbidden) {
    const start = forbidden.index;
    problems.error('yaml.encoding', `the control character U+${source.text.charCodeAt(start).toString(16).toUpperCase().padStart(4, '0')} is not allowed`, {
      place: { source, start, end: start + 1 },
      hint: 'in a double-quoted string write it as an escape such as "\\x07"',
    });
    return { source, documents: [], complete: false, lost: [] };
  }
  const lost: Lost[] = [];
  let readable = source;
  for (let round = 0; ; round++) {
    const { documents, complete, error } = parseDocuments(readable, problems, round > 0);
    if (!error) return { source, documents, complete: complete && !(round > 0 && documents.length === 0), lost };
    // what an anchor that was blanked out had to say is missing, which is nobody's mistake
    if (round === 0 || error.code !== 'yaml.alias') reportSyntax(error, source, problems);
    const without = error.code === 'yaml.syntax' && round < MAX_SYNTAX_ERRORS && source.text.length <= MAX_SALVAGED_LENGTH ? withoutErrorAt(error, readable.text) : undefined;
    if (!without) return { source, documents, complete: false, lost };
    lost.push(...without.lost);
    readable = new Source(source.file, source.path, without.text);
  }
}

/** @param salvaged  the text is what is left of one with a syntax error */
function parseDocuments(source: Source, problems: Problems, salvaged: boolean): { documents: ParsedDocument[]; complete: boolean; error?: YamlSyntaxError } {
  const documents: ParsedDocument[] = [];
  const parser = new YamlParser(source);
  let complete = true;
  try {
    for (let root = parser.nextDocument(); root !== undefined; root = parser.nextDocument()) {
      if (root.kind === 'map') documents.push({ root, tags: parser.tags });
      else {
        complete = false;
        if (!salvaged) reportRoot(root, problems);
      }
    }
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    return { documents, complete: false, error };
  } finally {
    for (const problem of parser.problems) {
      complete = false;
      problems.error(problem.code, problem.message, { place: problem.place, hint: problem.hint, related: problem.related && [problem.related] });
    }
  }
  return { documents, complete };
}

function withoutErrorAt({ start, related }: YamlSyntaxError, text: string): ReturnType<typeof withoutEntryAt> {
  return withoutEntryAt(text, Math.min(start, related?.start ?? start), Math.max(start, related?.start ?? start));
}

function reportSyntax(error: YamlSyntaxError, source: Source, problems: Problems): void {
  problems.error(error.code, error.message, {
    place: { source, start: error.start, end: Math.min(error.end, source.text.length) },
    hint: error.hint,
    related: error.related && [{ message: error.related.message, place: { source, start: error.related.start, end: error.related.end } }],
  });
}

function reportRoot(root: Node, problems: Problems): void {
  const empty = root.kind === 'scalar' && root.type === 'null';
  if (empty) {
    problems.error('yaml.empty', 'the document is empty', { place: root, hint: 'a Compose file has at least "services:"' });
  } else {
    problems.error('yaml.root', `the top level of a Compose file must be a mapping, found ${describe(root)}`, {
      place: root,
      hint: 'begin with "services:"',
    });
  }
}
