import type { EventMessage, Filters } from '../../engine-api/index.ts';

/** Keys that `GET /events` takes; any other is refused. */
export const EVENT_FILTERS: readonly string[] = [
  'config', 'container', 'daemon', 'event', 'image', 'label', 'network', 'node', 'plugin', 'scope', 'secret', 'service', 'type', 'volume',
];

/** True when the event passes: every key must match, one value of a key is enough (labels: all of them). */
export function matchesEvent(event: EventMessage, filters: Filters): boolean {
  return Object.entries(filters).every(([key, values]) => values.length === 0 || matchesKey(event, key, values));
}

function matchesKey(event: EventMessage, key: string, values: readonly string[]): boolean {
  const { ID, Attributes } = event.Actor;
  switch (key) {
    case 'event':
      // `health_status` stands for `health_status: healthy`, `exec_start` for `exec_start: /bin/sh`.
      return values.some((value) => event.Action === value || event.Action.startsWith(`${value}:`));
    case 'type':
      return values.includes(event.Type);
    case 'scope':
      return values.includes(event.scope);
    case 'label':
      return values.every((value) => hasLabel(Attributes, value));
    case 'image':
      return values.some((value) => imageNames(event).some((name) => name === value || stripTag(name) === value));
    case 'container':
    case 'network':
    case 'volume':
    case 'daemon':
      if (event.Type === key) return values.some((value) => ID.startsWith(value) || Attributes['name'] === value.replace(/^\//, ''));
      // A network event names the container that was connected.
      return key === 'container' && values.some((value) => Attributes['container']?.startsWith(value) ?? false);
    default:
      return false;
  }
}

function imageNames(event: EventMessage): string[] {
  const { ID, Attributes } = event.Actor;
  if (event.Type === 'image') return [ID, Attributes['name'] ?? ''];
  return event.Type === 'container' ? [Attributes['image'] ?? ''] : [];
}

function stripTag(name: string): string {
  return name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/** `key` or `key=value` against a label map. */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  const key = at < 0 ? wanted : wanted.slice(0, at);
  if (!Object.hasOwn(labels, key)) return false;
  return at < 0 || labels[key] === wanted.slice(at + 1);
}
