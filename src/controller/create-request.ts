/**
 * Service -> the body of `POST /containers/create`. Pure and complete for every attribute of the model; what is sent is what docker
 * compose sends, except where a comment says otherwise.
 */
import { UserError } from '../base/index.ts';
import type { HealthCheck, Project, Service } from '../compose/index.ts';
import type { ContainerCreateRequest, HealthConfig } from '../engine-api/index.ts';
import { contentHash, placeFiles, type LoadedFiles } from './file-objects.ts';
import { hostConfig } from './host-config.ts';
import { configHash, type ConfigHashes } from './config-hash.ts';
import { containerLabels, containerName, imageOf, Label } from './identity.ts';
import { volumeRequests, type Inherited } from './mount-requests.ts';
import { networkRequests, type LinkTarget, type NetworkOutput } from './network-requests.ts';
import type { ContainerReferences, FileCopy } from './plan.ts';

export interface CreateInput {
  readonly project: Project;
  readonly service: Service;
  readonly number: number;
  /** Of the engine; decides where a MAC address goes and how many networks one request may carry. */
  readonly apiVersion: string;
  readonly files: LoadedFiles;
  readonly hashes?: ConfigHashes;
  /** Id of the service's image, when it is known: becomes a label. */
  readonly imageId?: string;
  /** Containers of the services that `links` names, as they will be. */
  readonly links?: readonly LinkTarget[];
  /** Anonymous volumes carried over from a container that is replaced. */
  readonly inherited?: Inherited;
  /** Id of the container that is replaced: becomes a label. */
  readonly replaces?: string;
  /** For `run`. */
  readonly oneOff?: OneOff;
}

export interface OneOff {
  readonly slug: string;
  readonly name: string;
  readonly autoRemove: boolean;
  readonly attachStdin: boolean;
  readonly useAliases: boolean;
}

export interface CreateOutput {
  readonly body: ContainerCreateRequest;
  /** Networks beyond the first, for engines that take one in a create request (API before 1.44). */
  readonly connect: NetworkOutput['connect'];
  readonly copies: readonly FileCopy[];
}

/**
 * `service:X` references are left as they are: `withReferences` puts ids in when they are known.
 * @throws UserError for values that no request can express
 */
export function createRequest(input: CreateInput): CreateOutput {
  const { project, service, number, oneOff } = input;
  const name = oneOff?.name ?? containerName(project.name, service, number);
  const network = networkRequests({
    project,
    service,
    name,
    number,
    apiVersion: input.apiVersion,
    links: input.links ?? [],
    useAliases: oneOff?.useAliases ?? true,
  });
  const files = placeFiles(project, service, input.files);
  if (service.read_only && files.copies.length > 0) refuseCopies(files.copies);
  const body: ContainerCreateRequest = {
    ...processConfig(service, oneOff),
    Image: imageOf(project.name, service),
    Labels: labelsOf(input),
    ExposedPorts: exposedPorts(service),
    ...(network.macAddress !== undefined && { MacAddress: network.macAddress }),
    HostConfig: {
      ...hostConfig(service, input.files.seccomp),
      ...volumeRequests(project, service, { ...(input.inherited && { inherited: input.inherited }), files: files.mounts }),
      NetworkMode: network.mode,
      Links: network.links,
      AutoRemove: oneOff?.autoRemove ?? false,
    },
    ...(network.endpoints && { NetworkingConfig: { EndpointsConfig: network.endpoints } }),
  };
  return { body, connect: network.connect, copies: files.copies };
}

/** The part of the request that says what runs. Undefined members are left out: the image's own value holds. */
function processConfig(service: Service, oneOff: OneOff | undefined): ContainerCreateRequest {
  const attachStdin = oneOff?.attachStdin ?? false;
  const config: ContainerCreateRequest = {
    AttachStdin: attachStdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: service.tty ?? false,
    OpenStdin: service.stdin_open ?? false,
    StdinOnce: attachStdin && (service.stdin_open ?? false),
    Env: environmentList(service),
  };
  if (service.hostname !== undefined) config.Hostname = service.hostname;
  if (service.domainname !== undefined) config.Domainname = service.domainname;
  if (service.user !== undefined) config.User = service.user;
  if (service.command !== null) config.Cmd = [...service.command];
  if (service.entrypoint !== null) config.Entrypoint = [...service.entrypoint];
  if (service.working_dir !== undefined) config.WorkingDir = service.working_dir;
  if (service.stop_signal !== undefined) config.StopSignal = service.stop_signal;
  if (service.stop_grace_period !== undefined) config.StopTimeout = Math.floor(service.stop_grace_period / 1e9);
  if (service.healthcheck) config.Healthcheck = healthConfig(service.healthcheck);
  return config;
}

