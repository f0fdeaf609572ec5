import { mkdirSync, readdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode, type Logger, readTextIfExists, writeFileAtomic } from '../../base/index.ts';
import type { ContainerRecord, ContainerState } from '../containers/record.ts';
import { INITIAL_STATE } from '../containers/record.ts';
import { Trash } from '../host/trash.ts';
import type { Layout } from '../layout.ts';
import { readSlot, writeSlot } from './slot-file.ts';

/**
 * Changes are made durable together, once nothing has changed for a moment, at the latest after a while. Each fsync makes the file system
 * write its journal, and until that is done other changes of metadata wait: synced one by one, the creation of 50 containers takes
 * twice as long.
 */
const SYNC_QUIET_MS = 500;
const SYNC_LATEST_MS = 3000;

/** A container without a state: its creation, or its removal, was cut short. */
const HALF_MADE: ContainerState = { ...INITIAL_STATE, status: 'removing', removeVolumes: true };

/**
 * The records of containers on disk.
 *
 * Two kinds of safety. A killed engine loses nothing that was written, because the page cache stays: records are therefore written
 * without waiting for the disk. A power cut ends every container anyway; that a container exists, and how it ended, is on the disk
 * within seconds. One that is younger may be gone after a power cut, whole: a config without content is no record.
 */
export class ContainerStore {
  readonly #layout: Layout;
  readonly #logger: Logger;
  readonly #unsynced = new Set<string>();
  /** Number of the last write of each state. */
  readonly #sequences = new Map<string, number>();
  readonly #trash: Trash;
  #timer: NodeJS.Timeout | undefined;
  #firstUnsyncedAt = 0;

  constructor(layout: Layout, logger: Logger) {
    this.#layout = layout;
    this.#logger = logger;
    this.#trash = new Trash(layout.trash, logger);
  }

  /**
   * Begins a new container. Until its first state is written it counts as half-made: recovery removes it with all that it made.
   */
  begin(record: ContainerRecord): void {
    mkdirSync(this.#layout.container(record.id), { recursive: true, mode: 0o710 });
    writeFileAtomic(this.#layout.containerConfig(record.id), JSON.stringify(record), { durable: false });
  }

  /** Writes the first state: from now on the container exists. */
  commit(id: string, state: ContainerState): void {
    this.#unsynced.add(this.#layout.containerConfig(id));
    this.saveState(id, state);
  }

  /** Writes the changed config of a container; resolves when it is durable. */
  async saveRecord(record: ContainerRecord): Promise<void> {
    const file = this.#layout.containerConfig(record.id);
    const temporary = `${file}.tmp`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(record));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncPath(dirname(file));
  }

  /** Visible to the next engine at once, durable soon. */
  saveState(id: string, state: ContainerState): void {
    const file = this.#layout.containerState(id);
    const sequence = (this.#sequences.get(id) ?? 0) + 1;
    try {
      writeSlot(file, sequence, JSON.stringify(state));
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return; // being removed
      throw error;
    }
    this.#sequences.set(id, sequence);
    this.#unsynced.add(file);
    this.#syncSoon();
  }

  #syncSoon(): void {
    const now = performance.now();
    if (this.#timer) clearTimeout(this.#timer);
    else this.#firstUnsyncedAt = now;
    const delayMs = Math.max(0, Math.min(SYNC_QUIET_MS, this.#firstUnsyncedAt + SYNC_LATEST_MS - now));
    this.#timer = setTimeout(() => void this.sync(), delayMs).unref();
  }

  /** Makes pending state durable. */
  async sync(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const files = [...this.#unsynced];
    this.#unsynced.clear();
    for (const file of files) {
      try {
        await syncPath(file);
        await syncPath(dirname(file));
      } catch (error) {
        if (errnoCode(error) !== 'ENOENT') this.#logger.warn('cannot sync', { file, error });
      }
    }
  }

  /** Forgets a container with its log and files. */
  remove(id: string): void {
    this.#unsynced.delete(this.#layout.containerConfig(id));
    this.#unsynced.delete(this.#layout.containerState(id));
    this.#sequences.delete(id);
    this.#trash.discard(this.#layout.container(id));
  }

  /** Makes everything durable and finishes deletions. */
  async close(): Promise<void> {
    await this.sync();
    await this.#trash.empty();
  }

  /** Everything on disk. Directories without a readable config are removed: their creation or removal was cut short. */
  load(): { record: ContainerRecord; state: ContainerState }[] {
    mkdirSync(this.#layout.containers, { recursive: true, mode: 0o710 });
    const found: { record: ContainerRecord; state: ContainerState }[] = [];
    for (const id of readdirSync(this.#layout.containers)) {
      const record = this.#readJson<ContainerRecord>(this.#layout.containerConfig(id));
      if (record?.id !== id) {
        this.#logger.warn('removing a container directory without a config', { id });
        this.#trash.discard(this.#layout.container(id));
        continue;
      }
      found.push({ record, state: this.#readState(id) ?? HALF_MADE });
    }
    return found;
  }

  #readState(id: string): ContainerState | undefined {
    const slot = readSlot(this.#layout.containerState(id));
    if (!slot) return undefined;
    this.#sequences.set(id, slot.sequence);
    return JSON.parse(slot.text) as ContainerState;
  }

  #readJson<T>(file: string): T | undefined {
    const text = readTextIfExists(file);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      this.#logger.error('unreadable record', { file, error }); // only after a power cut: writes are renames
      return undefined;
    }
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
