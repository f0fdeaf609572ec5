/** Paths of the host inside the model: made absolute against the directory of the file that names them. */
import { posix } from 'node:path';
import type { SourceReader } from './options.ts';
import { type Rules, compileRules, ruleForKey } from './rules.ts';
import { type MapNode, type Node, ScalarNode, stringOf } from './tree.ts';

export interface PathContext {
  /** What relative paths are joined to: absolute, or relative to the including project's directory. */
  readonly directory: string;
  /** For `~`; undefined leaves it alone. */
  readonly home: string | undefined;
  readonly reader: SourceReader;
}
type Resolve = (node: Node, context: PathContext) => void;
type Rewrite = (path: string, context: PathContext) => string;

/** Go's `path.Clean`: no `.`, no inner `..`, no trailing slash. */
export function cleanPath(path: string): string {
  if (path !== '' && !/^\.|\/\.|\/\/|.\/$/.test(path)) return path;
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** `~` is the home directory, also in `~user` (which becomes `<home>user`), as in Docker Compose. */
export function expandHome(path: string, home: string | undefined): string {
  return path.startsWith('~') && home !== undefined ? joinPaths(home, path.slice(1)) : path;
}

export function joinPaths(directory: string, path: string): string {
  return cleanPath(posix.join(directory, path));
}

const absolute: Rewrite = (path, context) => {
  const expanded = expandHome(path, context.home);
  return expanded === '' || posix.isAbsolute(expanded) ? expanded : joinPaths(context.directory, expanded);
};

/** As `absolute`, but a Windows path (`C:\data`) stays, and so does what an engine elsewhere will read. */
const hostPath: Rewrite = (path, context) => {
  const expanded = expandHome(path, context.home);
  const windows = /^[A-Za-z]:[\\/]|^[\\/]{2}[^\\/.][^\\/]*[\\/][^\\/.][^\\/]*[\\/]/.test(expanded);
  return posix.isAbsolute(expanded) || windows ? expanded : joinPaths(context.directory, expanded);
};

/** A build context may be a URL, a `type://` reference or another service. */
const contextPath: Rewrite = (path, context) => (isRemoteContext(path) ? path : absolute(path, context));

/** A watched path may be reached through a symbolic link; events come for the real one. */
const watchedPath: Rewrite = (path, context) => {
  const full = absolute(path, context);
  return posix.isAbsolute(full) ? throughLink(full, context.reader) : full;
};

/** Is a build context fetched rather than read from a directory? */
export function isRemoteContext(path: string): boolean {
  return path.includes('://') || path.startsWith('service:') || path.startsWith('github.com/') || path.startsWith('git@');
}

/** Replaces the first component that is a symbolic link by where it leads. */
function throughLink(path: string, reader: SourceReader): string {
  let at = '';
  for (const part of path.split('/').slice(1)) {
    at += `/${part}`;
    if (reader.kindOf(at) === undefined) return path;
    const real = reader.realPath(at);
    if (real !== at) return path.replace(at, real);
  }
  return path;
}

/** Applies a rewrite to the string in an entry of a mapping. */
function rewriteKey(map: MapNode, key: string, rewrite: Rewrite, context: PathContext): void {
  const node = map.get(key);
  const text = stringOf(node);
  if (node === undefined || text === undefined) return;
  map.set(key, withText(node as ScalarNode, rewrite(text, context))); // stringOf gives text of scalars only
}

function withText(node: ScalarNode, text: string): ScalarNode {
  if (text === node.text) return node;
  const copy = new ScalarNode(node.source, node.start, node.end, 'str', text, text, node.style);
  copy.trail = node.trail;
  return copy;
}

const inKey =
  (key: string, rewrite: Rewrite): Resolve =>
  (node, context) => {
    if (node.kind === 'map') rewriteKey(node, key, rewrite, context);
  };

const inValues =
  (rewrite: Rewrite): Resolve =>
  (node, context) => {
    if (node.kind === 'map') for (const { key } of node.entries) rewriteKey(node, key, rewrite, context);
    if (node.kind !== 'seq') return;
    node.items = node.items.map((item) => (stringOf(item) === undefined ? item : withText(item as ScalarNode, rewrite(stringOf(item) ?? '', context))));
  };

const bindSource: Resolve = (node, context) => {
  if (node.kind === 'map' && stringOf(node.get('type')) === 'bind') rewriteKey(node, 'source', hostPath, context);
};

/** A local volume with `o: bind` is a bind mount in disguise. */
const localDevice: Resolve = (node, context) => {
  if (node.kind !== 'map' || stringOf(node.get('driver')) !== 'local') return;
  const options = node.get('driver_opts');
  if (options?.kind === 'map' && stringOf(options.get('o')) === 'bind') rewriteKey(options, 'device', hostPath, context);
};

const RULES: Rules<Resolve> = compileRules<Resolve>({
  'services.*.build': inKey('context', contextPath),
  'services.*.build.additional_contexts': inValues(contextPath),
  'services.*.build.ssh': inValues(hostPath),
  'services.*.env_file[]': inKey('path', absolute),
  'services.*.label_file': inValues(absolute),
  'services.*.extends': inKey('file', absolute),
  'services.*.develop.watch[]': inKey('path', watchedPath),
  'services.*.volumes[]': bindSource,
  'configs.*': inKey('file', hostPath),
  'secrets.*': inKey('file', hostPath),
  'volumes.*': localDevice,
});

/** Resolves every path of a canonical tree, in place. */
export function resolvePaths(node: Node, context: PathContext, rules: Rules<Resolve> = RULES): void {
  rules.rule?.(node, context);
  if (node.kind === 'map') {
    for (const entry of node.entries) {
      const next = ruleForKey(rules, entry.key);
      if (next) resolvePaths(entry.value, context, next);
    }
  } else if (node.kind === 'seq' && rules.item) {
    for (const item of node.items) resolvePaths(item, context, rules.item);
  }
}
