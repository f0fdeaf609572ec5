/** How to mend what violates the schema: hints for the mistakes that people make. */
import { serviceKeys } from './codec/index.ts';
import type { PathKey } from './path.ts';
import { suggest } from './suggest.ts';
import type { MapNode, Node, ScalarNode, SeqNode } from './tree.ts';

/** A value of a type that is not wanted at its place. */
export interface Misfit {
  readonly node: Node;
  readonly keys: readonly PathKey[];
  readonly parent: MapNode | SeqNode | undefined;
}

/** @param types  JSON types that would do */
export function typeHint({ node, keys, parent }: Misfit, types: readonly string[]): string | undefined {
  if (keys.length === 2 && keys[0] === 'services') return serviceHint(String(keys[1]), node, parent);
  if (node.kind === 'scalar') return node.type === 'null' ? nullHint(keys) : scalarHint(node, keys, types);
  if (node.kind === 'seq' && types.includes('object') && !types.includes('array')) return listHint(node, keys);
  if (node.kind === 'map' && types.includes('array') && !types.includes('object')) return 'write a dash before each item';
  if (node.kind === 'map' && types.includes('string') && typeof keys.at(-1) === 'number') return itemHint(node, keys.at(-2));
  return undefined;
}

/** Something in the place of a service: mostly an attribute that is not indented enough. */
function serviceHint(name: string, node: Node, parent: Misfit['parent']): string | undefined {
  const isNull = node.kind === 'scalar' && node.type === 'null';
  if (serviceKeys.includes(name)) {
    const before = parent?.kind === 'map' ? parent.entries.slice(0, parent.entries.findIndex((entry) => entry.key === name)) : [];
    const owner = before.findLast((entry) => !serviceKeys.includes(entry.key));
    return `"${name}" is an attribute of a service: indent it below ${owner ? `"${owner.key}"` : 'one'}`;
  }
  if (isNull) return `indent the attributes of "${name}" below it, or remove it`;
  if (node.kind === 'seq') return 'write "key: value" pairs without a dash';
  return node.kind === 'scalar' ? `a service is a mapping: write "image: ${node.text}" below "${name}:"` : undefined;
}

const SOURCES: Readonly<Record<string, string>> = {
  secrets: 'give it "file:", "environment:" or "external: true"',
  configs: 'give it "file:", "content:", "environment:" or "external: true"',
  models: 'give it "model:"',
};

function nullHint(keys: readonly PathKey[]): string {
  const source = keys.length === 2 ? SOURCES[String(keys[0])] : undefined;
  const last = keys.at(-1);
  return source ?? (typeof last === 'number' ? 'give the item a value, or remove its dash' : `give it a value, or remove "${last}"`);
}

const DURATIONS: readonly unknown[] = ['interval', 'timeout', 'start_period', 'start_interval', 'stop_grace_period', 'delay', 'monitor', 'window'];

function scalarHint(node: ScalarNode, keys: readonly PathKey[], types: readonly string[]): string | undefined {
  const { text } = node;
  if (node.type === 'int' && DURATIONS.includes(keys.at(-1))) return `add a unit: ${text}s`;
  if (node.type !== 'str' && types.includes('string')) return `quote it: "${text}"`;
  const pair = types.includes('object') && node.style === 'plain' ? /^([\w.-]+)\s*=/.exec(text) : null;
  if (pair) return `write "${pair[1]}: ..." with a colon`; // without the value, which may be a secret
  if (types.includes('array') && !types.includes('string')) {
    if (node.style === 'plain' && /^-\S/.test(text)) return 'put a space after each "-"';
    return `write it as a list: ["${text}"]`;
  }
  if (node.type === 'str' && types.includes('boolean') && !types.includes('string')) return 'write true or false without quotes';
  if (keys.at(-2) === 'depends_on') return `write a condition below it: "condition: ${/complete/.test(text) ? 'service_completed_successfully' : 'service_healthy'}"`;
  return undefined;
}

function listHint(node: SeqNode, keys: readonly PathKey[]): string {
  if (typeof keys.at(-1) === 'number') return 'YAML does not join lists: write its items one by one';
  const [first] = node.items;
  return first?.kind === 'scalar' ? `write "${first.text}:" without a dash` : 'write "key: value" pairs without a dash';
}

