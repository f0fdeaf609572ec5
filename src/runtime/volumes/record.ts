import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, explainFullDisk, readTextIfExists, writeFileAtomic } from '../../base/index.ts';
import type { StringMap } from '../../engine-api/index.ts';
import type { Layout } from '../layout.ts';

export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  readonly driver: 'local';
  readonly createdAt: string;
  /** `type`, `o`, `device`; null when none were given. */
  readonly options: StringMap | null;
  readonly labels: StringMap | null;
  /**
   * Copying an image's content into the volume: `started` is written before the first file, `done` after the last. A volume that
   * is found `started` after a crash is copied again; one that is `done` never, also when its user has emptied it.
   */
  readonly copy?: 'started' | 'done';
  /** The empty volume has taken the owner of an image's empty directory: once, since the user may change it. */
  readonly hasOwner?: boolean;
}

/** Marks volumes that nobody named; clients and prune look for it. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

/** @throws EngineError invalid, as dockerd words it */
export function checkVolumeName(name: string): void {
  if (name.length === 1) throw new EngineError('invalid', `create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) || name.length > 255) {
    throw new EngineError(
      'invalid',
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
}

function recordFile(layout: Layout, name: string): string {
  return join(layout.volume(name), 'volume.json');
}

/** Writes the record and, before it, the directories: a volume exists when its record does. A new one that fails leaves nothing. */
export function saveVolume(layout: Layout, record: VolumeRecord, durable = true): void {
  const directory = layout.volume(record.name);
  const made = mkdirSync(directory, { recursive: true, mode: 0o701 });
  try {
    mkdirSync(layout.volumeData(record.name), { recursive: true, mode: 0o755 });
    writeFileAtomic(recordFile(layout, record.name), JSON.stringify(record), { durable });
  } catch (error) {
    if (made !== undefined) rmSync(directory, { recursive: true, force: true });
    throw explainFullDisk(error, directory);
  }
}

/** All records; directories without one are left by a crash and belong to nobody. */
export function loadVolumes(layout: Layout): { records: VolumeRecord[]; unowned: string[] } {
  mkdirSync(layout.volumes, { recursive: true, mode: 0o701 });
  const records: VolumeRecord[] = [];
  const unowned: string[] = [];
  for (const name of readdirSync(layout.volumes)) {
    const text = readTextIfExists(recordFile(layout, name));
    if (text === undefined) unowned.push(name);
    else records.push(JSON.parse(text) as VolumeRecord);
  }
  return { records, unowned };
}
