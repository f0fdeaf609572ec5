/** Short forms become long forms, so that everything after this pass knows one shape for each attribute. */
import { cleanPath } from './file-paths.ts';
import { joinPath } from './path.ts';
import type { Problems } from './problems.ts';
import { type Rules, compileRules, ruleForKey } from './rules.ts';
import { type ShortPort, parsePorts, parseVolume } from './short-forms/index.ts';
import {
  Entry,
  MapNode,
  type Node,
  type ScalarNode,
  boolNode,
  intNode,
  isNull,
  mapNode,
  nullNode,
  seqNode,
  stringNode,
  stringOf,
} from './tree.ts';

interface CanonicalContext {
  readonly problems: Problems;
  /** True when variables were not replaced: what cannot be parsed because of them then stays as it is. */
  readonly lenient: boolean;
  readonly path: (string | number)[];
}
type Transform = (node: Node, context: CanonicalContext) => Node;

const stringToList: Transform = (node) => (isString(node) ? seqNode([node], node) : node);

const listToKeys: Transform = (node) => {
  if (node.kind !== 'seq') return node;
  const entries: Entry[] = node.items.flatMap((item) =>
    item.kind === 'scalar' ? [new Entry(item.text, item.source, item.start, item.end, nullNode(item))] : [],
  );
  return new MapNode(node.source, node.start, node.end, entries);
};

const dependsOn: Transform = (node) => {
  const map = listToKeys(node, NO_CONTEXT);
  if (map.kind !== 'map') return node;
  for (const entry of map.entries) {
    if (isNull(entry.value) && node.kind === 'seq') entry.value = mapNode([], entry);
    if (entry.value.kind !== 'map') continue;
    if (!entry.value.has('condition')) entry.value.set('condition', stringNode('service_started', entry));
    if (!entry.value.has('required')) entry.value.set('required', boolNode(true, entry));
  }
  return map;
};

const build: Transform = (node) => (isString(node) ? mapNode([['context', node]], node) : node);

const extendsForm: Transform = (node) => (isString(node) ? mapNode([['service', node]], node) : node);

const fileMount: Transform = (node) => (isString(node) ? mapNode([['source', node]], node) : node);

const envFile: Transform = (node) => {
  const items = node.kind === 'seq' ? node.items : [node];
  return seqNode(items.map(envFileItem), node);
};

function envFileItem(node: Node): Node {
  const map = isString(node) ? mapNode([['path', node]], node) : node;
  if (map.kind === 'map' && !map.has('required')) map.set('required', boolNode(true, node));
  return map;
}

const keyValues: Transform = (node, context) => {
  if (node.kind !== 'seq') return node;
  const map = mapNode([], node);
  for (const item of node.items) {
    const text = stringOf(item) ?? '';
    const equals = text.indexOf('=');
    if (equals < 0 && context.lenient) return node;
    if (equals < 0) report(context, 'contexts.invalid', item, `"${text}" is not of the form name=value`);
    else map.set(text.slice(0, equals), stringNode(text.slice(equals + 1), item), item);
  }
  return map;
};

const ssh: Transform = (node, context) => {
  if (node.kind !== 'seq') return node;
  const map = mapNode([], node);
  for (const item of node.items) {
    const text = stringOf(item) ?? '';
    const equals = text.indexOf('=');
    if (equals >= 0) map.set(text.slice(0, equals), stringNode(text.slice(equals + 1), item), item);
    else if (text === 'default') map.set(text, nullNode(item), item);
    else report(context, 'ssh.invalid', item, `"${text}" is not an SSH key`, 'write "default" or "id=path"');
  }
  return map;
};

const gpus: Transform = (node) => (isString(node) ? seqNode([mapNode([['count', stringNode('all', node)]], node)], node) : node);

const device: Transform = (node, context) => {
  const text = stringOf(node);
  if (text === undefined) return node;
  const parts = text.split(':');
  const [source = '', target = '', permissions = 'rwm'] = parts;
  if (parts.length > 3 && !context.lenient) {
    report(context, 'device.invalid', node, `"${text}" has too many colons`, 'write "HOST:CONTAINER:PERMISSIONS", or the long form');
  }
  const pairs = parts.length > 3 ? ['', '', 'rwm'] : [source, target === '' ? source : target, permissions];
  return mapNode(
    ['source', 'target', 'permissions'].map((key, i) => [key, stringNode(pairs[i] ?? '', node)] as const),
    node,
  );
};

const volume: Transform = (node, context) => {
  const text = stringOf(node);
  if (text === undefined) return node;
  const parsed = parseVolume(text);
  if ('error' in parsed) {
    if (!context.lenient || !text.includes('$')) report(context, 'volume.invalid', node, `"${text}": ${parsed.error}`, 'write "SOURCE:TARGET" or "SOURCE:TARGET:ro"');
    return node;
  }
  const pairs: [string, Node][] = [['type', stringNode(parsed.type, node)]];
  if (parsed.source !== '') pairs.push(['source', stringNode(parsed.source, node)]);
  pairs.push(['target', stringNode(cleanPath(parsed.target), node)]);
  if (parsed.readOnly) pairs.push(['read_only', boolNode(true, node)]);
  const bind: [string, Node][] = [];
  if (parsed.selinux !== undefined) bind.push(['selinux', stringNode(parsed.selinux, node)]);
  if (parsed.propagation !== undefined) bind.push(['propagation', stringNode(parsed.propagation, node)]);
  if (parsed.type === 'bind') bind.push(['create_host_path', boolNode(true, node)]);
  if (bind.length > 0) pairs.push(['bind', mapNode(bind, node)]);
  // a volume of one or two characters has no options object in Docker Compose
  if ((parsed.type === 'volume' && text.length > 2) || parsed.noCopy) {
    pairs.push(['volume', mapNode(parsed.noCopy ? [['nocopy', boolNode(true, node)]] : [], node)]);
  }
  return mapNode(pairs, node);
};

