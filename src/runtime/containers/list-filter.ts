import { EngineError } from '../../base/index.ts';
import type { Filters } from '../../engine-api/index.ts';
import { hasLabel } from '../events/event-filter.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { hasProcess } from './record.ts';

type Match = (container: Container) => boolean;

const STATUSES = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];
const HEALTHS = ['starting', 'healthy', 'unhealthy', 'none'];

/**
 * The predicate for `filters` of list: values of one key are alternatives (labels: all), keys are all required.
 * @throws EngineError invalid for unknown keys and values
 */
export function containerFilter(room: Containers, filters: Filters): Match {
  const tests = Object.entries(filters)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => keyFilter(room, key, values));
  return (container) => tests.every((test) => test(container));
}

function keyFilter(room: Containers, key: string, values: readonly string[]): Match {
  const any = (test: (container: Container, value: string) => boolean): Match => (container) => values.some((value) => test(container, value));
  switch (key) {
    case 'id':
      return any((c, value) => c.id.startsWith(value));
    case 'name':
      return any((c, value) => nameMatches(c.name, value));
    case 'label':
      return (c) => values.every((value) => hasLabel(c.record.config.Labels ?? {}, value));
    case 'status':
      checkValues(key, values, STATUSES);
      return any((c, value) => c.state.status === value);
    case 'health':
      checkValues(key, values, HEALTHS);
      return any((c, value) => (c.state.health?.Status ?? 'none') === value);
    case 'exited':
      for (const value of values) if (!/^-?\d+$/.test(value)) throw badFilter(key, value);
      return any((c, value) => c.state.status === 'exited' && c.state.exitCode === Number(value));
    case 'network':
      return any((c, value) => onNetwork(room, c, value));
    case 'volume':
      return any((c, value) => c.record.mounts.some((mount) => mount.source === value || mount.destination === value));
    case 'ancestor':
      return any((c, value) => isAncestor(c, value));
    case 'before':
    case 'since':
      return relative(room, key, values);
    case 'publish':
    case 'expose':
      return any((c, value) => hasPort(c, key, value));
    case 'isolation':
      return any((c, value) => (c.record.hostConfig.Isolation || 'default') === value);
    case 'is-task':
      return any((_, value) => value === 'false');
    default:
      throw new EngineError('invalid', `invalid filter '${key}'`);
  }
}

function checkValues(key: string, values: readonly string[], allowed: readonly string[]): void {
  for (const value of values) if (!allowed.includes(value)) throw badFilter(key, value);
}

function badFilter(key: string, value: string): EngineError {
  return new EngineError('invalid', `invalid filter '${key}=[${value}]'`);
}

/** dockerd takes the value as a regular expression that may also match with the leading slash. */
function nameMatches(name: string, value: string): boolean {
  try {
    const pattern = new RegExp(value);
    return pattern.test(name) || pattern.test(`/${name}`);
  } catch {
    return name.includes(value);
  }
}

function onNetwork(room: Containers, container: Container, value: string): boolean {
  const current = room.networks.endpointsOf(container.id) ?? container.state.endpoints ?? container.record.endpoints;
  if (Object.keys(current).includes(value) || container.record.hostConfig.NetworkMode === value) return true;
  return Object.values(current).some((endpoint) => endpoint.NetworkID !== undefined && endpoint.NetworkID !== '' && endpoint.NetworkID.startsWith(value));
}

function isAncestor(container: Container, value: string): boolean {
  const { image, config } = container.record;
  const name = config.Image ?? '';
  if (name === value || name === `${value}:latest` || `${name}:latest` === value) return true;
  return image === value || (/^[0-9a-f]{4,}$/.test(value) && image.replace('sha256:', '').startsWith(value));
}

function relative(room: Containers, key: 'before' | 'since', values: readonly string[]): Match {
  const times = values.map((value) => room.registry.find(value).record.createdAt);
  return (c) => times.every((time) => (key === 'before' ? c.record.createdAt < time : c.record.createdAt > time));
}

function hasPort(container: Container, key: 'publish' | 'expose', value: string): boolean {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(value);
  if (!match) throw badFilter(key, value);
  const [, from, to = from, protocol = 'tcp'] = match;
  const ports = key === 'publish' ? publishedPorts(container) : Object.keys(container.record.config.ExposedPorts ?? {});
  return ports.some((port) => {
    const [number = '', type = 'tcp'] = port.split('/');
    return type === protocol && Number(number) >= Number(from) && Number(number) <= Number(to);
  });
}

function publishedPorts(container: Container): string[] {
  const ports = hasProcess(container.state) ? (container.state.ports ?? {}) : {};
  return Object.entries(ports).flatMap(([key, bindings]) => (bindings ?? []).map(({ HostPort }) => `${HostPort}/${key.split('/')[1] ?? 'tcp'}`));
}