/** `KEY=value`, and `KEY` alone for a variable without a value, which takes the image's own away. */
export function environmentList(service: Pick<Service, 'environment'>): string[] {
  return Object.entries(service.environment ?? {}).map(([key, value]) => (value === null ? key : `${key}=${value}`));
}

function healthConfig(check: HealthCheck): HealthConfig {
  if (check.disable) return { Test: ['NONE'] };
  const config: HealthConfig = {};
  if (check.test) config.Test = [...check.test];
  if (check.interval !== undefined) config.Interval = check.interval;
  if (check.timeout !== undefined) config.Timeout = check.timeout;
  if (check.start_period !== undefined) config.StartPeriod = check.start_period;
  if (check.start_interval !== undefined) config.StartInterval = check.start_interval;
  if (check.retries !== undefined) config.Retries = check.retries;
  return config;
}

function exposedPorts(service: Service): Record<string, Record<string, never>> {
  const ports: Record<string, Record<string, never>> = {};
  for (const port of service.expose ?? []) {
    const { from, to, protocol } = parseExpose(port);
    for (let n = from; n <= to; n++) ports[`${n}/${protocol}`] = {};
  }
  for (const port of service.ports ?? []) ports[`${port.target}/${port.protocol}`] = {};
  return ports;
}

/** @throws UserError `expose.invalid` */
function parseExpose(text: string): { from: number; to: number; protocol: string } {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const from = Number(match?.[1]);
  const to = match?.[2] === undefined ? from : Number(match[2]);
  if (!match || from < 1 || to > 65535 || to < from) {
    throw new UserError(`expose: "${text}" is not a port`, { code: 'expose.invalid', hint: 'write a port such as "80", "53/udp" or "3000-3005"' });
  }
  return { from, to, protocol: match[3]?.toLowerCase() ?? 'tcp' };
}

function labelsOf(input: CreateInput): Record<string, string> {
  const { project, service, number, oneOff } = input;
  const content = contentHash(service, input.files);
  return {
    ...containerLabels(project, service, number),
    [Label.configHash]: input.hashes?.of(service) ?? configHash(service),
    ...(input.imageId !== undefined && { [Label.image]: input.imageId }),
    ...(content !== undefined && { [Label.contentHash]: content }),
    ...(input.replaces !== undefined && { [Label.replace]: input.replaces }),
    ...(oneOff && { [Label.oneOff]: 'True', [Label.slug]: oneOff.slug }),
  };
}

function refuseCopies(copies: readonly FileCopy[]): never {
  throw new UserError(`${copies.map((copy) => copy.label).join(', ')} cannot be written into a service that is read_only`, {
    code: 'secret.readOnly',
    hint: 'use a `file` source without uid, gid and mode: it is mounted instead of copied',
  });
}

/**
 * Puts ids in place of `service:X` references, and makes the config hash again over them: a container that shares a namespace
 * with another one is out of date when that one was replaced. (docker compose hashes the same.)
 * @param resolve  the id of a container that the references name
 */
export function withReferences(
  body: ContainerCreateRequest,
  service: Service,
  references: ContainerReferences,
  resolve: (handle: NonNullable<ContainerReferences['network']>) => string,
): ContainerCreateRequest {
  const host = { ...body.HostConfig };
  const resolved: { network_mode?: string; ipc?: string; pid?: string; volumes_from?: string[] } = {};
  if (references.network) host.NetworkMode = resolved.network_mode = `container:${resolve(references.network)}`;
  if (references.ipc) host.IpcMode = resolved.ipc = `container:${resolve(references.ipc)}`;
  if (references.pid) host.PidMode = resolved.pid = `container:${resolve(references.pid)}`;
  if (references.volumesFrom) {
    host.VolumesFrom = references.volumesFrom.map((source) =>
      typeof source === 'string' ? source : resolve(source.container) + (source.mode === undefined ? '' : `:${source.mode}`),
    );
    // docker compose 2.26 drops the mode (`:ro`) of a service's volumes, and its hash is over that.
    resolved.volumes_from = references.volumesFrom.map((source) => (typeof source === 'string' ? (source.split(':')[0] ?? source) : resolve(source.container)));
  }
  return { ...body, HostConfig: host, Labels: { ...body.Labels, [Label.configHash]: configHash(service, resolved) } };
}