/** All ports of every protocol; ranges that overlap again and again would fill the memory. */
const MAX_PORTS = 3 * 65_536;

const ports: Transform = (node, context) => {
  if (node.kind !== 'seq') return node;
  const items: Node[] = [];
  for (const [i, item] of node.items.entries()) {
    const text = item.kind === 'scalar' && (item.type === 'str' || item.type === 'int') ? portText(item) : undefined;
    if (text === undefined) {
      items.push(item);
      continue;
    }
    const parsed = items.length > MAX_PORTS ? { error: `a service cannot have more than ${MAX_PORTS} ports` } : parsePorts(text);
    if (!('error' in parsed)) addPorts(parsed, item, items);
    else if (context.lenient && item.kind === 'scalar' && item.type === 'str') return node;
    else report({ ...context, path: [...context.path, i] }, 'port.invalid', item, `"${text}": ${parsed.error}`, parsed.hint);
  }
  return seqNode(items, node);
};

function portText(item: ScalarNode): string {
  return item.type === 'int' ? String(item.value) : item.text;
}

/** Appends the ports of one item, which may be tens of thousands: what is the same in all of them is one node. */
function addPorts(ports: readonly ShortPort[], at: Node, items: Node[]): void {
  const [first] = ports;
  if (!first) return;
  const [mode, hostIp, protocol] = [stringNode('ingress', at), stringNode(first.hostIp, at), stringNode(first.protocol, at)];
  for (const port of ports) {
    const pairs: [string, Node][] = [['mode', mode]];
    if (port.hostIp !== '') pairs.push(['host_ip', hostIp]);
    pairs.push(['target', intNode(port.target, at)]);
    if (port.published !== '') pairs.push(['published', stringNode(port.published, at)]);
    pairs.push(['protocol', protocol]);
    items.push(mapNode(pairs, at));
  }
}

/** `external: {name: x}`, which is deprecated, becomes `external: true` and `name: x`. */
const external: Transform = (node, context) => {
  if (node.kind !== 'map') return node;
  const old = node.get('external');
  if (old?.kind !== 'map') return node;
  node.set('external', boolNode(true, old));
  const path = joinPath(context.path);
  for (const entry of old.entries) {
    if (entry.key === 'name' || entry.key.startsWith('x-')) continue;
    context.problems.warning('schema.unknownKey', `${path}.external: "${entry.key}" has no meaning here`, { place: entry, path: `${path}.external.${entry.key}`, hint: 'use "external: true", and "name:" beside it' });
  }
  const name = old.get('name');
  if (name === undefined) return node;
  context.problems.warning('external.name', `${path}: external.name is deprecated`, { place: old, path, hint: 'use "name:" and "external: true"' });
  const named = node.get('name');
  if (named === undefined) node.set('name', name);
  else if (stringOf(named) !== stringOf(name)) report(context, 'external.conflict', old, 'name and external.name differ', 'keep only name');
  return node;
};

const TRANSFORMS = compileRules<Transform>({
  'services.*.build': build,
  'services.*.build.secrets[]': fileMount,
  'services.*.build.additional_contexts': keyValues,
  'services.*.build.ssh': ssh,
  'services.*.depends_on': dependsOn,
  'services.*.env_file': envFile,
  'services.*.label_file': stringToList,
  'services.*.extends': extendsForm,
  'services.*.gpus': gpus,
  'services.*.models': listToKeys,
  'services.*.networks': listToKeys,
  'services.*.volumes[]': volume,
  'services.*.dns': stringToList,
  'services.*.devices[]': device,
  'services.*.secrets[]': fileMount,
  'services.*.configs[]': fileMount,
  'services.*.ports': ports,
  'volumes.*': external,
  'networks.*': external,
  'secrets.*': external,
  'configs.*': external,
});

/** Brings a tree into its long form, in place. Idempotent. */
export function canonicalise(root: MapNode, problems: Problems, lenient: boolean): void {
  walk(root, TRANSFORMS, { problems, lenient, path: [] });
}

function walk(node: Node, rules: Rules<Transform>, context: CanonicalContext): Node {
  const result = rules.rule ? rules.rule(node, context) : node;
  if (result.kind === 'map') {
    for (let i = 0; i < result.entries.length; i++) {
      const entry = result.entries[i] as Entry; // i is below length
      const next = ruleForKey(rules, entry.key);
      if (!next) continue;
      context.path.push(entry.key);
      entry.value = walk(entry.value, next, context);
      context.path.pop();
    }
  } else if (result.kind === 'seq' && rules.item) {
    for (let i = 0; i < result.items.length; i++) {
      context.path.push(i);
      result.items[i] = walk(result.items[i] as Node, rules.item, context); // i is below length
      context.path.pop();
    }
  }
  return result;
}

const NO_CONTEXT = { path: [] } as unknown as CanonicalContext; // for listToKeys, which looks at nothing of it

function isString(node: Node): node is ScalarNode {
  return node.kind === 'scalar' && node.type === 'str';
}

function report(context: CanonicalContext, code: string, node: Node, message: string, hint?: string): void {
  const path = joinPath(context.path);
  context.problems.error(code, `${path}: ${message}`, { place: node, path, hint, trail: node.trail });
}
