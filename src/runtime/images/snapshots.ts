/**
 * Writable root file systems: `snapshots/rw/<id>/{upper,work,merged,snapshot.json}`. The record is written last, so a directory without
 * one is half-made and is made again. Whether something is mounted is asked of the kernel (another device number), never remembered:
 * mounts outlive the engine, and others can undo them.
 *
 * `prepare` and `mount` are on every container's start path: no fsync, no process.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errnoCode, KeyedMutex, newId, writeFileAtomic, type Logger } from '../../base/index.ts';
import { unmountAsync } from '../host/file-calls.ts';
import { unmount } from '../host/libc.ts';
import { LateRemoval } from '../host/late-removal.ts';
import { mountOverlay } from '../host/overlay.ts';
import { explainMountError } from '../host/requirements.ts';
import type { Layout } from '../layout.ts';
import type { Digest, ImageRecord, LayerDescriptor, SnapshotStore } from '../parts.ts';
import type { LayerStore } from './layer-store.ts';
import { stubLayer } from './mount-stubs.ts';
import { snapshotChanges, snapshotUsage } from './snapshot-changes.ts';

interface SnapshotRecord {
  /** Diff ids, base first. */
  layers: Digest[];
  /** More read-only directories on top of the layers, topmost first. */
  extra: string[];
  /** Attributes that the upper root directory began with. */
  root: { mode: number; uid: number; gid: number };
  volatile: boolean;
}

const TRASH = '.old-';

