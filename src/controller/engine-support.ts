/** Attributes that an engine is too old for, or that none honours. It would ignore them without a word, so the plan says it. */
import type { Diagnostic } from '../base/index.ts';
import type { Service } from '../compose/index.ts';
import { isAtLeast } from '../engine-api/index.ts';

/** Where a service uses an attribute, below the service's own path; undefined when it does not. */
type UsedAt = (service: Service) => string | undefined;

interface Requirement {
  /** The API version that brought it. */
  readonly since: string;
  readonly usedAt: UsedAt;
}

const when = (isUsed: boolean | undefined, path: string): string | undefined => (isUsed ? path : undefined);

/** A name as a step of a path. */
function member(name: string): string {
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function gpusAt(service: Service): string | undefined {
  if ((service.gpus ?? []).length > 0) return 'gpus';
  return when((service.deploy?.resources?.reservations?.devices ?? []).length > 0, 'deploy.resources.reservations.devices');
}

function volumeAt(service: Service, isUsed: (volume: NonNullable<Service['volumes']>[number]) => boolean, key: string): string | undefined {
  const index = service.volumes?.findIndex(isUsed) ?? -1;
  return when(index >= 0, `volumes[${index}].${key}`);
}

function networkAt(service: Service, key: 'gw_priority' | 'interface_name'): string | undefined {
  const found = Object.entries(service.networks ?? {}).find(([, network]) => network?.[key]);
  return found && `networks${member(found[0])}.${key}`;
}

/** @see the version history of the Docker Engine API */
const REQUIREMENTS: readonly Requirement[] = [
  { since: '1.40', usedAt: gpusAt },
  { since: '1.41', usedAt: (s) => when(s.cgroup !== undefined, 'cgroup') },
  { since: '1.43', usedAt: (s) => when(Object.keys(s.annotations ?? {}).length > 0, 'annotations') },
  { since: '1.44', usedAt: (s) => when(s.healthcheck?.start_interval !== undefined && !s.healthcheck.disable, 'healthcheck.start_interval') },
  { since: '1.44', usedAt: (s) => volumeAt(s, (v) => v.bind?.recursive === 'readonly' || v.bind?.recursive === 'writable', 'bind.recursive') },
  { since: '1.45', usedAt: (s) => volumeAt(s, (v) => Boolean(v.volume?.subpath), 'volume.subpath') },
  { since: '1.48', usedAt: (s) => volumeAt(s, (v) => v.type === 'image', 'type') },
  { since: '1.48', usedAt: (s) => networkAt(s, 'gw_priority') },
  { since: '1.49', usedAt: (s) => networkAt(s, 'interface_name') },
];

/** Attributes that no engine of today does anything with. */
const IGNORED: readonly UsedAt[] = [
  (s) => when(s.credential_spec !== undefined, 'credential_spec'),
  (s) => when(s.provider !== undefined, 'provider'),
  (s) => when(Object.keys(s.models ?? {}).length > 0, 'models'),
  (s) => when(s.use_api_socket, 'use_api_socket'),
  (s) => when((s.pre_start ?? []).length > 0, 'pre_start'),
];

/** What a service asks for in vain; `path` is the attribute's path in the model. */
export type Unsupported = Required<Pick<Diagnostic, 'message' | 'path'>>;

/** One sentence for each attribute of the services that will have no effect on this engine. */
export function unsupported(services: readonly Service[], engine: { readonly apiVersion: string; readonly ownEngine: boolean }): Unsupported[] {
  const old = engine.ownEngine ? [] : REQUIREMENTS.filter(({ since }) => !isAtLeast(engine.apiVersion, since));
  return services.flatMap((service) => {
    const found = (usedAt: UsedAt, because: string): Unsupported[] => {
      const at = usedAt(service);
      const path = `services${member(service.name)}.${at}`;
      return at === undefined ? [] : [{ path, message: `${path}: ${because}` }];
    };
    return [
      ...old.flatMap(({ usedAt, since }) => found(usedAt, `this needs an engine with API ${since}; the engine at hand speaks ${engine.apiVersion} and ignores it`)),
      ...IGNORED.flatMap((usedAt) => found(usedAt, 'this is not supported and has no effect')),
    ];
  });
}
