/** The project's schema against a tree: violations become diagnostics, and what violates it goes, so that later passes see only what fits. */
import type { Damage } from './damage.ts';
import type { SchemaError } from './generated/schema-validator.js';
import { formatTimeRfc3339 } from './go-values.ts';
import { type PathKey, joinPath } from './path.ts';
import { acceptsSchema } from './schema-accept.ts';
import { keyHint, meantKey, patternHint, suggestValue, typeHint } from './schema-hints.ts';
import type { Session } from './session.ts';
import { suggest } from './suggest.ts';
import { type Entry, type MapNode, type Node, type SeqNode, type Trail, describe, emptyMap } from './tree.ts';

/** ajv's validator, which is loaded only when a file has something wrong: it is half the code of the front end. */
export type Validator = typeof import('./generated/schema-validator.js').default;

/** Thrown when a tree does not satisfy the schema and nobody is there to say why: load the validator and begin again. */
export class ValidatorNeeded extends Error {}

/** Checks a tree against schema/compose.schema.json; see the file comment. @throws ValidatorNeeded */
export function validateSchema(root: MapNode, session: Session): void {
  if (acceptsSchema(root)) return;
  const validate = session.validator;
  if (!validate) throw new ValidatorNeeded();
  if (validate(toData(root))) return;
  const violations = (validate.errors ?? []).map((error) => locate(root, error));
  for (const violation of violations) if (!isRenamed(violation, violations)) report(violation, session);
  for (const violation of violations) prune(violation, session);
}

/** Is what is missing there under a name that is reported already? */
function isRenamed({ error, node }: Violation, violations: readonly Violation[]): boolean {
  if (error.keyword !== 'required') return false;
  const missing = error.params['missingProperty'];
  return violations.some((other) => {
    const { params } = other.error;
    return other.node === node && other.error.keyword === 'additionalProperties' && meantKey(String(params['additionalProperty']), (params['known'] as readonly string[] | undefined) ?? []) === missing;
  });
}

/** Plain data for the validator. */
export function toData(node: Node): unknown {
  if (node.kind === 'scalar') {
    if (typeof node.value === 'bigint') return Number(node.value);
    return node.type === 'time' ? formatTimeRfc3339(node.text) : node.value;
  }
  if (node.kind === 'seq') {
    const items: unknown[] = [];
    for (const item of node.items) items.push(toData(item));
    return items;
  }
  const data: Record<string, unknown> = {};
  for (const entry of node.entries) {
    if (entry.key === '__proto__') Object.defineProperty(data, entry.key, { value: toData(entry.value), enumerable: true });
    else data[entry.key] = toData(entry.value);
  }
  return data;
}

interface Violation {
  readonly error: SchemaError;
  readonly keys: readonly PathKey[];
  readonly node: Node;
  readonly parent: MapNode | SeqNode | undefined;
  /** The pair whose value the node is. */
  readonly entry: Entry | undefined;
  readonly trail: Trail | undefined;
}

function locate(root: MapNode, error: SchemaError): Violation {
  let node = root as Node;
  let parent: MapNode | SeqNode | undefined;
  let entry: Entry | undefined;
  let trail: Trail | undefined;
  const keys: PathKey[] = [];
  for (const step of error.instancePath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const before = node as Node;
    if (before.kind === 'map') {
      entry = before.entry(key);
      node = entry?.value ?? before;
      keys.push(key);
    } else if (before.kind === 'seq') {
      entry = undefined;
      node = before.items[Number(key)] ?? before;
      keys.push(Number(key));
    }
    if (before.kind !== 'scalar') parent = before;
    trail = node.trail ?? trail;
  }
  return { error, keys, node, parent, entry, trail };
}

interface Message {
  readonly message: string;
  readonly code: string;
  readonly hint?: string | undefined;
  readonly place?: { source: Node['source']; start: number; end: number } | undefined;
  readonly keys?: readonly PathKey[];
  readonly related?: { readonly message: string; readonly place: Node } | undefined;
}

function report(violation: Violation, session: Session): void {
  const { keys, node, entry, trail } = violation;
  const found = explain(violation);
  const at = found.keys ?? keys;
  const path = joinPath(at);
  session.problems.error(found.code, `${path === '' ? '' : `${path}: `}${found.message}`, {
    place: found.place ?? (node.kind === 'scalar' && node.end > node.start ? node : (entry ?? node)),
    path,
    hint: found.hint,
    related: found.related && [found.related],
    trail,
  });
}

