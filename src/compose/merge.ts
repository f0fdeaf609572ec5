/**
 * Merging of one file over another, and of a service over the one it extends. The rules are tables keyed by path; what has no rule is
 * merged as YAML says: mappings by key, lists by appending, anything else by replacing.
 * @see Compose specification, "Merge and override"
 */
import { joinPath } from './path.ts';
import type { Problems } from './problems.ts';
import { type Rules, compileRules, ruleForKey } from './rules.ts';
import { scalarText } from './go-values.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  type ScalarNode,
  type Trail,
  boolNode,
  describe,
  isNull,
  mapNode,
  nullNode,
  seqNode,
  stringNode,
  withTrail,
} from './tree.ts';

interface MergeContext {
  readonly problems: Problems;
  readonly path: string[];
}
type Merger = (base: Node, over: Node, rules: Rules<Merger> | undefined, context: MergeContext) => Node;

const replace: Merger = (base, over) => noteOverride(over, base);

/** A list or mapping of `KEY=value`: both sides as a list, one after the other. */
const joinPairs: Merger = (base, over) => seqNode([...asList(base), ...asList(over)], over);

const mergeExtraHosts: Merger = (base, over) => {
  const first = asList(base);
  const known = new Set(first.map((item) => (item.kind === 'scalar' ? item.text : undefined)));
  return seqNode([...first, ...asList(over).filter((item) => item.kind !== 'scalar' || !known.has(item.text))], over);
};

const mergeBuild: Merger = (base, over, rules, context) => mergeAsMaps(base, over, rules, context, (node) => {
  if (node.kind === 'map') return node;
  return mapNode(isNull(node) ? [] : [['context', node]], node);
});

const started = (at: Node) => mapNode([['condition', stringNode('service_started', at)], ['required', boolNode(true, at)]], at);

const mergeDependsOn: Merger = (base, over, rules, context) => mergeAsMaps(base, over, rules, context, (node) => keysAsMap(node, started));

const mergeNetworks: Merger = (base, over, rules, context) => mergeAsMaps(base, over, rules, context, (node) => keysAsMap(node, nullNode));

/** Options of another driver mean nothing to this one, so a different driver replaces the whole section. */
const mergeLogging: Merger = (base, over, rules, context) => {
  if (base.kind !== 'map' || over.kind !== 'map') return mergePlain(base, over, rules, context);
  const [before, after] = [base.get('driver'), over.get('driver')];
  if (before?.kind === 'scalar' && after?.kind === 'scalar' && before.text !== after.text) return noteOverride(over, base);
  return mergeMaps(base, over, rules, context);
};

/** Pools are matched by subnet; a pool of the base that the override does not name is dropped, as Docker Compose does. */
const mergeIpamConfig: Merger = (base, over, rules, context) => {
  if (base.kind !== 'seq' || over.kind !== 'seq') return mergePlain(base, over, rules, context);
  const pools: MapNode[] = [];
  const find = (subnet: string | undefined) => pools.findIndex((pool) => subnetOf(pool) === subnet);
  for (const original of base.items) {
    for (const override of over.items) {
      if (original.kind !== 'map' || override.kind !== 'map') continue;
      if (subnetOf(override) !== subnetOf(original) && find(subnetOf(override)) < 0) {
        pools.push(override);
        continue;
      }
      const merged = mergeMaps(original, override, undefined, context);
      const at = find(subnetOf(merged));
      if (at >= 0) pools[at] = merged;
      else pools.push(merged);
    }
  }
  return seqNode(pools, over);
};

function subnetOf(pool: MapNode): string | undefined {
  const subnet = pool.get('subnet');
  return subnet?.kind === 'scalar' ? subnet.text : undefined;
}

const MERGE_RULES = compileRules<Merger>({
  'networks.*.ipam.config': mergeIpamConfig,
  'networks.*.labels': joinPairs,
  'volumes.*.labels': joinPairs,
  'services.*.annotations': joinPairs,
  'services.*.build': mergeBuild,
  'services.*.build.args': joinPairs,
  'services.*.build.additional_contexts': joinPairs,
  'services.*.build.extra_hosts': mergeExtraHosts,
  'services.*.build.labels': joinPairs,
  'services.*.command': replace,
  'services.*.depends_on': mergeDependsOn,
  'services.*.deploy.labels': joinPairs,
  'services.*.dns': joinPairs,
  'services.*.dns_opt': joinPairs,
  'services.*.dns_search': joinPairs,
  'services.*.entrypoint': replace,
  'services.*.env_file': joinPairs,
  'services.*.label_file': joinPairs,
  'services.*.environment': joinPairs,
  'services.*.extra_hosts': mergeExtraHosts,
  'services.*.healthcheck.test': replace,
  'services.*.labels': joinPairs,
  'services.*.logging': mergeLogging,
  'services.*.networks': mergeNetworks,
  'services.*.models': mergeNetworks,
  'services.*.provider.options': replace,
  'services.*.sysctls': joinPairs,
  'services.*.tmpfs': joinPairs,
  'services.*.ulimits.*': replace,
});

