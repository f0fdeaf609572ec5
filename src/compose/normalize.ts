/** Implied parts of the model: the default network, names of resources, dependencies that follow from shared namespaces. */
import { cleanPath } from './file-paths.ts';
import { type MapNode, type Node, boolNode, emptyMap, isNull, mapNode, nullNode, seqNode, stringNode, stringOf } from './tree.ts';
import type { Variables } from './variables.ts';

/** Normalises a canonical tree in place. @param name  the project's */
export function normalise(root: MapNode, name: string, variables: Variables): void {
  const services = root.get('services');
  const serviceMaps = services?.kind === 'map' ? services.entries.flatMap((e) => (e.value.kind === 'map' ? [e.value] : [])) : [];
  addDefaultNetwork(root, serviceMaps);
  for (const service of serviceMaps) normaliseService(service, variables);
  for (const section of ['networks', 'volumes', 'configs', 'secrets']) nameResources(root.get(section), name);
}

function addDefaultNetwork(root: MapNode, services: readonly MapNode[]): void {
  let used = false;
  for (const service of services) {
    if (service.has('network_mode') || service.has('provider')) continue;
    const networks = service.get('networks');
    const isEmpty = networks === undefined || (networks.kind === 'map' && networks.entries.length === 0);
    if (isEmpty) service.set('networks', mapNode([['default', nullNode(service)]], service));
    used ||= isEmpty || (networks?.kind === 'map' && networks.has('default'));
  }
  const networks = root.get('networks');
  if (!used || (networks?.kind === 'map' && networks.has('default'))) return;
  const map = networks?.kind === 'map' ? networks : emptyMap(root);
  map.set('default', nullNode(root));
  root.set('networks', map);
}

function normaliseService(service: MapNode, variables: Variables): void {
  const policy = service.get('pull_policy');
  if (policy && stringOf(policy) === 'if_not_present') service.set('pull_policy', stringNode('missing', policy));
  const build = service.get('build');
  if (build?.kind === 'map') normaliseBuild(build, variables);
  const environment = service.get('environment');
  if (environment) service.set('environment', resolveKeys(environment, variables, true));
  const volumes = service.get('volumes');
  if (volumes?.kind === 'seq') for (const volume of volumes.items) cleanTarget(volume);
  addDependencies(service);
}

function normaliseBuild(build: MapNode, variables: Variables): void {
  if (isAbsent(build.get('context'))) build.set('context', stringNode('.', build));
  if (isAbsent(build.get('dockerfile')) && isAbsent(build.get('dockerfile_inline'))) build.set('dockerfile', stringNode('Dockerfile', build));
  const args = build.get('args');
  if (args) build.set('args', resolveKeys(args, variables, false));
}

function cleanTarget(volume: Node): void {
  if (volume.kind !== 'map') return;
  const target = volume.get('target');
  const text = stringOf(target);
  if (target && text !== undefined) volume.set('target', stringNode(text === '' ? '.' : cleanPath(text), target));
}

/** Gives keys without a value the value of the variable of that name. @param keep  whether a key that no variable fills stays */
export function resolveKeys(node: Node, variables: Variables, keep: boolean): Node {
  if (node.kind === 'seq') return seqNode(node.items.flatMap((item) => resolveItem(item, variables, keep)), node);
  if (node.kind !== 'map' || !node.entries.some((entry) => isNull(entry.value))) return node;
  const map = emptyMap(node);
  map.trail = node.trail;
  for (const entry of node.entries) {
    const value = isNull(entry.value) ? fromVariable(entry.key, entry.value, variables) : entry.value;
    if (value || keep) map.set(entry.key, value ?? entry.value, entry);
  }
  return map;
}

function resolveItem(item: Node, variables: Variables, keep: boolean): Node[] {
  const text = stringOf(item);
  if (text === undefined || text.includes('=')) return [item];
  const value = variables.get(text);
  if (!value) return keep ? [item] : [];
  const node = stringNode(`${text}=${value.value}`, item);
  if (value.place) node.trail = { message: `variable ${text} is set here`, place: value.place, next: undefined };
  return [node];
}

function fromVariable(name: string, at: Node, variables: Variables): Node | undefined {
  const variable = variables.get(name);
  if (!variable) return undefined;
  const node = stringNode(variable.value, at);
  if (variable.place) node.trail = { message: `variable ${name} is set here`, place: variable.place, next: undefined };
  return node;
}

const NAMESPACES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'];
const IMPLYING = ['links', 'volumes_from', ...NAMESPACES];

/** `links`, `volumes_from` and shared namespaces need the other service to run, so they imply `depends_on`. */
function addDependencies(service: MapNode): void {
  if (!IMPLYING.some((attribute) => service.has(attribute))) return;
  const existing = service.get('depends_on');
  const map = existing?.kind === 'map' ? existing : emptyMap(service);
  const add = (name: string, at: Node, restart: boolean) => {
    if (map.has(name)) return;
    const pairs = [
      ['condition', stringNode('service_started', at)],
      ['restart', boolNode(restart, at)],
      ['required', boolNode(true, at)],
    ] as const;
    map.set(name, mapNode(pairs, at), at);
  };
  for (const [link, at] of strings(service.get('links'))) {
    const parts = link.split(':');
    add(parts.length === 2 ? (parts[0] ?? '') : link, at, true);
  }
  for (const attribute of NAMESPACES) {
    const node = service.get(attribute);
    const text = stringOf(node);
    if (node && text?.startsWith('service:')) add(text.slice('service:'.length), node, true);
  }
  for (const [source, at] of strings(service.get('volumes_from'))) {
    if (!source.startsWith('container:')) add(source.split(':')[0] ?? '', at, false);
  }
  if (map.entries.length > 0) service.set('depends_on', map);
}

function strings(node: Node | undefined): [string, Node][] {
  if (node?.kind !== 'seq') return [];
  return node.items.flatMap((item): [string, Node][] => (stringOf(item) === undefined ? [] : [[stringOf(item) ?? '', item]]));
}

function nameResources(section: Node | undefined, project: string): void {
  if (section?.kind !== 'map') return;
  for (const entry of section.entries) {
    if (isNull(entry.value)) entry.value = emptyMap(entry);
    if (entry.value.kind !== 'map' || !isAbsent(entry.value.get('name'))) continue;
    const external = entry.value.get('external');
    const isExternal = external?.kind === 'scalar' && external.value === true;
    entry.value.set('name', stringNode(isExternal ? entry.key : `${project}_${entry.key}`, entry));
  }
}

function isAbsent(node: Node | undefined): boolean {
  return node === undefined || isNull(node);
}
