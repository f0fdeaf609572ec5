/** Projects as values, for tests that need no file. */
import type { FileObject, Network, Project, Service, Volume } from '../../../src/compose/index.ts';

/** `image: undefined` is a service that is only built. */
export type ServiceInput = Omit<Partial<Service>, 'name' | 'image'> & { readonly image?: string | undefined };

export interface ProjectInput {
  readonly name?: string;
  readonly services: Readonly<Record<string, ServiceInput>>;
  readonly networks?: Readonly<Record<string, Partial<Network>>>;
  readonly volumes?: Readonly<Record<string, Partial<Volume>>>;
  readonly configs?: Readonly<Record<string, Partial<FileObject>>>;
  readonly secrets?: Readonly<Record<string, Partial<FileObject>>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** As the loader leaves it: services without networks join the default one, names are filled in. */
export function project(input: ProjectInput): Project {
  const name = input.name ?? 'demo';
  const services = Object.fromEntries(Object.entries(input.services).map(([key, service]) => [key, serviceOf(key, service)]));
  const usesDefault = Object.values(services).some((service) => service.networks && 'default' in service.networks);
  const networks = { ...(usesDefault && { default: {} }), ...input.networks };
  const named = <T extends object>(objects: Readonly<Record<string, T>> | undefined) =>
    Object.fromEntries(Object.entries(objects ?? {}).map(([key, value]) => [key, { name: `${name}_${key}`, ...value }]));
  return {
    name,
    directory: input.directory ?? '/srv/demo',
    files: ['/srv/demo/compose.yaml'],
    environmentFiles: [],
    environment: input.environment ?? {},
    profiles: [],
    services,
    disabledServices: {},
    networks: named(networks),
    volumes: named(input.volumes),
    configs: named(input.configs),
    secrets: named(input.secrets),
    models: {},
    extensions: {},
    sources: { rangeOf: () => undefined },
  };
}

function serviceOf(name: string, service: ServiceInput): Service {
  const networks = service.network_mode === undefined && service.networks === undefined ? { networks: { default: null } } : {};
  const { image = 'image' in service ? undefined : 'busybox', ...rest } = service;
  return { ...(image !== undefined && { image }), command: null, entrypoint: null, ...networks, ...rest, name };
}

/** `{ db: 'service_started' }` as the loader's long form. */
export function dependsOn(...entries: (string | [string, NonNullable<Service['depends_on']>[string]])[]): NonNullable<Service['depends_on']> {
  return Object.fromEntries(entries.map((entry) => (typeof entry === 'string' ? [entry, { condition: 'service_started', required: true }] : entry)));
}
