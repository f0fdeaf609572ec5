/**
 * Named and anonymous volumes of the local driver. A volume is a directory with a record; the record decides.
 * One mutex per volume; mounts and copies are idempotent, so that a crash at any point is mended by doing it again.
 */
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, KeyedMutex, newId } from '../../base/index.ts';
import type { StringMap, VolumeInspect, VolumesApi } from '../../engine-api/index.ts';
import type { Layout } from '../layout.ts';
import type { RoomContext, VolumesRoom } from '../parts.ts';
import { syncFileSystem, unmountAsync } from '../host/file-calls.ts';
import { copyOwner, copyTree } from './copy-tree.ts';
import { treeSize } from './tree-size.ts';
import { filterVolumes, prunableVolumes } from './filters.ts';
import { isMountPoint, mountPlanned, mountsBelow, mountSubpath, unmountStaged } from './mounts.ts';
import { checkOptions, planMount } from './options.ts';
import { ANONYMOUS_LABEL, checkVolumeName, loadVolumes, saveVolume } from './record.ts';
import type { VolumeRecord } from './record.ts';

interface CreateOptions {
  driver?: string;
  driverOpts?: StringMap;
  labels?: StringMap;
  anonymous?: boolean;
}

/** Opens the room: reads the records and removes what a crash during a creation or removal left. */
export async function openVolumes(context: RoomContext): Promise<VolumesRoom> {
  const { records, unowned } = loadVolumes(context.layout);
  const volumes = new Volumes(context, records);
  for (const name of unowned) await volumes.sweep(name);
  return volumes;
}

class Volumes implements VolumesRoom {
  readonly api: VolumesApi;
  readonly #context: RoomContext;
  readonly #layout: Layout;
  readonly #records = new Map<string, VolumeRecord>();
  readonly #mutex = new KeyedMutex();

  constructor(context: RoomContext, records: readonly VolumeRecord[]) {
    this.#context = context;
    this.#layout = context.layout;
    for (const record of records) this.#records.set(record.name, record);
    this.api = this.#makeApi();
  }

  async ensure(name: string | undefined, options: CreateOptions = {}): Promise<{ name: string; mountpoint: string; anonymous: boolean; created: boolean }> {
    const wanted = name ?? newId();
    const { record, created } = await this.#mutex.run(wanted, () => this.#create(wanted, { ...options, anonymous: options.anonymous ?? name === undefined }));
    return { name: wanted, mountpoint: this.#layout.volumeData(wanted), anonymous: isAnonymousRecord(record), created };
  }

  #create(name: string, options: CreateOptions): { record: VolumeRecord; created: boolean } {
    checkVolumeName(name);
    if (options.driver && options.driver !== 'local') {
      throw new EngineError('notFound', `create ${name}: error looking up volume plugin ${options.driver}: plugin "${options.driver}" not found`);
    }
    const existing = this.#records.get(name);
    if (existing) return { record: existing, created: false };
    const driverOptions = options.driverOpts ?? {};
    checkOptions(name, driverOptions);
    const labels = options.anonymous ? { ...options.labels, [ANONYMOUS_LABEL]: '' } : options.labels;
    const record: VolumeRecord = {
      version: 1,
      name,
      driver: 'local',
      createdAt: `${new Date().toISOString().slice(0, 19)}Z`,
      options: Object.keys(driverOptions).length > 0 ? { ...driverOptions } : null,
      labels: labels ? { ...labels } : null,
    };
    saveVolume(this.#layout, record);
    this.#records.set(name, record);
    this.#context.events.publish('volume', 'create', name, { driver: 'local' });
    return { record, created: true };
  }

  mount(name: string, subpath?: string): Promise<string> {
    return this.#mutex.run(name, async () => {
      const record = this.#require(name);
      const data = this.#layout.volumeData(name);
      const plan = planMount(record.options);
      if (plan && !isMountPoint(data)) await mountPlanned(data, plan);
      return subpath === undefined || subpath === '' ? data : mountSubpath(data, subpath, this.#staging(name));
    });
  }

  release(name: string): Promise<void> {
    return this.#mutex.run(name, () => this.#unmount(name));
  }