/** Container ids have 64 hexadecimal digits; everything else is a build step, whose writes may be lost in a crash of the machine. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;

export class Snapshots implements SnapshotStore {
  readonly #layout: Layout;
  readonly #layers: LayerStore;
  readonly #logger: Logger;
  readonly #records = new Map<string, SnapshotRecord>();
  readonly #withoutUpper = new Set<string>();
  readonly #removal: LateRemoval;
  /** Mounts come and go on threads of the pool: one move of a root at a time. */
  readonly #moving = new KeyedMutex();

  constructor(layout: Layout, layers: LayerStore, logger: Logger) {
    this.#layout = layout;
    this.#layers = layers;
    this.#logger = logger;
    this.#removal = new LateRemoval(logger);
    const rw = layout.rw('');
    mkdirSync(rw, { recursive: true, mode: 0o700 });
    mkdirSync(join(layout.snapshots, 'empty', 'fs'), { recursive: true, mode: 0o755 });
    for (const name of readdirSync(rw)) {
      if (name.startsWith(TRASH)) this.#removal.add(join(rw, name));
      else this.#record(name);
    }
  }

  async prepare(id: string, image: ImageRecord | undefined, options: { readonlyLower?: readonly string[] } = {}): Promise<void> {
    await this.prepareLayers(id, image?.layers.map((layer) => layer.diffId) ?? [], options.readonlyLower);
  }

  /** `prepare` for a stack of layers that is no image yet. @param layers  diff ids, base first */
  async prepareLayers(id: string, layers: readonly Digest[], extra: readonly string[] = []): Promise<void> {
    checkId(id);
    for (const diffId of layers) if (!this.#layers.isUnpacked(diffId)) await this.#layers.ensureUnpacked(diffId);
    for (const diffId of layers) if (!this.#layers.isUnpacked(diffId)) this.#layers.require(diffId); // removed meanwhile
    if (this.#record(id)) return;
    const root = this.#rootAttributes(layers);
    const rw = this.#layout.rw(id);
    for (const name of ['', 'work', 'merged']) mkdirSync(join(rw, name), { recursive: true, mode: 0o700 });
    makeUpper(this.upperDir(id), root);
    this.#withoutUpper.delete(id);
    const isContainer = CONTAINER_ID.test(id);
    const stubs = isContainer ? this.#stubs(layers) : [];
    this.#write(id, { layers: [...layers], extra: [...extra, ...stubs], root, volatile: !isContainer });
  }

  /** Two who ask at once get the same mount; who asks while it is going gets it anew. */
  mount(id: string): Promise<string> {
    return this.#moving.run(id, () => this.#mount(id));
  }

  async #mount(id: string): Promise<string> {
    const record = this.#require(id);
    const target = this.mergedDir(id);
    if (this.isMounted(id)) return target;
    const work = join(this.#layout.rw(id), 'work');
    if (record.volatile) rmSync(join(work, 'work', 'incompat'), { recursive: true, force: true }); // left by a crash of the machine
    const links = join(this.#layout.snapshots, 'l');
    try {
      await mountOverlay({ lower: this.lowerDirs(id), upper: this.upperDir(id), work, target, volatile: record.volatile, links });
    } catch (error) {
      throw explainMountError(error);
    }
    return target;
  }

  unmount(id: string): Promise<void> {
    return this.#moving.run(id, () => this.#unmount(id));
  }

  async #unmount(id: string): Promise<void> {
    const target = this.mergedDir(id);
    // A volatile mount writes nothing out when it goes, so it is not worth a thread.
    if (this.#records.get(id)?.volatile === true && this.isMounted(id)) unmount(target);
    while (this.isMounted(id)) await unmountAsync(target);
  }

  remove(id: string): Promise<void> {
    return this.#moving.run(id, () => this.#remove(id));
  }

  async #remove(id: string): Promise<void> {
    await this.#unmount(id);
    this.#records.delete(id);
    this.#withoutUpper.delete(id);
    const trash = this.#layout.rw(`${TRASH}${newId().slice(0, 16)}`);
    try {
      renameSync(this.#layout.rw(id), trash);
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return;
      throw error;
    }
    this.#removal.add(trash);
  }

  isMounted(id: string): boolean {
    checkId(id);
    const merged = statSync(this.mergedDir(id), { throwIfNoEntry: false });
    return merged !== undefined && merged.dev !== statSync(this.#layout.rw(id)).dev;
  }

  upperDir(id: string): string {
    if (this.#withoutUpper.has(id)) this.#require(id);
    return join(this.#layout.rw(id), 'upper');
  }

  mergedDir(id: string): string {
    return join(this.#layout.rw(id), 'merged');
  }

  lowerDirs(id: string): readonly string[] {
    const record = this.#require(id);
    const lower = [...record.extra, ...this.#directories(record.layers)];
    return lower.length > 0 ? lower : [join(this.#layout.snapshots, 'empty', 'fs')];
  }

  /** The directories of layers, topmost first. */
  #directories(layers: readonly Digest[]): string[] {
    const directories: string[] = [];
    const seen = new Set<Digest>();
    for (const diffId of layers.toReversed()) {
      // The same layer twice would be refused by overlayfs (ELOOP); the lower one is hidden by the upper one anyway.
      if (!seen.has(diffId)) directories.push(this.#layers.directory(diffId));
      seen.add(diffId);
      if (this.#layers.get(diffId)?.hasOpaqueRoot === true) break;
    }
    return directories;
  }

  #stubs(layers: readonly Digest[]): string[] {
    const directories = this.#directories(layers);
    return directories.length === 0 ? [] : [stubLayer(directories)];
  }

  /** Diff ids below a snapshot, base first. */
  layersOf(id: string): readonly Digest[] {
    return this.#require(id).layers;
  }

  /** Attributes that the root directory had before anything was written. */
  rootOf(id: string): { mode: number; uid: number; gid: number } {
    return this.#require(id).root;
  }

  isVolatile(id: string): boolean {
    return this.#require(id).volatile;
  }

  /**
   * After the upper directory has become a layer: an empty one on top of it takes its place, as soon as one is needed. Most steps are
   * removed next; after a crash the snapshot counts as half-made.
   */
  restack(id: string, layer: LayerDescriptor): void {
    const record = this.#require(id);
    const layers = [...record.layers, layer.diffId];
    this.#records.set(id, { ...record, layers, root: this.#rootAttributes(layers) });
    this.#withoutUpper.add(id);
  }

  usage(id: string): Promise<number> {
    this.#require(id);
    return snapshotUsage(this.upperDir(id));
  }

  changes(id: string): Promise<{ Path: string; Kind: 0 | 1 | 2 }[]> {
    return snapshotChanges(this.upperDir(id), this.lowerDirs(id));
  }

  async list(): Promise<string[]> {
    return readdirSync(this.#layout.rw('')).filter((name) => !name.startsWith('.'));
  }

  /** Layers that some snapshot stands on. */
  usedLayers(): Set<Digest> {
    return new Set([...this.#records.values()].flatMap((record) => record.layers));
  }

  /** Resolves when what was removed has left the disk. */
  async settled(): Promise<void> {
    await this.#removal.settled();
  }

  /** The topmost layer that has a member for its root directory decides; else 0755 root:root, as for dockerd. */
  #rootAttributes(layers: readonly Digest[]): SnapshotRecord['root'] {
    const layer = layers.findLast((diffId) => this.#layers.get(diffId)?.hasRoot === true);
    if (layer === undefined) return { mode: 0o755, uid: 0, gid: 0 };
    const { mode, uid, gid } = statSync(this.#layers.directory(layer));
    return { mode: mode & 0o7777, uid, gid };
  }

  #write(id: string, record: SnapshotRecord): void {
    writeFileAtomic(join(this.#layout.rw(id), 'snapshot.json'), JSON.stringify(record), { durable: false });
    this.#records.set(id, record);
  }

  #record(id: string): SnapshotRecord | undefined {
    const known = this.#records.get(id);
    if (known) return known;
    try {
      const record = JSON.parse(readFileSync(join(this.#layout.rw(id), 'snapshot.json'), 'utf8')) as SnapshotRecord;
      statSync(this.upperDir(id));
      this.#records.set(id, record);
      return record;
    } catch (error) {
      if (errnoCode(error) !== 'ENOENT') this.#logger.warn('unreadable snapshot record', { id, error });
      return undefined;
    }
  }

  #require(id: string): SnapshotRecord {
    checkId(id);
    const record = this.#record(id);
    if (!record) throw new EngineError('notFound', `snapshot ${id} does not exist`);
    if (this.#withoutUpper.delete(id)) {
      makeUpper(this.upperDir(id), record.root); // after the delete: upperDir asks, too
      this.#write(id, record);
    }
    return record;
  }
}

function checkId(id: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}$/.test(id)) throw new EngineError('invalid', `invalid snapshot id: ${id}`);
}

function makeUpper(upper: string, root: SnapshotRecord['root']): void {
  mkdirSync(upper, { recursive: true, mode: 0o755 });
  chownSync(upper, root.uid, root.gid);
  chmodSync(upper, root.mode);
}