function explain(violation: Violation): Message {
  const { error, node } = violation;
  const { params } = error;
  switch (error.keyword) {
    case 'type':
      return explainType(violation, [params['type']].flat() as readonly string[]);
    case 'additionalProperties':
      return explainKey(violation, String(params['additionalProperty']), (params['known'] as readonly string[] | undefined) ?? []);
    case 'required':
      return { code: 'schema.required', message: `"${String(params['missingProperty'])}" is missing` };
    case 'enum': {
      const allowed = params['allowedValues'] as readonly string[];
      const similar = node.kind === 'scalar' ? suggestValue(node.text, allowed) : undefined;
      const hint = similar === undefined ? `valid values are ${allowed.join(', ')}` : `did you mean "${similar}"? valid values are ${allowed.join(', ')}`;
      return { code: 'schema.value', message: `${textOf(node)} is not a valid value`, hint };
    }
    case 'pattern':
      return { code: 'schema.value', message: `${textOf(node)} is not a valid value`, hint: patternHint(violation.keys) };
    case 'minimum':
      return { code: 'schema.range', message: `${textOf(node)} is less than ${String(params['limit'])}` };
    case 'maximum':
      return { code: 'schema.range', message: `${textOf(node)} is more than ${String(params['limit'])}` };
    case 'uniqueItems':
      return explainDuplicate(violation, Number(params['i']), Number(params['j']));
    default:
      return { code: 'schema.invalid', message: `the value is not valid (${error.keyword})` };
  }
}

function textOf(node: Node): string {
  return node.kind === 'scalar' ? `"${node.text}"` : describe(node);
}

const TYPE_NAMES: Readonly<Record<string, string>> = { object: 'a mapping', array: 'a list', string: 'a string', number: 'a number', integer: 'an integer', boolean: 'a boolean', null: 'null' };

function explainType(violation: Violation, types: readonly string[]): Message {
  const expected = types.map((type) => TYPE_NAMES[type] ?? type);
  const list = expected.length > 1 ? `${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}` : expected.join('');
  return { code: 'schema.type', message: `must be ${list}, found ${describe(violation.node)}`, hint: typeHint(violation, types) };
}

/** Keys below which users choose names. */
const NAMED = new Set(['services', 'networks', 'volumes', 'secrets', 'configs', 'models', 'depends_on']);

function explainKey({ node, keys }: Violation, key: string, known: readonly string[]): Message {
  const entry = node.kind === 'map' ? node.entry(key) : undefined;
  const at = { place: entry, keys: [...keys, key] };
  if (known.length === 0) {
    const isName = NAMED.has(String(keys.at(-1)));
    if (isName) return { ...at, code: 'schema.name', message: `"${key}" is not a valid name`, hint: 'names have letters, digits, ".", "-" and "_"' };
    return { ...at, code: 'schema.name', message: 'a key must not be empty' };
  }
  return { ...at, code: 'schema.unknownKey', message: 'unknown attribute', hint: keyHint(key, entry?.value, keys, known) };
}

function explainDuplicate({ node, keys }: Violation, i: number, j: number): Message {
  const [first, second] = [Math.min(i, j), Math.max(i, j)];
  const items = node.kind === 'seq' ? node.items : [];
  const other = items[first];
  return {
    code: 'schema.duplicate',
    message: `${items[second] ? textOf(items[second]) : 'the item'} is in the list twice`,
    place: items[second],
    keys: [...keys, second],
    related: other && { message: 'first here', place: other },
    hint: 'remove one of them',
  };
}

/** Takes a violating value out of the tree, and notes what checks across references can no longer say. */
function prune({ error, keys, parent, entry, node }: Violation, session: Session): void {
  if (error.keyword === 'uniqueItems') return;
  const { damage } = session;
  const [section, name, attribute] = keys.map(String);
  if (section !== undefined && name !== undefined) damage.touch(section, name, attribute);
  if (error.keyword === 'additionalProperties' && node.kind === 'map') {
    const key = String(error.params['additionalProperty']);
    if (section === undefined) noteUnknownSection(key, node.get(key), damage);
    else if (name === undefined) damage.drop(section, key);
    node.delete(key);
    return;
  }
  if (section !== undefined && name === undefined) damage.openSection(section);
  if (keys.length <= 2 && entry) entry.value = emptyMap(entry);
  else if (parent?.kind === 'map' && entry) parent.delete(entry.key);
  else if (parent?.kind === 'seq') parent.items = parent.items.filter((item) => item !== node);
}

/** A misspelt section still defines names, and so does a service that stands outside of "services". */
function noteUnknownSection(key: string, value: Node | undefined, damage: Damage): void {
  const meant = suggest(key, ['services', 'networks', 'volumes', 'secrets', 'configs', 'models', 'include']);
  if (meant === 'include') damage.openAll();
  else if (meant !== undefined) damage.openSection(meant);
  if (value?.kind === 'map') damage.drop('services', key);
}
