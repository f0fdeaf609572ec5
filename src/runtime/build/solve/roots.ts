/** Mounted root file systems of one build. All of them go when the build ends; ids begin with `b`, so that recovery finds what a crash left. */
import { randomBytes } from 'node:crypto';
import type { Digest, ImagesRoom, LayerDescriptor } from '../../parts.ts';

/** A snapshot id of a build. */
export function newStepId(): string {
  return `b${randomBytes(16).toString('hex')}`;
}

export function isStepId(id: string): boolean {
  return /^b[0-9a-f]{32}$/.test(id);
}

/** Root file systems that are only read: stages and images that something is copied or mounted from. */
export class ReadRoots {
  readonly #images: ImagesRoom;
  readonly #open = new Map<string, { id: string; path: Promise<string> }>();

  constructor(images: ImagesRoom) {
    this.#images = images;
  }

  /** Path of a stack of layers. The same stack is mounted once. */
  path(layers: readonly LayerDescriptor[]): Promise<string> {
    const diffIds = layers.map(({ diffId }) => diffId);
    const key = diffIds.join(' ');
    let root = this.#open.get(key);
    if (!root) {
      const id = newStepId();
      root = { id, path: this.#mount(id, diffIds) };
      this.#open.set(key, root);
    }
    return root.path;
  }

  async #mount(id: string, diffIds: readonly Digest[]): Promise<string> {
    await this.#images.writer.prepareLayers(id, diffIds);
    return this.#images.snapshots.mount(id);
  }

  /** A writable view of a directory, thrown away at the end of the build. */
  async overlay(directory: string): Promise<string> {
    const id = newStepId();
    const path = this.#images.writer.prepareLayers(id, [], { readonlyLower: [directory] }).then(() => this.#images.snapshots.mount(id));
    this.#open.set(id, { id, path });
    return path;
  }

  async close(): Promise<void> {
    for (const { id, path } of this.#open.values()) {
      await path.catch(() => {});
      await this.#images.snapshots.remove(id);
    }
    this.#open.clear();
  }
}

/** The writable root of a stage: consecutive steps go on in the same snapshot, whose upper directory becomes a layer after each. */
export class WorkRoot {
  readonly #images: ImagesRoom;
  #id: string | undefined;
  #layers: readonly Digest[] = [];

  constructor(images: ImagesRoom) {
    this.#images = images;
  }

  /** Mounts a root that stands on exactly these layers, with nothing written yet. */
  async open(layers: readonly LayerDescriptor[]): Promise<{ id: string; path: string }> {
    const diffIds = layers.map(({ diffId }) => diffId);
    const same = diffIds.length === this.#layers.length && diffIds.every((diffId, i) => diffId === this.#layers[i]);
    if (!same) await this.discard();
    if (this.#id === undefined) {
      this.#id = newStepId();
      this.#layers = diffIds;
      await this.#images.writer.prepareLayers(this.#id, diffIds);
    }
    return { id: this.#id, path: await this.#images.snapshots.mount(this.#id) };
  }

  get id(): string | undefined {
    return this.#id;
  }

  /** What was written since `open` becomes a layer. @returns undefined when nothing was */
  async commit(options: { epochS?: number; signal?: AbortSignal }): Promise<LayerDescriptor | undefined> {
    if (this.#id === undefined) throw new Error('commit of a root that is not open');
    const layer = await this.#images.writer.commitSnapshot(this.#id, options);
    if (layer) this.#layers = [...this.#layers, layer.diffId];
    return layer;
  }

  async discard(): Promise<void> {
    const id = this.#id;
    this.#id = undefined;
    this.#layers = [];
    if (id !== undefined) await this.#images.snapshots.remove(id);
  }
}
