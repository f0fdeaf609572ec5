/**
 * Rules across references, which the schema cannot express: what an enabled service names must exist, and attributes that say the same
 * thing twice must agree. What an earlier error took out of the model (see damage.ts) is not reported again as missing.
 */
import { depthFirst, turned } from '../base/index.ts';
import type { Damage } from './damage.ts';
import { type PathKey, joinPath } from './path.ts';
import type { Problems } from './problems.ts';
import type { Project, Service } from './project.ts';
import type { Session } from './session.ts';
import { placeAt } from './source-map.ts';
import { suggest } from './suggest.ts';
import type { MapNode, Node, Trail } from './tree.ts';

/** Another place that has to do with a problem. */
interface Related {
  readonly message: string;
  readonly keys: readonly PathKey[];
}

class Checker {
  readonly project: Project;
  readonly damage: Damage;
  readonly #root: MapNode;
  readonly #problems: Problems;

  constructor(project: Project, root: MapNode, session: Session) {
    this.project = project;
    this.damage = session.damage;
    this.#root = root;
    this.#problems = session.problems;
  }

  error(code: string, keys: readonly PathKey[], message: string, hint?: string, relatedTo?: readonly PathKey[]): void {
    this.errorAt(code, keys, message, { hint, related: relatedTo && [{ message: 'see here', keys: relatedTo }] });
  }

