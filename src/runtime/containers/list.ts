import { EngineError } from '../../base/index.ts';
import type { ContainerSummary, MountPoint, PortMap, PortSummary } from '../../engine-api/index.ts';
import type { ListContainersQuery } from '../../engine-api/index.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { containerFilter } from './list-filter.ts';
import { mountPoints, wireEndpoints } from './inspect.ts';
import { hasProcess, isRunning } from './record.ts';
import { statusText } from './status-text.ts';

/** @throws EngineError invalid for an unknown filter */
export async function listContainers(room: Containers, query: ListContainersQuery = {}): Promise<ContainerSummary[]> {
  const filters = query.filters ?? {};
  const matches = containerFilter(room, filters);
  if (query.limit !== undefined && Number.isNaN(query.limit)) throw new EngineError('invalid', 'limit must be a number');
  const limit = query.limit !== undefined && query.limit > 0 ? query.limit : Number.POSITIVE_INFINITY;
  // Asking for a state, or for the newest n, includes those that do not run.
  const all = query.all || Number.isFinite(limit) || Boolean(filters['status']?.length) || Boolean(filters['exited']?.length);
  const found = room.registry
    .all()
    .filter((container) => (all || isRunning(container.state)) && matches(container))
    .sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1))
    .slice(0, limit);
  return Promise.all(found.map((container) => summarize(room, container, query.size ?? false)));
}

async function summarize(room: Containers, container: Container, withSize: boolean): Promise<ContainerSummary> {
  const { record, state } = container;
  const { config, hostConfig } = record;
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: config.Image ?? '',
    ImageID: record.image,
    Command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].map(quote).join(' '),
    Created: Math.floor(Date.parse(record.createdAt) / 1000),
    Ports: portSummaries(state.ports ?? {}, hasProcess(state) ? (config.ExposedPorts ?? {}) : {}),
    ...(withSize && (await sizes(room, container))),
    Labels: config.Labels ?? {},
    State: state.status,
    Status: statusText(state),
    HostConfig: { NetworkMode: hostConfig.NetworkMode ?? 'default', ...(hostConfig.Annotations && { Annotations: hostConfig.Annotations }) },
    NetworkSettings: { Networks: wireEndpoints(room, container) },
    Mounts: mountPoints(room, container) as MountPoint[],
  };
}

/** Bytes written by the container, and with its image. */
export async function sizes(room: Containers, container: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const SizeRw = await room.images.snapshots.usage(container.id);
  const image = container.record.image === '' ? undefined : await room.images.resolve(container.record.image).catch(() => undefined);
  return { SizeRw, SizeRootFs: SizeRw + (image?.record.size ?? 0) };
}

/** As dockerd prints a command: words with blanks in single quotes. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** One line per published or exposed port, lowest first. */
export function portSummaries(ports: PortMap, exposed: Readonly<Record<string, unknown>>): PortSummary[] {
  const list: PortSummary[] = [];
  for (const key of new Set([...Object.keys(ports), ...Object.keys(exposed)])) {
    const [port = '', Type = 'tcp'] = key.split('/');
    const bindings = ports[key];
    if (!bindings?.length) list.push({ PrivatePort: Number(port), Type });
    for (const { HostIp, HostPort } of bindings ?? []) {
      list.push({ IP: HostIp || '0.0.0.0', PrivatePort: Number(port), PublicPort: Number(HostPort), Type });
    }
  }
  return list.sort((a, b) => a.PrivatePort - b.PrivatePort || (a.PublicPort ?? 0) - (b.PublicPort ?? 0));
}