/** Merges a document over what earlier ones gave. Both trees are used up. */
export function mergeDocuments(base: MapNode, over: MapNode, problems: Problems): MapNode {
  return mergeMaps(base, over, MERGE_RULES, { problems, path: [] });
}

/** Merges a service over the one it extends. Both trees are used up. */
export function mergeService(base: MapNode, over: MapNode, name: string, problems: Problems): MapNode {
  const rules = ruleForKey(ruleForKey(MERGE_RULES, 'services'), name);
  return mergeMaps(base, over, rules, { problems, path: ['services', name] });
}

function mergeNodes(base: Node, over: Node, rules: Rules<Merger> | undefined, context: MergeContext): Node {
  return rules?.rule ? rules.rule(base, over, rules, context) : mergePlain(base, over, rules, context);
}

function mergePlain(base: Node, over: Node, rules: Rules<Merger> | undefined, context: MergeContext): Node {
  if (isNull(over)) return base;
  if (base.kind === 'scalar') return noteOverride(over, base);
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, rules, context);
  if (base.kind === 'seq' && over.kind === 'seq') {
    base.items.push(...over.items);
    return base;
  }
  const path = joinPath(context.path);
  context.problems.error('merge.type', `${path}: ${describe(over)} cannot be merged over ${describe(base)}`, {
    place: over,
    path,
    related: [{ message: 'the value to override is here', place: base }],
    hint: 'use the same form in both files, or replace the value with the tag !override',
  });
  return base;
}

function mergeMaps(base: MapNode, over: MapNode, rules: Rules<Merger> | undefined, context: MergeContext): MapNode {
  for (const entry of over.entries) {
    const existing = base.entry(entry.key);
    if (existing === undefined) {
      base.push(entry);
      continue;
    }
    if (entry.key.startsWith('x-')) existing.value = entry.value;
    else {
      context.path.push(entry.key);
      existing.value = mergeNodes(existing.value, entry.value, ruleForKey(rules, entry.key), context);
      context.path.pop();
    }
  }
  return base;
}

function mergeAsMaps(base: Node, over: Node, rules: Rules<Merger> | undefined, context: MergeContext, convert: (node: Node) => MapNode): Node {
  return mergeMaps(convert(base), convert(over), rules, context);
}

/** A list of names as a mapping with a default value for each; a mapping as it is. */
function keysAsMap(node: Node, value: (at: Node) => Node): MapNode {
  if (node.kind === 'map') return node;
  const map = mapNode([], node);
  if (node.kind !== 'seq') return map;
  for (const item of node.items) if (item.kind === 'scalar') map.set(item.text, value(item), item);
  return map;
}

/** A mapping as a sorted list of `key=value`; a list as it is; a single string as a list of one. */
function asList(node: Node): Node[] {
  if (node.kind === 'seq') return node.items;
  if (node.kind === 'scalar') return node.type === 'str' ? [node] : [];
  return node.entries.flatMap(pairItems).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

function pairItems(entry: Entry): ScalarNode[] {
  const { key, value } = entry;
  if (isNull(value)) return [carryTrail(stringNode(key, entry), value)];
  const values = value.kind === 'seq' ? value.items : [value];
  return values.flatMap((v) => (v.kind === 'scalar' ? [carryTrail(stringNode(`${key}=${scalarText(v)}`, v), v)] : []));
}

function carryTrail(node: ScalarNode, from: { readonly trail: Trail | undefined }): ScalarNode {
  node.trail = from.trail;
  return node;
}

/** The value that wins, with the one it overrides in its trail. */
export function noteOverride(over: Node, base: Node): Node {
  return withTrail(over, 'overrides the value here', base);
}

/** Removes what a document resets from what earlier documents gave. */
export function applyResets(root: MapNode, resets: readonly (readonly (string | number)[])[]): void {
  for (const path of resets) {
    let at: Node | undefined = root;
    for (const key of path.slice(0, -1)) at = at?.kind === 'map' && typeof key === 'string' ? at.get(key) : undefined;
    const last = path.at(-1);
    if (at?.kind === 'map' && typeof last === 'string') at.delete(last);
  }
}
