/** The typed project from the canonical tree: decoding, profiles, and leaving out what no service uses. */
import type { Invocation } from './invocation.ts';
import { extensionsOf, fileObject, model, network, record, service as serviceCodec, volume } from './codec/index.ts';
import type { Codec, Decoding } from './codec/index.ts';
import type { Project, Service } from './project.ts';
import type { Session } from './session.ts';
import { TreeSourceMap } from './source-map.ts';
import { type MapNode, emptyMap, isNull } from './tree.ts';
import type { Variables } from './variables.ts';

export interface Assembly {
  readonly root: MapNode;
  readonly name: string;
  readonly invocation: Invocation;
  readonly variables: Variables;
  /** Named on the command line. */
  readonly services: readonly string[];
}

/** Undefined when a value cannot be decoded; that is reported. */
export function assembleProject(assembly: Assembly, session: Session): Project | undefined {
  const { root, invocation } = assembly;
  const context: Decoding = { problems: session.problems, path: [], trail: undefined };
  const all = decodeServices(root, context);
  const profiles = [...invocation.profiles];
  for (const name of assembly.services) {
    const wanted = all[name];
    if (wanted && !hasProfile(wanted, profiles)) profiles.push(...(wanted.profiles ?? []));
  }
  const services = record<Service>();
  const disabledServices = record<Service>();
  for (const [name, one] of Object.entries(all)) (hasProfile(one, profiles) ? services : disabledServices)[name] = one;
  const section = <T>(key: string, codec: Codec<T>) => decodeSection(root, key, codec, context);
  return {
    name: assembly.name,
    directory: invocation.directory,
    files: invocation.files,
    environmentFiles: invocation.envFiles,
    environment: assembly.variables.toRecord(),
    profiles: profiles.filter((p) => p !== ''),
    services,
    disabledServices,
    networks: section('networks', network),
    volumes: section('volumes', volume),
    configs: section('configs', fileObject),
    secrets: section('secrets', fileObject),
    models: section('models', model),
    extensions: extensionsOf(root) ?? {},
    sources: new TreeSourceMap(root),
  };
}

function decodeServices(root: MapNode, context: Decoding): Record<string, Service> {
  const decoded = decodeSection(root, 'services', serviceCodec, context) as Record<string, Mutable<Service>>;
  for (const name in decoded) {
    const one = decoded[name] as Mutable<Service>; // name is a key of it
    one.name = name;
    one.command ??= null;
    one.entrypoint ??= null;
  }
  return decoded;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function decodeSection<T>(root: MapNode, key: string, codec: Codec<T>, context: Decoding): Record<string, T> {
  const out = record<T>();
  const section = root.get(key);
  if (section?.kind !== 'map') return out;
  for (const entry of section.entries) {
    context.path.push(key, entry.key);
    context.trail = entry.value.trail;
    // normalising makes `name:` alone an empty mapping; it defines the name also where that was not wanted
    const value = codec.decode(isNull(entry.value) ? emptyMap(entry) : entry.value, context);
    if (value !== undefined) out[entry.key] = value;
    context.path.length -= 2;
    context.trail = undefined;
  }
  return out;
}

function hasProfile(one: Service, profiles: readonly string[]): boolean {
  const own = one.profiles ?? [];
  return own.length === 0 || profiles.includes('*') || own.some((p) => profiles.includes(p));
}

/** The project without networks, volumes, secrets and configs that no enabled service uses. */
export function withoutUnused(project: Project): Project {
  const networks = new Set<string>();
  const volumes = new Set<string>();
  const secrets = new Set<string>();
  const configs = new Set<string>();
  const models = new Set<string>();
  for (const one of Object.values(project.services)) {
    for (const key of Object.keys(one.networks ?? {})) networks.add(key);
    for (const key of Object.keys(one.models ?? {})) models.add(key);
    for (const mount of one.volumes ?? []) if (mount.type === 'volume' && mount.source) volumes.add(mount.source);
    for (const use of [...(one.secrets ?? []), ...(one.build?.secrets ?? [])]) secrets.add(use.source);
    for (const use of one.configs ?? []) configs.add(use.source);
  }
  return {
    ...project,
    networks: keep(project.networks, networks),
    volumes: keep(project.volumes, volumes),
    secrets: keep(project.secrets, secrets),
    configs: keep(project.configs, configs),
    models: keep(project.models, models),
  };
}

function keep<T>(all: Readonly<Record<string, T>>, used: ReadonlySet<string>): Record<string, T> {
  const out = record<T>();
  for (const [key, value] of Object.entries(all)) if (used.has(key)) out[key] = value;
  return out;
}
