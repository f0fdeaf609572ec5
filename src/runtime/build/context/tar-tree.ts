import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../../../base/index.ts';
import { textOf, type BytePath } from '../../host/byte-path.ts';
import { consumePlain, TarError, TarReader, type TarEntry, type TarSink } from '../../images/index.ts';
import { MemoryTree, resolveTreePath, TreePathError, type TreeNode } from '../tree/index.ts';
import type { FileStore, FileWriter } from './file-store.ts';

const MAX_ENTRIES = 5_000_000;
const SLICE_MS = 10;

export interface TarTreeOptions {
  readonly signal?: AbortSignal;
  /** Ownership as in the archive; else everything belongs to root, as docker's contexts do. */
  readonly keepOwners?: boolean;
}

/**
 * Reads a tar stream, plain or compressed, into a tree. Nothing is ever written outside the store, whatever the names in the archive say.
 * @throws EngineError invalid for what is no tar, cancelled
 */
export async function readTarTree(input: Readable, store: FileStore, options: TarTreeOptions = {}): Promise<MemoryTree> {
  const sink = new TreeSink(store, options);
  const reader = new TarReader(sink);
  try {
    // The stream stays whole when reading stops early: a request's stream takes its connection along, and with it the answer.
    const bytes = input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    await consumePlain({ bytes, ...(options.signal && { signal: options.signal }) }, (plain) => feed(plain, reader));
    reader.end();
  } catch (error) {
    sink.abort();
    if (options.signal?.aborted) throw new EngineError('cancelled', 'the build was cancelled', { cause: error });
    if (error instanceof TarError || error instanceof TreePathError) throw new EngineError('invalid', `invalid archive: ${error.message}`, { cause: error });
    throw error;
  }
  return sink.tree;
}

async function feed(bytes: AsyncIterable<Buffer>, reader: TarReader): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for await (const chunk of bytes) {
    reader.write(chunk);
    if (performance.now() < sliceEnd) continue;
    await setImmediate();
    sliceEnd = performance.now() + SLICE_MS;
  }
}

class TreeSink implements TarSink {
  readonly tree: MemoryTree;
  readonly #store: FileStore;
  readonly #options: TarTreeOptions;
  #writer: FileWriter | undefined;
  #path: BytePath = '';
  #entries = 0;

  constructor(store: FileStore, options: TarTreeOptions) {
    this.#store = store;
    this.#options = options;
    this.tree = new MemoryTree((digest) => store.path(digest));
  }

  entry(entry: TarEntry): void {
    if (++this.#entries > MAX_ENTRIES) throw new TarError(`more than ${MAX_ENTRIES} entries`);
    this.#path = cleanName(entry.path);
    this.#writer = undefined;
    if (entry.type === 'file') this.#writer = this.#store.writer();
    else if (entry.type === 'hardlink') this.#hardlink(entry);
    else this.tree.set(this.#path, this.#node(entry, entry.type), xattrsOf(entry));
  }

  data(chunk: Buffer, offset: number): void {
    const writer = this.#writer;
    if (!writer) return;
    for (let gap = offset - writer.size; gap > 0; gap = offset - writer.size) writer.write(ZEROS.subarray(0, Math.min(gap, ZEROS.length)));
    writer.write(chunk);
  }

  endEntry(entry: TarEntry): void {
    const writer = this.#writer;
    if (!writer) return;
    for (let gap = entry.size - writer.size; gap > 0; gap = entry.size - writer.size) writer.write(ZEROS.subarray(0, Math.min(gap, ZEROS.length)));
    const node = { ...this.#node(entry, 'file'), size: writer.size };
    const digest = writer.finish();
    this.#writer = undefined;
    this.tree.set(this.#path, node, { digest, ...xattrsOf(entry) });
  }

  abort(): void {
    this.#writer?.abort();
  }

  /** Another name for a file that came before. */
  #hardlink(entry: TarEntry): void {
    const target = cleanName(entry.linkPath);
    const { path, node } = resolveTreePath((at) => this.tree.stat(at), target, { followLast: false });
    if (!node || node.type === 'dir') throw new TarError(`hard link target ${textOf(entry.linkPath)} does not exist`);
    this.tree.link(this.#path, path);
  }

  #node(entry: TarEntry, type: TreeNode['type']): TreeNode {
    const keep = this.#options.keepOwners === true;
    return {
      type,
      mode: entry.mode,
      uid: keep ? entry.uid : 0,
      gid: keep ? entry.gid : 0,
      size: 0,
      mtimeMs: entry.mtime * 1000,
      link: type === 'symlink' ? entry.linkPath : '',
      major: entry.major,
      minor: entry.minor,
    };
  }
}

const ZEROS = Buffer.alloc(64 * 1024);

function xattrsOf(entry: TarEntry): { xattrs?: ReadonlyMap<string, Buffer> } {
  const kept = [...(entry.xattrs ?? [])].filter(([name]) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')));
  return kept.length === 0 ? {} : { xattrs: new Map(kept) };
}

/** @throws TarError for names that leave the root */
function cleanName(path: BytePath): BytePath {
  if (path.length > 4096 || path.includes('\0')) throw new TarError('invalid path in archive');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new TarError(`path in archive leaves its root: ${textOf(path)}`);
  return parts.join('/');
}
