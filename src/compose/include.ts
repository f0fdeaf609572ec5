/**
 * `include`: another application is loaded as a project of its own, with its own directory and defaults for variables, and its
 * resources become part of this one. A resource of the same name must be the same.
 * @see Compose specification, "include"
 */
import { posix } from 'node:path';
import { readEnvFiles } from './env-files.ts';
import type { FileSet } from './file-set.ts';
import { loadModel } from './load-model.ts';
import { isRemote } from './remote.ts';
import type { Session } from './session.ts';
import { type MapNode, type Node, describe, emptyMap, equals, isNull, stringOf, withTrail } from './tree.ts';

const SECTIONS = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'] as const;

/** Loads every include of a document into it, in place, and removes the section. @param file  absolute path of the document */
export function applyIncludes(root: MapNode, file: string, set: FileSet, session: Session): void {
  const section = root.get('include');
  if (section === undefined) return;
  root.delete('include');
  if (isNull(section)) return;
  if (section.kind !== 'seq') {
    session.damage.openAll();
    session.problems.error('include.type', `include must be a list, found ${describe(section)}`, { place: section, path: 'include', hint: 'write "- path" on a line of its own' });
    return;
  }
  const chain = [...set.includedBy, file];
  for (const [i, item] of section.items.entries()) {
    const include = readInclude(item, `include[${i}]`, session);
    if (include) applyInclude(include, root, chain, set, session);
  }
}

interface Include {
  readonly at: Node;
  readonly paths: readonly Node[];
  readonly directory: string | undefined;
  readonly envFiles: readonly Node[];
}

function readInclude(item: Node, path: string, session: Session): Include | undefined {
  if (stringOf(item) !== undefined) return { at: item, paths: [item], directory: undefined, envFiles: [] };
  if (isNull(item)) return nothing(item, path, session);
  if (item.kind !== 'map') {
    session.damage.openAll();
    session.problems.error('include.type', `${path} must be a path or a mapping, found ${describe(item)}`, { place: item, path });
    return undefined;
  }
  for (const entry of item.entries) {
    if (['path', 'project_directory', 'env_file'].includes(entry.key) || entry.key.startsWith('x-')) continue;
    session.problems.warning('schema.unknownKey', `${path}: "${entry.key}" is not an attribute of include`, { place: entry, path });
  }
  const paths = stringItems(item.get('path'));
  const envFiles = stringItems(item.get('env_file'));
  if (paths?.length === 0 && envFiles) return nothing(item, path, session);
  if (paths && envFiles) return { at: item, paths, directory: stringOf(item.get('project_directory')) || undefined, envFiles };
  const place = (paths ? item.get('env_file') : item.get('path')) ?? item;
  session.damage.openAll();
  session.problems.error('include.type', `${path}: path and env_file are strings or lists of strings`, { place, path });
  return undefined;
}

/** Docker Compose takes an include without a path for none. */
function nothing(at: Node, path: string, session: Session): undefined {
  session.problems.warning('include.empty', `${path} includes nothing: it has no path`, { place: at, path, hint: 'give it a path, or remove it' });
}

function stringItems(node: Node | undefined): readonly Node[] | undefined {
  if (node === undefined || isNull(node)) return [];
  const items = node.kind === 'seq' ? node.items : [node];
  return items.every((item) => stringOf(item) !== undefined) ? items : undefined;
}

function applyInclude(include: Include, root: MapNode, chain: readonly string[], set: FileSet, session: Session): void {
  if (!session.mayInclude(include.at)) return;
  const files = include.paths.map((node) => resolveFile(node, chain, set, session));
  if (files.some((f) => f === undefined)) return session.damage.openAll();
  const main = files[0] as string; // readInclude made sure that there is one
  const absoluteDirectory = include.directory === undefined ? posix.dirname(main) : posix.resolve(set.absoluteDirectory, include.directory);
  const directory = relativeDirectory(include, absoluteDirectory, set, session);
  const variables = includeVariables(include, absoluteDirectory, set, session);
  if (!variables) return session.damage.openAll();
  const imported = loadModel({ files: files as string[], directory, absoluteDirectory, variables, resolvesPaths: true, includedBy: chain, namedAt: include.paths }, session);
  if (imported) importResources(imported, root, include.at, session);
}

/** What paths of the included model are joined to. A project directory that does not exist counts as its parent, as in Docker Compose. */
function relativeDirectory(include: Include, absolute: string, set: FileSet, session: Session): string {
  if (include.directory !== undefined && posix.isAbsolute(include.directory)) return absolute;
  const existing = session.reader.kindOf(absolute) === 'directory' ? absolute : posix.dirname(absolute);
  return posix.relative(set.absoluteDirectory, existing) || '.';
}

function resolveFile(node: Node, chain: readonly string[], set: FileSet, session: Session): string | undefined {
  const path = stringOf(node) ?? '';
  const fail = (code: string, message: string, hint?: string) => {
    session.problems.error(code, message, { place: node, hint });
    return undefined;
  };
  if (isRemote(path)) return fail('include.remote', `remote files such as ${path} cannot be included yet`, 'fetch the files and include them by their path');
  const file = posix.resolve(set.absoluteDirectory, path);
  const first = chain.indexOf(file);
  if (first >= 0) {
    const loop = [...chain.slice(first), file].map((f) => session.display(f)).join(' -> ');
    return fail('include.cycle', `files include each other in a circle: ${loop}`);
  }
  return file;
}

/** The caller's variables, and as defaults those of the include's env files (or of `.env` in its directory). */
function includeVariables(include: Include, directory: string, set: FileSet, session: Session) {
  const named = include.envFiles.map((place) => ({ path: posix.resolve(set.absoluteDirectory, stringOf(place) ?? ''), place }));
  const folder = named.find(({ path }) => session.reader.kindOf(path) === 'directory');
  if (folder) {
    session.problems.error('include.envFile', `env file ${session.display(folder.path)} is a directory`, { place: folder.place, hint: 'name the file in it' });
    return undefined;
  }
  const standard = posix.join(directory, '.env');
  const files = named.length > 0 || session.reader.kindOf(standard) !== 'file' ? named : [{ path: standard, place: undefined }];
  const values = readEnvFiles(files, (name) => set.variables.get(name)?.value, session);
  return values && set.variables.withDefaults(values);
}

function importResources(imported: MapNode, root: MapNode, at: Node, session: Session): void {
  for (const section of SECTIONS) {
    const from = imported.get(section);
    if (from?.kind !== 'map') continue;
    const existing = root.get(section);
    const to = existing?.kind === 'map' ? existing : emptyMap(from);
    for (const entry of from.entries) {
      const own = to.entry(entry.key);
      if (!own) to.set(entry.key, withTrail(entry.value, 'included here', at), entry);
      else if (!equals(own.value, entry.value)) {
        const path = `${section}.${entry.key}`;
        session.problems.error('include.conflict', `${path} conflicts with the included one`, {
          place: own,
          path,
          related: [
            { message: 'the included one is defined here', place: entry },
            { message: 'included here', place: at },
          ],
          hint: 'change an included resource in an override file: give the include a list of paths, or put the change in a second -f file',
        });
      }
    }
    root.set(section, to, from);
  }
}