  async #unmount(name: string): Promise<void> {
    unmountStaged(this.#staging(name));
    if (!planMount(this.#records.get(name)?.options ?? null)) return;
    while (await unmountAsync(this.#layout.volumeData(name))) continue;
  }

  populate(name: string, sourceDir: string): Promise<void> {
    return this.#mutex.run(name, async () => {
      const record = this.#require(name);
      const data = this.#layout.volumeData(name);
      // A volume with options shows something that exists elsewhere: that is not ours to fill.
      if (record.options || record.copy === 'done') return;
      if (record.copy === undefined && readdirSync(data).length > 0) return;
      if (readdirSync(sourceDir).length > 0) return this.#copy(record, sourceDir, data);
      if (record.hasOwner) return;
      // Nothing to copy but the owner; the next container's image may have content.
      copyOwner(sourceDir, data);
      this.#put({ ...record, hasOwner: true }, false);
    });
  }

  async #copy(record: VolumeRecord, sourceDir: string, data: string): Promise<void> {
    this.#put({ ...record, copy: 'started' });
    await copyTree(sourceDir, data);
    const fd = openSync(data, 'r');
    try {
      await syncFileSystem(fd);
    } finally {
      closeSync(fd);
    }
    this.#put({ ...record, copy: 'done' });
  }

  #put(record: VolumeRecord, durable = true): void {
    saveVolume(this.#layout, record, durable);
    this.#records.set(record.name, record);
  }

  remove(name: string): Promise<void> {
    return this.#mutex.run(name, async () => {
      this.#require(name);
      const users = this.#context.usage.ofVolume(name);
      if (users.length > 0) {
        throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.map((user) => user.id).join(', ')}]`);
      }
      await this.#unmount(name);
      this.#records.delete(name);
      await this.sweep(name);
      this.#context.events.publish('volume', 'destroy', name, { driver: 'local' });
    });
  }

  /** Deletes a volume's directory; the record goes first, so that a crash leaves an unowned directory, not half a volume. */
  async sweep(name: string): Promise<void> {
    const directory = this.#layout.volume(name);
    if (!existsSync(directory)) return;
    await this.#unmountAll(directory);
    await rm(join(directory, 'volume.json'), { force: true });
    await rm(directory, { recursive: true, force: true });
  }

  /** Deleting into something that is still mounted would destroy what belongs to others: so nothing may be left. */
  async #unmountAll(directory: string): Promise<void> {
    for (const path of mountsBelow(directory)) while (await unmountAsync(path)) continue;
    const left = mountsBelow(directory);
    if (left.length > 0) throw new EngineError('internal', `cannot remove ${directory}: still mounted: ${left.join(', ')}`);
  }

  isAnonymous(name: string): boolean {
    const record = this.#records.get(name);
    return record !== undefined && isAnonymousRecord(record);
  }

  /** Every volume with its size in bytes and its number of users, for `system df`. */
  async diskUsage(): Promise<VolumeInspect[]> {
    const all: VolumeInspect[] = [];
    for (const record of this.#sorted()) {
      const Size = planMount(record.options) ? -1 : await treeSize(this.#layout.volumeData(record.name));
      all.push({ ...this.#wire(record), UsageData: { Size, RefCount: this.#context.usage.ofVolume(record.name).length } });
    }
    return all;
  }

  async close(): Promise<void> {}

  #staging(name: string): string {
    return join(this.#layout.volume(name), 'subpaths');
  }

  #sorted(): VolumeRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #require(name: string): VolumeRecord {
    const record = this.#records.get(name);
    if (!record) throw new EngineError('notFound', `get ${name}: no such volume`);
    return record;
  }

  #wire(record: VolumeRecord): VolumeInspect {
    return {
      CreatedAt: record.createdAt,
      Driver: record.driver,
      Labels: record.labels,
      Mountpoint: this.#layout.volumeData(record.name),
      Name: record.name,
      Options: record.options,
      Scope: 'local',
    };
  }

  #makeApi(): VolumesApi {
    const isUsed = (record: VolumeRecord) => this.#context.usage.ofVolume(record.name).length > 0;
    return {
      list: async (filters = {}) => ({ Volumes: filterVolumes(this.#sorted(), filters, isUsed).map((record) => this.#wire(record)), Warnings: null }),
      inspect: async (name) => this.#wire(this.#require(name)),
      create: async (body) => {
        const { name } = await this.ensure(body.Name || undefined, {
          ...(body.Driver ? { driver: body.Driver } : {}),
          ...(body.DriverOpts ? { driverOpts: body.DriverOpts } : {}),
          ...(body.Labels ? { labels: body.Labels } : {}),
        });
        return this.#wire(this.#require(name));
      },
      remove: async (name, query = {}) => {
        if (query.force && !this.#records.has(name)) return;
        await this.remove(name);
      },
      prune: async (filters = {}) => {
        const deleted: string[] = [];
        let SpaceReclaimed = 0;
        for (const record of prunableVolumes(this.#sorted(), filters, isUsed)) {
          const size = planMount(record.options) ? 0 : await treeSize(this.#layout.volumeData(record.name));
          try {
            await this.remove(record.name);
            deleted.push(record.name);
            SpaceReclaimed += size;
          } catch (error) {
            // A container that came meanwhile has it.
            this.#context.logger.info('volume not pruned', { volume: record.name, error });
          }
        }
        return { VolumesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed };
      },
    };
  }
}

function isAnonymousRecord(record: VolumeRecord): boolean {
  return record.labels !== null && Object.hasOwn(record.labels, ANONYMOUS_LABEL);
}
