/**
 * The part of the pipeline that runs for each document: variables, then (for a project, not for an extended file) `extends`, resets and
 * `include`, then the merge over what came before, the schema, and the long form.
 */
import { canonicalise } from './canonical.ts';
import { applyExtends } from './extends.ts';
import type { FileSet } from './file-set.ts';
import { applyIncludes } from './include.ts';
import { type Resets, interpolate } from './interpolate.ts';
import { applyResets, mergeDocuments } from './merge.ts';
import type { ParsedDocument, ParsedFile } from './parse.ts';
import { validateSchema } from './schema.ts';
import type { Session } from './session.ts';
import type { Place } from './source.ts';
import { type MapNode, emptyMap, stringOf } from './tree.ts';
import { dropOverridden } from './unique.ts';

/** How a file came to be loaded as the base of a service. */
export interface ExtendedFrom {
  readonly place: Place;
  /** "extended file" */
  readonly what: string;
}

/**
 * Merges the documents of a set of files. @param extended  given for an extended file: its own `extends`, `include` and schema wait
 * until it is merged into the extending service
 * @returns undefined when no file could be read
 */
export function loadDocuments(set: FileSet, session: Session, extended?: ExtendedFrom): { root: MapNode; resets: Resets } | undefined {
  let root: MapNode | undefined;
  const resets: (readonly (string | number)[])[] = [];
  for (const [i, path] of set.files.entries()) {
    const file = session.take(path, extended?.what ?? (set.namedAt ? 'included file' : 'file'), extended?.place ?? set.namedAt?.[i]);
    if (!file) {
      if (set.namedAt) session.damage.openAll();
      continue;
    }
    for (const document of file.documents) {
      const loaded = loadDocument(document, file, root, set, session, extended !== undefined);
      root = loaded.root;
      resets.push(...loaded.resets);
    }
    root ??= emptyMap({ source: file.source, start: 0, end: 0 });
  }
  return root && { root, resets };
}

function loadDocument(document: ParsedDocument, file: ParsedFile, before: MapNode | undefined, set: FileSet, session: Session, extended: boolean) {
  const { problems } = session;
  const variables = session.interpolates ? set.variables : undefined;
  const { root: own, resets } = interpolate(document, { variables, problems, reported: session.unsetVariables });
  if (!extended) applyExtends(own, resets, file.source.path, set, session);
  if (before) applyResets(before, resets);
  if (!extended) applyIncludes(own, file.source.path, set, session);
  const root = before ? mergeDocuments(before, own, problems) : own;
  dropOverridden(root);
  if (!extended) {
    validateSchema(root, session);
    warnVersion(root, problems);
  }
  canonicalise(root, problems, !session.interpolates);
  dropEmptyDns(root);
  dropOverridden(root);
  return { root, resets };
}

function warnVersion(root: MapNode, problems: Session['problems']): void {
  const version = root.entry('version');
  if (!version) return;
  problems.warning('version.obsolete', 'the attribute "version" is obsolete and ignored', { place: version, path: 'version', hint: 'remove it' });
  root.delete('version');
}

/** Empty items of `dns` mean nothing: they come from unset variables. */
function dropEmptyDns(root: MapNode): void {
  const services = root.get('services');
  if (services?.kind !== 'map') return;
  for (const { value } of services.entries) {
    const dns = value.kind === 'map' ? value.get('dns') : undefined;
    if (dns?.kind === 'seq') dns.items = dns.items.filter((item) => stringOf(item) !== '');
  }
}
