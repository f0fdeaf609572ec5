import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode, type Logger, readTextIfExists, removeFile, writeFileAtomic } from '../../base/index.ts';
import type { ContainerRecord, ContainerState } from '../containers/record.ts';
import { INITIAL_STATE } from '../containers/record.ts';
import type { Layout } from '../layout.ts';

/** How long state changes wait for company before they are made durable together. */
const SYNC_DELAY_MS = 200;

/** A container without a state: its creation, or its removal, was cut short. */
const HALF_MADE: ContainerState = { ...INITIAL_STATE, status: 'removing', removeVolumes: true };

/**
 * The records of containers on disk.
 *
 * Two kinds of safety. A killed engine loses nothing that was written, because the page cache stays: state is therefore written
 * without waiting for the disk. A power cut ends every container anyway; what must survive it is that a container exists (its
 * config, synced before `create` answers) and, soon, how it ended (state files are synced in the background, many at once).
 */
export class ContainerStore {
  readonly #layout: Layout;
  readonly #logger: Logger;
  readonly #unsynced = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(layout: Layout, logger: Logger) {
    this.#layout = layout;
    this.#logger = logger;
  }

  /**
   * Begins a new container. Until its first state is written it counts as half-made: recovery removes it with all that it made.
   */
  begin(record: ContainerRecord): void {
    mkdirSync(this.#layout.container(record.id), { recursive: true, mode: 0o710 });
    writeFileAtomic(this.#layout.containerConfig(record.id), JSON.stringify(record), { durable: false });
  }

  /** Makes a new container and its first state durable: what a power cut may not undo once `create` has answered. */
  async commit(id: string, state: ContainerState): Promise<void> {
    writeFileAtomic(this.#layout.containerState(id), JSON.stringify(state), { durable: false });
    await Promise.all([syncPath(this.#layout.containerConfig(id)), syncPath(this.#layout.containerState(id))]);
    await syncPath(this.#layout.container(id));
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
    try {
      writeFileAtomic(file, JSON.stringify(state), { durable: false });
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return; // being removed
      throw error;
    }
    this.#unsynced.add(file);
    this.#timer ??= setTimeout(() => void this.sync(), SYNC_DELAY_MS).unref();
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

  /** Forgets a container. The config goes first: from then on the directory is garbage that recovery sweeps. */
  remove(id: string): void {
    removeFile(this.#layout.containerConfig(id));
    rmSync(this.#layout.container(id), { recursive: true, force: true });
  }

  /** Everything on disk. Directories without a readable config are removed: their creation or removal was cut short. */
  load(): { record: ContainerRecord; state: ContainerState }[] {
    mkdirSync(this.#layout.containers, { recursive: true, mode: 0o710 });
    const found: { record: ContainerRecord; state: ContainerState }[] = [];
    for (const id of readdirSync(this.#layout.containers)) {
      const record = this.#readJson<ContainerRecord>(this.#layout.containerConfig(id));
      if (record?.id !== id) {
        this.#logger.warn('removing a container directory without a config', { id });
        rmSync(this.#layout.container(id), { recursive: true, force: true });
        continue;
      }
      found.push({ record, state: this.#readJson<ContainerState>(this.#layout.containerState(id)) ?? HALF_MADE });
    }
    return found;
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
