/** Filters of volume list and prune. Pure. */
import { EngineError } from '../../base/index.ts';
import type { Filters } from '../../engine-api/index.ts';
import { ANONYMOUS_LABEL } from './record.ts';
import type { VolumeRecord } from './record.ts';

type IsUsed = (volume: VolumeRecord) => boolean;

/** Volumes that pass every key; any value of a key suffices, but every label must match. @throws EngineError invalid */
export function filterVolumes(volumes: readonly VolumeRecord[], filters: Filters, isUsed: IsUsed): VolumeRecord[] {
  refuseOthers(filters, ['dangling', 'driver', 'label', 'name']);
  const dangling = flagOf(filters, 'dangling');
  return volumes.filter(
    (volume) =>
      (dangling === undefined || dangling !== isUsed(volume)) &&
      anyOf(filters['driver'], (value) => volume.driver === value) &&
      anyOf(filters['name'], (value) => volume.name.includes(value)) &&
      (filters['label'] ?? []).every((value) => hasLabel(volume, value)),
  );
}

/** Unused volumes that may be pruned: anonymous ones, or all with `all=true`. @throws EngineError invalid */
export function prunableVolumes(volumes: readonly VolumeRecord[], filters: Filters, isUsed: IsUsed): VolumeRecord[] {
  refuseOthers(filters, ['all', 'label', 'label!']);
  const all = flagOf(filters, 'all') ?? false;
  return volumes.filter(
    (volume) =>
      !isUsed(volume) &&
      (all || hasLabel(volume, ANONYMOUS_LABEL)) &&
      (filters['label'] ?? []).every((value) => hasLabel(volume, value)) &&
      !(filters['label!'] ?? []).some((value) => hasLabel(volume, value)),
  );
}

function refuseOthers(filters: Filters, known: readonly string[]): void {
  for (const key of Object.keys(filters)) {
    if (!known.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
}

function anyOf(values: readonly string[] | undefined, test: (value: string) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(test);
}

function flagOf(filters: Filters, key: string): boolean | undefined {
  const values = filters[key];
  if (values === undefined || values.length === 0) return undefined;
  if (values.every((value) => ['1', 'true', 't', 'T', 'TRUE', 'True'].includes(value))) return true;
  if (values.every((value) => ['0', 'false', 'f', 'F', 'FALSE', 'False'].includes(value))) return false;
  throw new EngineError('invalid', `invalid filter '${key}=[${values.join(' ')}]'`);
}

function hasLabel(volume: VolumeRecord, text: string): boolean {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at);
  const labels = volume.labels ?? {};
  return Object.hasOwn(labels, key) && (at < 0 || labels[key] === text.slice(at + 1));
}
