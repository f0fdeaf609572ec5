/**
 * The images that exist and their names, in memory; one file per image is the truth on disk. A name belongs to one image: when a crash
 * left it with two, the later tagging wins. All changes are synchronous, so no lock is needed and readers never see half a change.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, removeFile, writeFileAtomic, type Logger } from '../../base/index.ts';
import type { Layout } from '../layout.ts';
import type { Digest, ImageRecord } from '../parts.ts';
import type { Durability } from './durability.ts';
import { digestHex, familiarString, formatReference, isDigest, parseReference, repositoryOf, withDefaultTag, type Reference } from './reference.ts';

/** An image's record plus what lists need of its config. */
export interface StoredImage {
  readonly record: ImageRecord;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly parent: Digest | undefined;
  /** When each tag was put on the image, RFC 3339. */
  readonly taggedAt: Readonly<Record<string, string>>;
}

export class ImageIndex {
  readonly #layout: Layout;
  readonly #durability: Durability;
  readonly #images = new Map<Digest, StoredImage>();
  readonly #byName = new Map<string, Digest>();

  constructor(layout: Layout, durability: Durability, logger: Logger) {
    this.#layout = layout;
    this.#durability = durability;
    mkdirSync(layout.images, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(layout.images)) {
      const path = join(layout.images, file);
      try {
        const image = JSON.parse(readFileSync(path, 'utf8')) as StoredImage;
        if (`${digestHex(image.record.id)}.json` !== file) throw new Error('the name does not fit the record');
        this.#images.set(image.record.id, image);
      } catch (error) {
        logger.warn('dropped an unreadable image record', { path, error });
        removeFile(path);
      }
    }
    this.#indexNames();
  }

  #indexNames(): void {
    for (const image of this.#images.values()) {
      for (const name of image.record.repoDigests) this.#byName.set(name, image.record.id);
      for (const tag of image.record.tags) {
        const other = this.#images.get(this.#byName.get(tag) ?? '');
        const loser = other && (other.taggedAt[tag] ?? '') > (image.taggedAt[tag] ?? '') ? image : other;
        if (loser !== image) this.#byName.set(tag, image.record.id);
        if (loser) this.#replace(withoutTag(loser, tag));
      }
    }
  }

  list(): StoredImage[] {
    return [...this.#images.values()];
  }

  get size(): number {
    return this.#images.size;
  }

  get(id: Digest): StoredImage | undefined {
    return this.#images.get(id);
  }

  /** The image that has this exact name (`docker.io/library/busybox:latest`, or `…@sha256:…`). */
  named(name: string): StoredImage | undefined {
    return this.#images.get(this.#byName.get(name) ?? '');
  }

  /**
   * By name, tag, digest, id or unambiguous id prefix, in dockerd's order: names before id prefixes.
   * @throws EngineError invalid (malformed), notFound `No such image: x:latest`
   */
  find(text: string): StoredImage {
    const id = text.startsWith('sha256:') ? text : `sha256:${text}`;
    if (isDigest(id)) {
      const image = this.#images.get(id);
      if (!image) throw new EngineError('notFound', `No such image: ${id}`);
      return image;
    }
    const reference = withDefaultTag(parseReference(text));
    const image = this.named(nameOf(reference)) ?? this.#byPrefix(id);
    if (!image) throw new EngineError('notFound', `No such image: ${familiarString(reference)}`);
    return image;
  }

  #byPrefix(prefix: string): StoredImage | undefined {
    if (!/^sha256:[0-9a-f]{1,64}$/.test(prefix)) return undefined;
    const found = this.list().filter((image) => image.record.id.startsWith(prefix));
    return found.length === 1 ? found[0] : undefined;
  }

  children(id: Digest): StoredImage[] {
    return this.list().filter((image) => image.parent === id);
  }

  /** Adds an image, or names to the one that is there. Other images lose the tags. @returns the record as stored */
  add(image: Omit<StoredImage, 'taggedAt'>): ImageRecord {
    const known = this.#images.get(image.record.id);
    const tags = union(known?.record.tags, image.record.tags);
    const repoDigests = union(known?.record.repoDigests, image.record.repoDigests);
    const now = new Date().toISOString();
    const taggedAt = { ...known?.taggedAt, ...Object.fromEntries(image.record.tags.map((tag) => [tag, now])) };
    const record = { ...(known?.record ?? image.record), tags, repoDigests };
    this.#put({ ...image, record, taggedAt });
    for (const name of [...image.record.tags, ...image.record.repoDigests]) this.#moveName(name, record.id);
    return record;
  }

  tag(id: Digest, reference: Reference): void {
    const name = formatReference(reference);
    const image = this.#images.get(id);
    if (!image) throw new EngineError('notFound', `No such image: ${id}`);
    this.#put(withTag(image, name));
    this.#moveName(name, id);
  }

  /** Adds a digest name, `repository@sha256:…`, after a push. */
  addDigest(id: Digest, name: string): void {
    const image = this.#images.get(id);
    if (!image || image.record.repoDigests.includes(name)) return;
    this.#put({ ...image, record: { ...image.record, repoDigests: union(image.record.repoDigests, [name]) } });
    this.#moveName(name, id);
  }

  /** Removes a tag or a digest name. @returns false when nobody has it */
  untag(name: string): boolean {
    const image = this.named(name);
    if (!image) return false;
    this.#byName.delete(name);
    this.#put(withoutTag(image, name));
    return true;
  }

  delete(id: Digest): void {
    const image = this.#images.get(id);
    if (!image) return;
    removeFile(this.#layout.image(digestHex(id)));
    for (const name of [...image.record.tags, ...image.record.repoDigests]) if (this.#byName.get(name) === id) this.#byName.delete(name);
    this.#images.delete(id);
  }

  /** The new owner is on disk first: a crash in between leaves the name with both, and the later one wins at start. */
  #moveName(name: string, id: Digest): void {
    const before = this.named(name);
    this.#byName.set(name, id);
    if (before && before.record.id !== id) this.#put(withoutTag(before, name));
  }

  /** No fsync: that could hold up the whole engine for seconds while layers are being written. */
  #put(image: StoredImage): void {
    this.#durability.touch();
    writeFileAtomic(this.#layout.image(digestHex(image.record.id)), JSON.stringify(image), { durable: false });
    this.#replace(image);
  }

  #replace(image: StoredImage): void {
    this.#images.set(image.record.id, image);
  }
}

/** How an image is indexed under a reference: by digest when there is one, else by tag. */
export function nameOf(reference: Reference): string {
  if (reference.digest !== undefined) return `${repositoryOf(reference)}@${reference.digest}`;
  return formatReference(withDefaultTag(reference));
}

function union(before: readonly string[] | undefined, added: readonly string[]): string[] {
  return [...new Set([...(before ?? []), ...added])];
}

function withTag(image: StoredImage, name: string): StoredImage {
  const record = { ...image.record, tags: union(image.record.tags, [name]) };
  return { ...image, record, taggedAt: { ...image.taggedAt, [name]: new Date().toISOString() } };
}

function withoutTag(image: StoredImage, name: string): StoredImage {
  const { [name]: _gone, ...taggedAt } = image.taggedAt;
  const keep = (other: string) => other !== name;
  const record = { ...image.record, tags: image.record.tags.filter(keep), repoDigests: image.record.repoDigests.filter(keep) };
  return { ...image, record, taggedAt };
}
