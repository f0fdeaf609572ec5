import { posix } from 'node:path';
import type { Diagnostic } from '../../base/index.ts';
import { DotenvError, parseDotenv, parseRawEnv } from '../dotenv.ts';
import { resolveInvocation } from '../invocation.ts';
import { loadProject } from '../load.ts';
import type { Loaded, LoadOptions, SourceReader } from '../options.ts';
import { parseSource } from '../parse.ts';
import { Problems } from '../problems.ts';
import { fileReader } from '../reader.ts';
import { isRemote } from '../remote.ts';
import { Session } from '../session.ts';
import { TreeSourceMap } from '../source-map.ts';
import { Source } from '../source.ts';
import { SubstitutionError, substitute } from '../substitute.ts';
import { type MapNode, type Node, stringOf } from '../tree.ts';
import { type Variable, Variables } from '../variables.ts';

/** A Compose file as it was written. */
export interface RawFile {
  readonly source: Source;
  /** Trees that no pass has touched. */
  readonly documents: readonly MapNode[];
  /** Absolute; what relative paths in the file start from. */
  readonly directory: string;
  readonly role: 'main' | 'included' | 'extended';
  /** Env files that give an included file defaults for its variables, later ones win; the project's own are in `envFiles` of the inspection. */
  readonly envFiles: readonly Source[];
}

/** A loaded project with everything that it was made from. */
export interface Inspection {
  readonly loaded: Loaded;
  /** The final tree; undefined when the load failed. */
  readonly root: MapNode | undefined;
  /** In the order in which they were met: files named first, later ones win; a file that one of them needs follows it. */
  readonly files: readonly RawFile[];
  /** Env files of the interpolation, later ones win. */
  readonly envFiles: readonly Source[];
  /** Env files and label files of services, and the env files of includes. */
  readonly serviceFiles: readonly Source[];
  /** The variables of interpolation. */
  readonly variables: Variables;
  /** Absolute project directory; undefined when not even the files were found. */
  readonly directory: string | undefined;
  readonly profiles: readonly string[];
  /** As given by the caller. */
  readonly projectName: string | undefined;
}

/** Loads a project and looks at what it was made from. Throws no more than loadProject does. */
export async function inspectProject(options: LoadOptions): Promise<Inspection> {
  const reader = new RecordingReader(options.reader ?? fileReader);
  let stdin: Uint8Array | string | undefined;
  const readStdin = async () => (stdin ??= (await options.stdin?.()) ?? '');
  const loaded = await loadProject({ ...options, reader, stdin: readStdin });
  const session = new Session({ ...options, reader }); // its problems are those of the load, and are dropped
  const invocation = resolveInvocation({ ...options, reader }, session);
  const sources = loaded.project?.sources;
  const root = sources instanceof TreeSourceMap ? sources.root : undefined;
  const variables = invocation?.variables ?? Variables.of(options.environment);
  if (stdin !== undefined) {
    const source = session.source('-', '<stdin>', stdin);
    session.provide('-', source && session.parsed(source));
  }
  const follower = new Follower(session, variables);
  const directory = invocation?.directory;
  for (const path of invocation?.files ?? []) follower.follow(path, directory ?? posix.dirname(path), 'main');
  const envPaths = new Set(invocation?.envFiles ?? []);
  const known = new Set([...follower.files.map((file) => file.source.path), ...envPaths]);
  const sourceOf = (path: string): Source[] => {
    const source = session.read(path, 'file');
    return source ? [source] : [];
  };
  return {
    loaded,
    root,
    files: follower.files,
    envFiles: [...envPaths].flatMap(sourceOf),
    serviceFiles: reader.paths().filter((path) => !known.has(path)).flatMap(sourceOf),
    variables,
    directory,
    projectName: options.projectName,
    profiles: invocation?.profiles.filter((profile) => profile !== '') ?? [],
  };
}

/** Parses any YAML text; for configuration files. */
export function parseText(source: Source): { readonly documents: readonly MapNode[]; readonly diagnostics: readonly Diagnostic[] } {
  const problems = new Problems();
  const { documents } = parseSource(source, problems);
  return { documents: documents.map((document) => document.root), diagnostics: problems.sorted() };
}

