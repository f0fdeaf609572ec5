/** Attributes that an engine is too old for. It would ignore them without a word, so the plan says it. */
import type { Service } from '../compose/index.ts';
import { isAtLeast } from '../engine-api/index.ts';

interface Requirement {
  /** The API version that brought it. */
  readonly since: string;
  readonly attribute: string;
  readonly isUsed: (service: Service) => boolean;
}

const some = <T>(values: Readonly<Record<string, T>> | undefined, test: (value: NonNullable<T>) => boolean): boolean =>
  Object.values(values ?? {}).some((value) => value !== null && value !== undefined && test(value as NonNullable<T>));

/** @see the version history of the Docker Engine API */
const REQUIREMENTS: readonly Requirement[] = [
  { since: '1.40', attribute: 'gpus and deploy.resources.reservations.devices', isUsed: (s) => (s.gpus ?? s.deploy?.resources?.reservations?.devices ?? []).length > 0 },
  { since: '1.41', attribute: 'cgroup', isUsed: (s) => s.cgroup !== undefined },
  { since: '1.43', attribute: 'annotations', isUsed: (s) => Object.keys(s.annotations ?? {}).length > 0 },
  { since: '1.44', attribute: 'healthcheck.start_interval', isUsed: (s) => s.healthcheck?.start_interval !== undefined && !s.healthcheck.disable },
  { since: '1.44', attribute: 'volumes.bind.recursive', isUsed: (s) => s.volumes?.some((v) => v.bind?.recursive === 'readonly' || v.bind?.recursive === 'writable') ?? false },
  { since: '1.45', attribute: 'volumes.volume.subpath', isUsed: (s) => s.volumes?.some((v) => v.volume?.subpath) ?? false },
  { since: '1.48', attribute: 'volumes of type image', isUsed: (s) => s.volumes?.some((v) => v.type === 'image') ?? false },
  { since: '1.48', attribute: 'networks.*.gw_priority', isUsed: (s) => some(s.networks, (n) => Boolean(n.gw_priority)) },
  { since: '1.49', attribute: 'networks.*.interface_name', isUsed: (s) => some(s.networks, (n) => n.interface_name !== undefined) },
];

/** Attributes that no engine of today does anything with. */
const IGNORED: readonly { readonly attribute: string; readonly isUsed: (service: Service) => boolean }[] = [
  { attribute: 'credential_spec', isUsed: (s) => s.credential_spec !== undefined },
  { attribute: 'provider', isUsed: (s) => s.provider !== undefined },
  { attribute: 'models', isUsed: (s) => Object.keys(s.models ?? {}).length > 0 },
  { attribute: 'use_api_socket', isUsed: (s) => s.use_api_socket === true },
  { attribute: 'pre_start', isUsed: (s) => (s.pre_start ?? []).length > 0 },
];

/** One sentence for each attribute of the services that will have no effect on this engine. */
export function unsupported(services: readonly Service[], engine: { readonly apiVersion: string; readonly ownEngine: boolean }): string[] {
  return services.flatMap((service) => {
    const old = engine.ownEngine ? [] : REQUIREMENTS.filter(({ since, isUsed }) => isUsed(service) && !isAtLeast(engine.apiVersion, since));
    return [
      ...old.map(({ since, attribute }) => `services.${service.name}: ${attribute} needs an engine with API ${since}; this one speaks ${engine.apiVersion} and ignores it`),
      ...IGNORED.filter(({ isUsed }) => isUsed(service)).map(({ attribute }) => `services.${service.name}: ${attribute} is not supported and has no effect`),
    ];
  });
}