  errorAt(code: string, keys: readonly PathKey[], message: string, more: { hint: string | undefined; related: readonly Related[] | undefined }): void {
    this.#problems.error(code, message, {
      place: placeAt(this.#root, keys),
      path: joinPath(keys),
      hint: more.hint,
      related: more.related?.flatMap(({ message: text, keys: at }) => {
        const place = placeAt(this.#root, at);
        return place ? [{ message: text, place }] : [];
      }),
      trail: trailOf(this.#root, keys),
    });
  }

  /** Reports a name that is not among those known. */
  undefinedName(what: 'network' | 'volume' | 'secret' | 'config' | 'model', service: string, name: string, keys: readonly PathKey[], known: readonly string[]): void {
    if (this.damage.mayHave(`${what}s`, name)) return;
    if (name === '' && this.damage.touches('services', service, String(keys[2]))) return; // its name went with an earlier error
    const similar = suggest(name, known);
    const hint = similar === undefined ? `define it under the top-level key "${what}s"` : `did you mean "${similar}"?`;
    this.error(`${what}.undefined`, keys, `service "${service}" refers to undefined ${what} "${name}"`, hint);
  }

  /** Reports a service that does not exist or is switched off. @returns whether it may be used */
  service(from: string, name: string, keys: readonly PathKey[], verb: string): boolean {
    if (Object.hasOwn(this.project.services, name)) return true;
    if (this.damage.mayHave('services', name)) return false;
    const disabled = this.project.disabledServices[name];
    if (disabled) {
      const profiles = (disabled.profiles ?? []).join(', ');
      this.error('service.disabled', keys, `service "${from}" ${verb} "${name}", which no active profile enables`, `enable one of its profiles: ${profiles}`);
      return false;
    }
    const similar = suggest(name, [...Object.keys(this.project.services), ...Object.keys(this.project.disabledServices)]);
    this.error('service.undefined', keys, `service "${from}" ${verb} undefined service "${name}"`, similar && `did you mean "${similar}"?`);
    return false;
  }
}

function trailOf(root: MapNode, keys: readonly PathKey[]): Trail | undefined {
  let node: Node | undefined = root;
  let trail: Trail | undefined;
  for (const key of keys) {
    node = node?.kind === 'map' && typeof key === 'string' ? node.get(key) : node?.kind === 'seq' && typeof key === 'number' ? node.items[key] : undefined;
    trail = node?.trail ?? trail;
  }
  return trail;
}

/** Checks a project; problems are reported with the place in the tree that it was made from. */
export function checkConsistency(project: Project, root: MapNode, session: Session): void {
  const checker = new Checker(project, root, session);
  for (const [name, service] of Object.entries(project.services)) {
    checkImage(service, name, checker);
    checkReferences(service, name, checker);
    checkMounts(service, name, checker);
    checkTwins(service, name, checker);
    checkDetails(service, name, checker);
  }
  checkCycles(checker);
  for (const [name, secret] of Object.entries(project.secrets)) {
    if (secret.external || secret.file || secret.environment || session.damage.touches('secrets', name, 'file', 'environment', 'external')) continue;
    checker.error('file.source', ['secrets', name], `secret "${name}" must have a file or an environment variable as source`);
  }
}

function checkImage(service: Service, name: string, checker: Checker): void {
  const at = ['services', name];
  const { build } = service;
  if (!build && !service.image && !service.provider && !checker.damage.touches('services', name, 'image', 'build', 'provider')) {
    checker.error('service.image', at, `service "${name}" has neither an image nor a build context`, 'give it "image:" or "build:"');
  }
  if (!build) return;
  if (build.dockerfile && build.dockerfile_inline) {
    const keys = [...at, 'build', 'dockerfile_inline'];
    checker.error('build.exclusive', keys, `service "${name}": dockerfile and dockerfile_inline exclude each other`, undefined, [...at, 'build', 'dockerfile']);
  }
  if (build.platforms && build.platforms.length > 0 && service.platform && !build.platforms.includes(service.platform)) {
    checker.error('build.platform', [...at, 'platform'], `service "${name}": build.platforms must contain the platform "${service.platform}"`, undefined, [...at, 'build', 'platforms']);
  }
  for (const [context, target] of Object.entries(build.additional_contexts ?? {})) {
    if (!target.startsWith('service:')) continue;
    const other = target.slice('service:'.length);
    const keys = [...at, 'build', 'additional_contexts', context];
    if (checker.service(name, other, keys, 'builds from') && !checker.project.services[other]?.build) {
      checker.error('build.context', keys, `service "${name}" builds from "${other}", which has no build of its own`);
    }
  }
}

function checkReferences(service: Service, name: string, checker: Checker): void {
  const { project } = checker;
  const at = ['services', name];
  const networks = Object.keys(service.networks ?? {});
  if (service.network_mode && networks.length > 0) {
    checker.error('network.exclusive', [...at, 'network_mode'], `service "${name}": network_mode and networks exclude each other`, undefined, [...at, 'networks']);
  }
  for (const network of networks) {
    if (!project.networks[network]) checker.undefinedName('network', name, network, [...at, 'networks', network], Object.keys(project.networks));
  }
  for (const model of Object.keys(service.models ?? {})) {
    if (!project.models[model]) checker.undefinedName('model', name, model, [...at, 'models', model], Object.keys(project.models));
  }
  for (const [dependency, { required }] of Object.entries(service.depends_on ?? {})) {
    if (!required && project.disabledServices[dependency]) continue;
    checker.service(name, dependency, [...at, 'depends_on', dependency], 'depends on');
  }
  if (service.network_mode?.startsWith('service:')) {
    const other = service.network_mode.slice('service:'.length);
    if (!service.depends_on?.[other]) checker.service(name, other, [...at, 'network_mode'], 'shares the network of');
  }
}

function checkMounts(service: Service, name: string, checker: Checker): void {
  const { project } = checker;
  const at = ['services', name];
  for (const [i, volume] of (service.volumes ?? []).entries()) {
    if (volume.type !== 'volume' || !volume.source || project.volumes[volume.source]) continue;
    checker.undefinedName('volume', name, volume.source, [...at, 'volumes', i], Object.keys(project.volumes));
  }
  const secrets = Object.keys(project.secrets);
  for (const [i, { source = '' }] of (service.build?.secrets ?? []).entries()) {
    if (!project.secrets[source]) checker.undefinedName('secret', name, source, [...at, 'build', 'secrets', i], secrets);
  }
  for (const [i, { source = '' }] of (service.secrets ?? []).entries()) {
    if (!project.secrets[source]) checker.undefinedName('secret', name, source, [...at, 'secrets', i], secrets);
  }
  for (const [i, { source = '' }] of (service.configs ?? []).entries()) {
    if (!project.configs[source]) checker.undefinedName('config', name, source, [...at, 'configs', i], Object.keys(project.configs));
  }
}

/** Attributes of the service that `deploy` has as well. */
function checkTwins(service: Service, name: string, checker: Checker): void {
  checkScale(service, name, checker);
  const { deploy } = service;
  const { scale, cpus, mem_limit, mem_reservation, pids_limit } = service;
  if (!deploy || checker.damage.touches('services', name, 'deploy') || (scale ?? cpus ?? mem_limit ?? mem_reservation ?? pids_limit) === undefined) return;
  const at = ['services', name];
  const limits = deploy.resources?.limits;
  const reservations = deploy.resources?.reservations;
  const twins: readonly [string, number | undefined, string, number | undefined, boolean][] = [
    ['scale', scale, 'deploy.replicas', deploy.replicas, deploy.replicas !== undefined],
    ['cpus', cpus, 'deploy.resources.limits.cpus', limits?.cpus ?? 0, limits !== undefined],
    ['mem_limit', mem_limit, 'deploy.resources.limits.memory', limits?.memory ?? 0, limits !== undefined],
    ['mem_reservation', mem_reservation, 'deploy.resources.reservations.memory', reservations?.memory ?? 0, reservations !== undefined],
    ['pids_limit', pids_limit, 'deploy.resources.limits.pids', limits?.pids ?? 0, limits !== undefined],
  ];
  for (const [attribute, value, twin, other, given] of twins) {
    if (value === undefined || (value === 0 && attribute !== 'scale') || !given || value === other) continue;
    const message = `service "${name}": ${attribute} and ${twin} have different values`;
    checker.error('deploy.differs', [...at, attribute], message, `keep one of the two`, [...at, ...twin.split('.')]);
  }
}

function checkScale(service: Service, name: string, checker: Checker): void {
  const { deploy } = service;
  const at = ['services', name];
  const scale = service.scale ?? deploy?.replicas ?? 1;
  if (scale > 1 && service.container_name) {
    const keys = [...at, 'container_name'];
    const other = service.scale === undefined ? [...at, 'deploy', 'replicas'] : [...at, 'scale'];
    checker.error('container.name', keys, `service "${name}": ${scale} containers cannot all have the name "${service.container_name}"`, 'remove container_name, or run one container', other);
  }
}

function checkDetails(service: Service, name: string, checker: Checker): void {
  const at = ['services', name];
  const [first] = service.healthcheck?.test ?? [];
  if (first !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(first)) {
    const keys = [...at, 'healthcheck', 'test'];
    checker.error('healthcheck.test', keys, `service "${name}": healthcheck.test must begin with "CMD", "CMD-SHELL" or "NONE", found "${first}"`, 'write the command as one string, or put "CMD" first');
  }
  for (const [i, { target, action }] of (service.develop?.watch ?? []).entries()) {
    if (target || action === 'rebuild' || action === 'restart' || checker.damage.touches('services', name, 'develop')) continue;
    checker.error('watch.target', [...at, 'develop', 'watch', i], `service "${name}": the action ${action} needs a target`);
  }
}

/** Services that wait for each other never start. */
function checkCycles(checker: Checker): void {
  const { services } = checker.project;
  const { cycles } = depthFirst(Object.keys(services), (name) => Object.keys(services[name]?.depends_on ?? {}).filter((other) => Object.hasOwn(services, other)));
  for (const cycle of cycles) {
    const names = turned(cycle);
    const edges = names.map((from, i) => {
      const to = names[(i + 1) % names.length] ?? from;
      return { message: `"${from}" needs "${to}" here`, keys: ['services', from, 'depends_on', to] };
    });
    const text = [...names, names[0]].join(' -> ');
    checker.errorAt('graph.cycle', edges[0]?.keys ?? [], `dependency cycle detected: ${text}`, { hint: 'remove one of these dependencies', related: edges.slice(1) });
  }
}
