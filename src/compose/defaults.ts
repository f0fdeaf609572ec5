/** What an absent attribute means, and what one attribute forbids another: rules on one canonical tree, before it is normalised. */
import type { Damage } from './damage.ts';
import { joinPath } from './path.ts';
import type { Problems } from './problems.ts';
import { type Rules, compileRules, ruleForKey } from './rules.ts';
import type { Session } from './session.ts';
import { type MapNode, type Node, isNull, stringNode, stringOf } from './tree.ts';

interface Context {
  readonly problems: Problems;
  readonly damage: Damage;
  readonly path: (string | number)[];
}
type Rule = (node: MapNode, context: Context) => void;

const buildContext: Rule = (node) => {
  if (!node.has('context')) node.set('context', stringNode('.', node));
};
const secretTarget: Rule = (node) => {
  if (!node.has('target')) node.set('target', stringNode(`/run/secrets/${stringOf(node.get('source')) ?? ''}`, node));
};
const portDefaults: Rule = (node) => {
  if (!node.has('protocol')) node.set('protocol', stringNode('tcp', node));
  if (!node.has('mode')) node.set('mode', stringNode('ingress', node));
};

const deviceRequest: Rule = (node, context) => {
  const [count, ids] = [node.entry('count'), node.entry('device_ids')];
  if (!count && !ids) node.set('count', stringNode('all', node));
  if (!count || !ids) return;
  report(context, 'device.exclusive', node, 'count and device_ids exclude each other', count, ids);
};

const volume: Rule = (node, context) => {
  const external = node.get('external');
  if (external?.kind !== 'scalar' || external.value !== true) return;
  const other = node.entries.find((e) => e.key !== 'name' && e.key !== 'external' && !e.key.startsWith('x-'));
  if (other) report(context, 'external.exclusive', other, `an external volume is not created here, so "${other.key}" means nothing`, node.entry('external'));
};

const mount: Rule = (node, context) => {
  if (context.damage.touches('services', String(context.path[1]), 'volumes')) return;
  if (stringOf(node.get('target')) === undefined) report(context, 'volume.target', node, 'a mount needs a target');
  if (stringOf(node.get('type')) !== 'bind' || node.has('source')) return;
  report(context, 'volume.source', node, 'a bind mount needs a source');
};

const fileObject =
  (...sources: readonly string[]): Rule =>
  (node, context) => {
    const given = sources.flatMap((key) => node.entry(key) ?? []);
    const [first, second] = given;
    if (first && second) report(context, 'file.exclusive', second, `${sources.join(', ')} exclude each other`, first);
    const [section, name] = context.path;
    if (first || node.has('driver') || node.has('external') || context.damage.touches(section as 'configs' | 'secrets', String(name), ...sources, 'driver', 'external')) return;
    context.damage.touch(String(section), String(name));
    report(context, 'file.source', node, `one of ${sources.join(', ')} must be set`);
  };

const watchPath: Rule = (node, context) => {
  const path = node.get('path');
  if (stringOf(path) === '') report(context, 'watch.path', path as Node, 'path must not be empty'); // stringOf gives '' for a node only
};

const DEFAULTS = compileRules<Rule>({
  'services.*.build': buildContext,
  'services.*.secrets[]': secretTarget,
  'services.*.ports[]': portDefaults,
  'services.*.deploy.resources.reservations.devices[]': deviceRequest,
  'services.*.gpus[]': deviceRequest,
  'services.*.develop.watch[]': watchPath,
  'services.*.volumes[]': mount,
  'volumes.*': volume,
  'configs.*': fileObject('file', 'environment', 'content'),
  'secrets.*': fileObject('file', 'environment'),
});

/** Fills defaults in, in place, and reports attributes that exclude each other. */
export function applyDefaults(root: MapNode, session: Pick<Session, 'problems' | 'damage'>): void {
  walk(root, DEFAULTS, { problems: session.problems, damage: session.damage, path: [] });
}

function walk(node: Node, rules: Rules<Rule>, context: Context): void {
  if (node.kind === 'map') {
    if (rules.rule) rules.rule(node, context);
    for (const entry of node.entries) {
      const next = ruleForKey(rules, entry.key);
      if (!next || isNull(entry.value)) continue;
      context.path.push(entry.key);
      walk(entry.value, next, context);
      context.path.pop();
    }
  } else if (node.kind === 'seq' && rules.item) {
    for (const [i, item] of node.items.entries()) {
      context.path.push(i);
      walk(item, rules.item, context);
      context.path.pop();
    }
  }
}

function report(context: Context, code: string, at: Node | { source: Node['source']; start: number; end: number }, message: string, ...others: readonly unknown[]): void {
  const path = joinPath(context.path);
  const related = others.filter((o): o is Node => o !== undefined && o !== at).map((place) => ({ message: 'the other one is here', place }));
  context.problems.error(code, `${path}: ${message}`, { place: at, path, related });
}
