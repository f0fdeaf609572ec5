/**
 * Lists whose items have a key: environment variables by name, mounts by target, ports by what they publish. A later item takes the
 * place of an earlier one with the same key.
 * @see Compose specification, "Merge and override", "Unique resources"
 */
import { noteOverride } from './merge.ts';
import { type Rules, compileRules, ruleForKey } from './rules.ts';
import { parseVolume } from './short-forms/index.ts';
import { type Entry, type Node, type SeqNode, stringOf } from './tree.ts';

type Indexer = (item: Node) => string | undefined;

const byName: Indexer = (item) => {
  const text = stringOf(item);
  const equals = text?.indexOf('=') ?? -1;
  return equals < 0 ? text : text?.slice(0, equals);
};

const byVolumeTarget: Indexer = (item) => {
  if (item.kind === 'map') return stringOf(item.get('target'));
  const text = stringOf(item);
  const volume = text === undefined ? undefined : parseVolume(text);
  return volume && 'target' in volume ? volume.target : undefined;
};

const byDeviceTarget: Indexer = (item) => {
  if (item.kind === 'map') return stringOf(item.get('target')) ?? stringOf(item.get('source'));
  const parts = stringOf(item)?.split(':');
  return parts?.[1] ?? parts?.[0];
};

const byText: Indexer = (item) => (item.kind === 'scalar' ? item.text : undefined);

const byMountTarget =
  (directory: string): Indexer =>
  (item) =>
    item.kind === 'map' ? (stringOf(item.get('target')) ?? `${directory}/${stringOf(item.get('source'))}`) : `${directory}/${stringOf(item)}`;

const byPort: Indexer = (item) => {
  if (item.kind !== 'map') return byText(item);
  const host = stringOf(item.get('host_ip')) ?? '0.0.0.0';
  const published = item.get('published');
  // a number differs from the same digits as a string, and a short form may spell the very key: both as in Docker Compose
  const shown = published?.kind !== 'scalar' ? '%' : published.type === 'str' ? published.text : `%${published.text}`;
  const target = item.get('target');
  return `${host}:${shown}:${target?.kind === 'scalar' ? target.text : ''}/${stringOf(item.get('protocol')) ?? 'tcp'}`;
};

const byPath: Indexer = (item) => (item.kind === 'map' ? stringOf(item.get('path')) : stringOf(item));

const UNIQUE_RULES = compileRules<Indexer>({
  'networks.*.labels': byName,
  'services.*.annotations': byName,
  'services.*.build.args': byName,
  'services.*.build.additional_contexts': byName,
  'services.*.build.tags': byName,
  'services.*.build.labels': byName,
  'services.*.cap_add': byName,
  'services.*.cap_drop': byName,
  'services.*.configs': byMountTarget(''),
  'services.*.deploy.labels': byName,
  'services.*.devices': byDeviceTarget,
  'services.*.dns': byName,
  'services.*.dns_opt': byName,
  'services.*.dns_search': byName,
  'services.*.environment': byName,
  'services.*.env_file': byPath,
  'services.*.expose': byText,
  'services.*.labels': byName,
  'services.*.links': byName,
  'services.*.networks.*.aliases': byName,
  'services.*.networks.*.link_local_ips': byName,
  'services.*.ports': byPort,
  'services.*.profiles': byName,
  'services.*.secrets': byMountTarget('/run/secrets'),
  'services.*.sysctls': byName,
  'services.*.tmpfs': byName,
  'services.*.volumes': byVolumeTarget,
});

/** In lists whose items have a key, a later item takes the place of an earlier one with the same key. Changes the tree. */
export function dropOverridden(node: Node, rules: Rules<Indexer> = UNIQUE_RULES): void {
  if (node.kind === 'map') {
    const { entries } = node;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry; // i is below length
      const next = ruleForKey(rules, entry.key);
      if (next && entry.value.kind !== 'scalar') dropOverridden(entry.value, next);
    }
  } else if (node.kind === 'seq' && rules.rule && node.items.length > 1) node.items = uniqueItems(node, rules.rule);
}

function uniqueItems(list: SeqNode, keyOf: Indexer): Node[] {
  const items: Node[] = [];
  const at = new Map<string, number>();
  for (const item of list.items) {
    const key = keyOf(item);
    const earlier = key === undefined ? undefined : at.get(key);
    if (earlier === undefined) {
      if (key !== undefined) at.set(key, items.length);
      items.push(item);
    } else items[earlier] = noteOverride(item, items[earlier] as Node); // the index came from items
  }
  return items;
}