/** The variables of an env file with their places; none when it is malformed. @param format  `raw` or undefined */
export function readVariables(source: Source, format: string | undefined, lookup: (name: string) => string | undefined): ReadonlyMap<string, Variable> {
  try {
    return format === 'raw' ? parseRawEnv(source, lookup) : parseDotenv(source, lookup);
  } catch (error) {
    if (error instanceof DotenvError) return new Map();
    throw error;
  }
}

/** Remembers what was read, so that a second look sees the same bytes. */
class RecordingReader implements SourceReader {
  readonly #reader: SourceReader;
  readonly #content = new Map<string, Uint8Array | string>();

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  readFile(path: string): Uint8Array | string {
    const known = this.#content.get(path);
    if (known !== undefined) return known;
    const content = this.#reader.readFile(path);
    this.#content.set(path, content);
    return content;
  }

  kindOf(path: string): 'file' | 'directory' | undefined {
    return this.#content.has(path) ? 'file' : this.#reader.kindOf(path);
  }

  realPath(path: string): string {
    return this.#reader.realPath(path);
  }

  paths(): string[] {
    return [...this.#content.keys()];
  }
}

/** Finds the files that files name, as `include` and `extends` do. */
class Follower {
  readonly files: RawFile[] = [];
  readonly #seen = new Set<string>();
  readonly #session: Session;
  readonly #variables: Variables;

  constructor(session: Session, variables: Variables) {
    this.#session = session;
    this.#variables = variables;
  }

  follow(path: string, directory: string, role: RawFile['role'], envFiles: readonly Source[] = []): void {
    if (this.#seen.has(path)) return;
    this.#seen.add(path);
    if (path !== '-' && this.#session.reader.kindOf(path) !== 'file') return;
    const file = this.#session.parse(path, 'file');
    if (!file) return;
    const documents = file.documents.map((document) => document.root);
    this.files.push({ source: file.source, documents, directory, role, envFiles });
    for (const document of documents) {
      this.#includes(document, directory, envFiles);
      this.#extends(document, directory, envFiles);
    }
  }

  #includes(document: MapNode, directory: string, outer: readonly Source[]): void {
    const section = document.get('include');
    for (const item of section?.kind === 'seq' ? section.items : []) {
      const path = item.kind === 'map' ? item.get('path') : item;
      const paths = (path?.kind === 'seq' ? path.items : [path]).flatMap((node) => this.#local(node, directory));
      const given = item.kind === 'map' ? this.#local(item.get('project_directory'), directory)[0] : undefined;
      const own = given ?? posix.dirname(paths[0] ?? directory);
      const envFiles = [...this.#envFiles(item, directory, own), ...outer];
      for (const one of paths) this.follow(one, own, 'included', envFiles);
    }
  }

  /** Those that an include names, or else `.env` of its directory. */
  #envFiles(include: Node, directory: string, own: string): Source[] {
    const given = include.kind === 'map' ? include.get('env_file') : undefined;
    const named = (given?.kind === 'seq' ? given.items : [given]).flatMap((node) => this.#local(node, directory));
    return (named.length > 0 ? named : [posix.join(own, '.env')]).flatMap((path) => {
      const source = this.#session.reader.kindOf(path) === 'file' ? this.#session.read(path, 'env file') : undefined;
      return source ? [source] : [];
    });
  }

  #extends(document: MapNode, directory: string, envFiles: readonly Source[]): void {
    const services = document.get('services');
    for (const { value } of services?.kind === 'map' ? services.entries : []) {
      const reference = value.kind === 'map' ? value.get('extends') : undefined;
      if (reference?.kind !== 'map') continue;
      for (const path of this.#local(reference.get('file'), directory)) this.follow(path, posix.dirname(path), 'extended', envFiles);
    }
  }

  /** The absolute path that a scalar names; nothing for what is remote or cannot be told. */
  #local(node: Node | undefined, directory: string): string[] {
    const path = expanded(stringOf(node), this.#variables);
    return path === undefined || isRemote(path) ? [] : [posix.resolve(directory, path)];
  }
}

/** A text with its variables replaced; undefined when that is not possible. */
export function expanded(text: string | undefined, variables: Variables): string | undefined {
  if (text === undefined) return undefined;
  try {
    return substitute(text, { get: (name) => variables.get(name)?.value });
  } catch (error) {
    if (error instanceof SubstitutionError) return undefined;
    throw error;
  }
}