/** Lists of `KEY=value`. */
const PAIRS: readonly unknown[] = ['environment', 'labels', 'annotations', 'args', 'sysctls', 'additional_contexts', 'extra_hosts'];

/** A mapping among the strings of a list. */
function itemHint(node: MapNode, list: PathKey | undefined): string {
  const [first] = node.entries;
  if (first?.value.kind === 'scalar' && PAIRS.includes(list)) return `write "${first.key}=...", or all of them as "${first.key}: ..." without dashes`;
  if (first && (list === 'depends_on' || list === 'networks' || list === 'models')) return `write "${first.key}:" without the dash: with settings it is a mapping`;
  return 'quote the item if it is a text with ": " in it';
}

/** Where attributes belong that are often written one level too high. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  build: ['context', 'dockerfile', 'dockerfile_inline', 'args', 'target', 'cache_from', 'cache_to', 'no_cache', 'additional_contexts', 'tags'],
  healthcheck: ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval'],
  deploy: ['replicas', 'resources', 'placement', 'update_config', 'rollback_config', 'restart_policy', 'endpoint_mode', 'mode'],
  'deploy.resources': ['limits', 'reservations'],
  'deploy.resources.limits': ['memory', 'pids'],
  logging: ['driver', 'options'],
  develop: ['watch'],
  'networks.<name>': ['aliases', 'ipv4_address', 'ipv6_address', 'link_local_ips'],
};

/** What attributes are called elsewhere: in other versions, in flags of docker, by habit. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  cmd: ['command'],
  container: ['target'],
  destination: ['target'],
  dst: ['target'],
  env: ['environment'],
  environment_file: ['env_file'],
  host: ['published'],
  hosts: ['extra_hosts'],
  memory: ['mem_limit'],
  mounts: ['volumes'],
  name: ['source', 'container_name'],
  net: ['network_mode'],
  src: ['source'],
  workdir: ['working_dir'],
};

/** The known attribute that was most likely meant. */
export function meantKey(key: string, known: readonly string[]): string | undefined {
  return SYNONYMS[key]?.find((name) => known.includes(name)) ?? suggest(key, known);
}

/** For an attribute that is unknown at its place. @param keys  the place @param known  what may stand there */
export function keyHint(key: string, value: Node | undefined, keys: readonly PathKey[], known: readonly string[]): string {
  const home = homeOf(key, keys);
  const similar = meantKey(key, known);
  if (similar !== undefined) return `did you mean "${similar}"?${home === undefined ? '' : ` "${key}" belongs below "${home}"`}`;
  if (home !== undefined) return `"${key}" belongs below "${home}"`;
  const isService = value?.kind === 'map' && (value.has('image') || value.has('build'));
  if (keys.length === 0 && isService) return 'it looks like a service: put it under "services:", indented';
  if (serviceKeys.includes(key) && keys[0] === 'services' && keys.length > 2) return `"${key}" is an attribute of a service: is it indented too far?`;
  if (serviceKeys.includes(key) && keys.length === 0) return `"${key}" is an attribute of a service: indent it below one`;
  if (known.length <= 12) return `known here: ${known.join(', ')}`;
  return 'own keys begin with "x-"';
}

function homeOf(key: string, keys: readonly PathKey[]): string | undefined {
  if (keys[0] !== 'services' || keys.length < 2) return undefined;
  const here = keys.slice(2).map((step) => `${step}.`).join('');
  return Object.keys(HOMES).find((home) => home.startsWith(here) && home !== here && HOMES[home]?.includes(key));
}

/** For a value that does not have the form it needs. */
export function patternHint(keys: readonly PathKey[]): string | undefined {
  switch (keys.at(-1)) {
    case 'pull_policy':
      return 'valid values are always, never, missing, build, refresh, daily, weekly and every_<duration>';
    case 'container_name':
      return 'names have letters, digits, "_", "." and "-", begin with a letter or digit, and have at least two characters';
    case 'gpus':
      return 'write "all", or a list of requests';
    default:
      return undefined;
  }
}

/** The offered value that was meant: one that is written alike, or the only one that contains what was written. */
export function suggestValue(text: string, allowed: readonly string[]): string | undefined {
  const containing = text.length > 3 ? allowed.filter((value) => value.includes(text.toLowerCase())) : [];
  return suggest(text, allowed) ?? (containing.length === 1 ? containing[0] : undefined);
}
