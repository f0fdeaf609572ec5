/** `oci-layout://DIR[:TAG][@DIGEST]` as a named context: one image of a directory in OCI layout, taken into the image store without a name. */
import { closeSync, createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { EngineError } from '../../../base/index.ts';
import { bytePathOf } from '../../host/byte-path.ts';
import { withFd } from '../../host/rooted.ts';
import { encodeHeader, END_OF_ARCHIVE, isDigest, padding } from '../../images/index.ts';
import type { ImagesRoom } from '../../parts.ts';
import { resolveTreePath, type SourceTree } from '../tree/index.ts';

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The parts of manifests and indexes that name other blobs. */
interface Parts {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

const MAX_JSON = 4 << 20;

/**
 * @param selector  `:tag`, `@digest`, both or nothing
 * @returns the image's id
 * @throws EngineError invalid when the directory is no layout or has no such image
 */
export async function importOciLayout(images: ImagesRoom, tree: SourceTree, selector: string, signal: AbortSignal): Promise<string> {
  const layout = new Layout(tree);
  const chosen = choose(layout.json('index.json') as Parts, selector);
  const archive = Readable.from(layout.archive(chosen), { objectMode: false });
  let id: string | undefined;
  for await (const { stream, error } of await images.api.load(archive, {}, { signal })) {
    if (error !== undefined) throw new EngineError('invalid', `OCI layout: ${error}`);
    id = /^Loaded image ID: (sha256:[0-9a-f]{64})\n/.exec(stream ?? '')?.[1] ?? id;
  }
  if (id === undefined) throw new EngineError('invalid', 'OCI layout: it holds no image');
  return id;
}

function choose({ manifests = [] }: Parts, selector: string): Descriptor {
  const at = selector.indexOf('@');
  const digest = at < 0 ? undefined : selector.slice(at + 1);
  const tag = (at < 0 ? selector : selector.slice(0, at)).replace(/^:/, '');
  const nameOf = (one: Descriptor): string => one.annotations?.['org.opencontainers.image.ref.name'] ?? '';
  const isTagged = (one: Descriptor, name: string): boolean => nameOf(one) === name || nameOf(one).endsWith(`:${name}`);
  const found =
    digest !== undefined ? manifests.find((one) => one.digest === digest)
    : tag !== '' ? manifests.find((one) => isTagged(one, tag))
    : manifests.length === 1 ? manifests[0] : manifests.find((one) => isTagged(one, 'latest'));
  if (!found) throw new EngineError('invalid', `OCI layout: no image ${selector === '' ? ':latest' : selector}; there are ${manifests.map((one) => nameOf(one) || one.digest).join(', ') || 'none'}`);
  return found;
}

/** A tree in OCI layout: `index.json`, and blobs by digest. The image store checks every digest. */
class Layout {
  readonly #tree: SourceTree;

  constructor(tree: SourceTree) {
    this.#tree = tree;
  }

  #file(path: string): { path: string; size: number } | undefined {
    const { node, path: real } = resolveTreePath((at) => this.#tree.stat(at), bytePathOf(path));
    return node?.type === 'file' ? { path: real, size: node.size } : undefined;
  }

  json(path: string): unknown {
    const file = this.#file(path);
    if (!file || file.size > MAX_JSON) throw new EngineError('invalid', `OCI layout: ${path} is missing or too large`);
    try {
      return JSON.parse(withFd(this.#tree.openContent(file.path), (fd) => readFileSync(fd, 'utf8')));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new EngineError('invalid', `OCI layout: ${path} is not JSON`, { cause });
    }
  }

  /** The one image as an archive that has no names, so that nothing here gets another meaning by it. */
  async *archive(chosen: Descriptor): AsyncGenerator<Buffer> {
    const { mediaType, digest, size } = chosen;
    const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size }] };
    for (const [path, text] of [['oci-layout', '{"imageLayoutVersion":"1.0.0"}'], ['index.json', JSON.stringify(index)]] as const) {
      yield Buffer.concat([header(path, text.length), Buffer.from(text), padding(text.length)]);
    }
    for (const blob of this.#blobs(digest, new Set())) yield* this.#blob(blob);
    yield END_OF_ARCHIVE;
  }

  /** Whatever a manifest or index names, as far as it is here: an index may be of many platforms. */
  #blobs(digest: string, seen: Set<string>): Set<string> {
    const file = isDigest(digest) ? this.#file(blobPath(digest)) : undefined;
    if (!file || seen.has(digest)) return seen;
    seen.add(digest);
    const { manifests = [], config, layers = [] } = this.json(blobPath(digest)) as Parts;
    for (const child of manifests) this.#blobs(child.digest, seen);
    for (const leaf of [...(config ? [config] : []), ...layers]) if (isDigest(leaf.digest) && this.#file(blobPath(leaf.digest))) seen.add(leaf.digest);
    return seen;
  }

  async *#blob(digest: string): AsyncGenerator<Buffer> {
    const file = this.#file(blobPath(digest));
    if (!file) return;
    yield header(blobPath(digest), file.size);
    const fd = this.#tree.openContent(file.path);
    let left = file.size; // exactly what the header says, whatever happens to the file
    try {
      if (left > 0) for await (const chunk of createReadStream('', { fd, autoClose: false, start: 0, end: file.size - 1, highWaterMark: 256 * 1024 })) {
        left -= (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } finally {
      closeSync(fd);
    }
    if (left > 0) throw new EngineError('invalid', `OCI layout: ${digest} changed while it was read`);
    yield padding(file.size);
  }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function header(path: string, size: number): Buffer {
  return encodeHeader({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtime: 0, linkPath: '', major: 0, minor: 0 });
}
