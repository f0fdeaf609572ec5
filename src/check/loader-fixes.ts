/** Fixes for what the loader reports. */
import type { Diagnostic } from '../base/index.ts';
import { type Inspection, type MapNode, type Node, type Source, isNull } from '../compose/inspect/index.ts';
import type { TextEdit } from './finding.ts';

/** The change that mends a diagnostic without changing what is meant, or undefined. */
export function fixOf(diagnostic: Diagnostic, inspection: Inspection): TextEdit[] | undefined {
  const { range } = diagnostic;
  const file = range && inspection.files.find(({ source }) => source.file === range.file);
  if (!file || file.source.path === '-') return undefined;
  if (diagnostic.code === 'version.obsolete') return removeLine(file.source, range.start.offset);
  if (diagnostic.code === 'schema.unknownKey') return renameKey(diagnostic, file.source, file.documents, range.start.offset, range.end.offset);
  return undefined;
}

/** Takes out the whole line of a one-line pair at the top level; the empty line after it as well when it was the first. */
function removeLine(source: Source, offset: number): TextEdit[] | undefined {
  const { text } = source;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const match = /^\ufeff?(["']?)version\1[ \t]*:[ \t]*[^\s|>&*!{[][^\n]*(\n|$)/.exec(text.slice(start));
  if (!match) return undefined;
  const bom = match[0].startsWith('\ufeff') ? 1 : 0;
  const end = start + match[0].length;
  const blank = text.slice(0, start).trim() === '' ? (/^(?:[ \t]*\r?\n)+/.exec(text.slice(end))?.[0].length ?? 0) : 0;
  return [{ path: source.path, start: start + bom, end: end + blank, text: '' }];
}

function renameKey(diagnostic: Diagnostic, source: Source, documents: readonly MapNode[], start: number, end: number): TextEdit[] | undefined {
  const wanted = /^did you mean "([\w-]+)"\?$/.exec(diagnostic.hint ?? '')?.[1];
  const map = documents.map((document) => mapWithKeyAt(document, start)).find((found) => found !== undefined);
  const entry = map?.entries.find((one) => one.start === start);
  if (wanted === undefined || !map || !entry || map.has(wanted) || isNull(entry.value)) return undefined;
  const written = source.text.slice(start, end);
  if (written !== entry.key) return undefined; // in quotes, or made by an alias
  return [{ path: source.path, start, end, text: wanted }];
}

function mapWithKeyAt(node: Node, start: number): MapNode | undefined {
  if (node.kind === 'scalar') return undefined;
  if (node.kind === 'map' && node.entries.some((entry) => entry.start === start)) return node;
  const children = node.kind === 'map' ? node.entries.map((entry) => entry.value) : node.items;
  for (const child of children) {
    if (child.start > start) continue;
    const found = mapWithKeyAt(child, start);
    if (found) return found;
  }
  return undefined;
}
