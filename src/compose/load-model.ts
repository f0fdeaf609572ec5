import { applyDefaults } from './defaults.ts';
import type { FileSet } from './file-set.ts';
import { resolvePaths } from './file-paths.ts';
import { loadDocuments } from './load-documents.ts';
import type { Session } from './session.ts';
import { type MapNode, type Node, seqNode, stringNode, stringOf } from './tree.ts';
import type { Variables } from './variables.ts';

/** The key under which the value of a config's or secret's variable travels; an extension, so that no pass takes it for a source. */
export const RESOLVED_CONTENT = 'x-#value';

/** A set of files as one canonical tree, with defaults and resolved paths. Undefined when no file could be read. */
export function loadModel(set: FileSet, session: Session): MapNode | undefined {
  const loaded = loadDocuments(set, session);
  if (!loaded) return undefined;
  const { root } = loaded;
  applyDefaults(root, session);
  if (set.resolvesPaths) resolvePaths(root, { directory: set.directory, home: session.home, reader: session.reader });
  fillEnvironment(root, set.variables);
  if (session.interpolates) fillContent(root, set.variables);
  return root;
}

/** Fills items of `environment` lists without a value from the variables of these files, because an included project has its own. */
function fillEnvironment(root: MapNode, variables: Variables): void {
  for (const service of mapsIn(root.get('services'))) {
    const environment = service.get('environment');
    if (environment?.kind === 'seq') service.set('environment', seqNode(environment.items.map((item) => filled(item, variables)), environment));
  }
}

/** As `fillEnvironment`, for the content of configs and secrets that come from a variable. */
function fillContent(root: MapNode, variables: Variables): void {
  for (const section of ['configs', 'secrets']) {
    for (const object of mapsIn(root.get(section))) {
      const source = object.get('environment');
      const variable = variables.get(stringOf(source) ?? '');
      if (source && variable) object.set(RESOLVED_CONTENT, stringNode(variable.value, source));
    }
  }
}

function filled(item: Node, variables: Variables): Node {
  const variable = variables.get(stringOf(item) ?? '');
  if (!variable) return item;
  const node = stringNode(`${stringOf(item)}=${variable.value}`, item);
  if (variable.place) node.trail = { message: `variable ${stringOf(item)} is set here`, place: variable.place, next: undefined };
  return node;
}

function mapsIn(section: Node | undefined): MapNode[] {
  return section?.kind === 'map' ? section.entries.flatMap((e) => (e.value.kind === 'map' ? [e.value] : [])) : [];
}
