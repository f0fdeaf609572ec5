/**
 * `extends`: a service takes over another one, of the same file or of another, and is merged over it.
 * Resolved per file, before files are merged: what a later file changes in the base does not reach the extending service.
 * @see Compose specification, "extends"
 */
import { posix } from 'node:path';
import type { FileSet } from './file-set.ts';
import { joinPaths, resolvePaths } from './file-paths.ts';
import type { Resets } from './interpolate.ts';
import { applyResets, mergeService } from './merge.ts';
import { loadDocuments } from './load-documents.ts';
import { isRemote } from './remote.ts';
import type { Session } from './session.ts';
import { MapNode, type Node, clone, mapNode, stringOf, withTrail } from './tree.ts';

/** How long a chain of services that extend each other may be. */
const MAX_CHAIN = 200;

interface Link {
  readonly file: string;
  readonly service: string;
  readonly at: Node;
}

/** Services of one file, and what its documents reset. */
interface ServicesOf {
  readonly file: string;
  readonly services: MapNode;
  readonly resets: Resets;
}

/** Applies every `extends` of a document, in place. @param file  its absolute path */
export function applyExtends(root: MapNode, resets: Resets, file: string, set: FileSet, session: Session): void {
  const services = root.get('services');
  if (services?.kind !== 'map') return;
  const extender = new Extender(set, session);
  for (const { key } of services.entries) extender.extend(key, { file, services, resets }, []);
  for (const { key, value } of services.entries) if (extender.isIncomplete(value)) session.damage.touch('services', key);
}

class Extender {
  readonly #set: FileSet;
  readonly #session: Session;
  readonly #files = new Map<string, ServicesOf | undefined>();
  /** Services that lack what they were to take over. */
  readonly #incomplete = new WeakSet<Node>();

  constructor(set: FileSet, session: Session) {
    this.#set = set;
    this.#session = session;
  }

  isIncomplete(service: Node): boolean {
    return this.#incomplete.has(service);
  }

  /** Resolves the service `name` of `from`, in place. @param chain  the links that led here @returns the finished service */
  extend(name: string, from: ServicesOf, chain: readonly Link[]): Node | undefined {
    const service = from.services.get(name);
    if (service?.kind !== 'map') return service;
    const reference = service.get('extends');
    if (reference === undefined) return service;
    const ref = stringOf(reference) ?? (reference.kind === 'map' ? stringOf(reference.get('service')) : undefined);
    if (ref === undefined) return service; // the schema says what is wrong with it
    const link = { file: from.file, service: name, at: reference };
    if (chain.length >= MAX_CHAIN) {
      this.#incomplete.add(service);
      this.#session.problems.error('extends.limit', `more than ${MAX_CHAIN} services extend each other in a chain`, { place: reference });
      return undefined;
    }
    if (chain.some((l) => l.file === link.file && l.service === link.service)) {
      this.#incomplete.add(service);
      this.#cycle([...chain, link]);
      service.delete('extends');
      return undefined;
    }
    const fileNode = reference.kind === 'map' ? reference.get('file') : undefined;
    const target = fileNode === undefined || stringOf(fileNode) === undefined ? from : this.#file(stringOf(fileNode) ?? '', fileNode);
    const base = target && this.#base(name, ref, reference, target, [...chain, link]);
    service.delete('extends');
    if (target === undefined || base === undefined) {
      this.#incomplete.add(service);
      return service;
    }
    const merged = this.#merge(base, service, name, reference, target === from ? [from.resets] : [from.resets, target.resets]);
    if (this.#incomplete.has(base) || this.#incomplete.has(service)) this.#incomplete.add(merged);
    from.services.set(name, merged);
    return merged;
  }

  #base(name: string, ref: string, reference: Node, target: ServicesOf, chain: readonly Link[]): MapNode | undefined {
    if (!target.services.has(ref) && this.#session.damage.mayHave('services', ref)) return undefined;
    if (!target.services.has(ref)) {
      const names = target.services.entries.map((e) => e.key);
      this.#session.problems.error('extends.notFound', `service "${name}" extends "${ref}", which ${this.#session.display(target.file)} does not define`, {
        place: (reference.kind === 'map' ? reference.get('service') : undefined) ?? reference,
        path: `services.${name}.extends`,
        hint: names.length === 0 ? undefined : `services there: ${names.slice(0, 10).join(', ')}`,
      });
      return undefined;
    }
    const base = this.extend(ref, target, chain);
    return base?.kind === 'map' ? base : undefined;
  }

  #merge(base: MapNode, service: MapNode, name: string, reference: Node, resets: readonly Resets[]): MapNode {
    const source = clone(base) as MapNode; // clone keeps the kind
    for (const list of resets) {
      if (list.length > 0) applyResets(mapNode([['services', mapNode([[name, source]], source)]], source), list);
    }
    for (const entry of source.entries) entry.value = withTrail(entry.value, `service "${name}" extends it here`, reference);
    const merged = mergeService(source, service, name, this.#session.problems);
    merged.delete('extends');
    return new MapNode(service.source, service.start, service.end, merged.entries);
  }

  /** The services of another file: canonical, with paths relative to the directory of the project. */
  #file(path: string, at: Node): ServicesOf | undefined {
    const known = this.#files.get(path);
    if (known || this.#files.has(path)) return known;
    const loaded = this.#loadFile(path, at);
    this.#files.set(path, loaded);
    return loaded;
  }

  #loadFile(path: string, at: Node): ServicesOf | undefined {
    const { problems } = this.#session;
    if (isRemote(path)) {
      problems.error('extends.remote', `remote files such as ${path} cannot be extended yet`, { place: at, hint: 'copy the file and extend it by its path' });
      return undefined;
    }
    const file = posix.resolve(this.#set.absoluteDirectory, path);
    const directory = posix.relative(this.#set.absoluteDirectory, posix.dirname(file)) || '.';
    const set: FileSet = { ...this.#set, files: [file], directory, absoluteDirectory: posix.dirname(file) };
    const loaded = loadDocuments(set, this.#session, { place: at, what: 'extended file' });
    if (!loaded) return undefined;
    const services = loaded.root.get('services');
    if (services?.kind !== 'map') {
      problems.error('extends.notFound', `${this.#session.display(file)} has no services to extend`, { place: at });
      return undefined;
    }
    const context = { directory: posix.isAbsolute(path) ? posix.dirname(path) : joinPaths('.', directory), home: this.#session.home, reader: this.#session.reader };
    resolvePaths(loaded.root, context);
    return { file, services, resets: loaded.resets };
  }

  #cycle(chain: readonly Link[]): void {
    const last = chain.at(-1);
    const first = chain.findIndex((l) => l.file === last?.file && l.service === last.service);
    const loop = chain.slice(Math.max(first, 0));
    const names = loop.map((l) => l.service).join(' -> ');
    this.#session.problems.error('extends.cycle', `services extend each other in a circle: ${names}`, {
      place: loop[0]?.at,
      related: loop.slice(1, -1).map((l) => ({ message: `"${l.service}" extends here`, place: l.at })),
    });
  }
}
