/**
 * Tables keyed by path pattern, such as `services.*.ports[].target`: `*` is any key, `[]` any item of a list.
 * A table is compiled to a trie that a walk descends together with the tree, so that a pass visits only what it has rules for.
 */
export interface Rules<T> {
  readonly rule: T | undefined;
  readonly keys: ReadonlyMap<string, Rules<T>>;
  readonly anyKey: Rules<T> | undefined;
  readonly item: Rules<T> | undefined;
}

interface Building<T> {
  rule: T | undefined;
  keys: Map<string, Building<T>>;
  anyKey: Building<T> | undefined;
  item: Building<T> | undefined;
}

export function compileRules<T>(table: Readonly<Record<string, T>>): Rules<T> {
  const root: Building<T> = empty();
  for (const [pattern, rule] of Object.entries(table)) {
    let at = root;
    for (const step of pattern.match(/[^.[\]]+|\[\]/g) ?? []) at = descend(at, step);
    at.rule = rule;
  }
  return root;
}

function descend<T>(at: Building<T>, step: string): Building<T> {
  if (step === '*') return (at.anyKey ??= empty());
  if (step === '[]') return (at.item ??= empty());
  let next = at.keys.get(step);
  if (!next) at.keys.set(step, (next = empty()));
  return next;
}

function empty<T>(): Building<T> {
  return { rule: undefined, keys: new Map(), anyKey: undefined, item: undefined };
}

export function ruleForKey<T>(rules: Rules<T> | undefined, key: string): Rules<T> | undefined {
  return rules === undefined ? undefined : (rules.keys.get(key) ?? rules.anyKey);
}
