/**
 * Notices what changes in a directory tree. The kernel's events only say that it is time to look; what has changed is found by comparing
 * with what was there before. So nothing is missed in new directories, and a file that was written without a change is no change.
 * Directories that rules skip are neither watched nor read.
 */
import { watch, type FSWatcher } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode } from '../base/index.ts';
import type { Change, CompiledRule } from './watch-rules.ts';

/** What tells two versions of a file apart. */
type Stamp = string;

export class TreeWatcher {
  readonly #rule: CompiledRule;
  readonly #onEvent: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #files = new Map<string, Stamp>();

  /** @param onEvent  something may have changed: time for `scan` */
  constructor(rule: CompiledRule, onEvent: () => void) {
    this.#rule = rule;
    this.#onEvent = onEvent;
  }

  /** Looks at the whole tree. @returns what changed since the last look; at the first, every file */
  async scan(): Promise<Change[]> {
    const found = new Map<string, Stamp>();
    const directories = new Set<string>();
    await this.#visit('', found, directories);
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    const before = this.#files;
    this.#files = found;
    const written = [...found].filter(([path, stamp]) => before.get(path) !== stamp).map(([path]) => ({ rule: this.#rule, path, kind: 'written' as const }));
    const deleted = [...before.keys()].filter((path) => !found.has(path)).map((path) => ({ rule: this.#rule, path, kind: 'deleted' as const }));
    return [...written, ...deleted];
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #visit(path: string, found: Map<string, Stamp>, directories: Set<string>): Promise<void> {
    const absolute = join(this.#rule.root, path);
    try {
      const info = await lstat(absolute);
      if (info.isDirectory()) {
        if (path !== '' && this.#rule.canSkip(path)) return;
        directories.add(path);
        this.#watch(path, absolute);
        for (const name of await readdir(absolute)) await this.#visit(path === '' ? name : `${path}/${name}`, found, directories);
      } else if ((info.isFile() || info.isSymbolicLink()) && this.#rule.ignoredBy(path) === undefined) {
        // A file that is replaced by renaming takes its watch away with it: its directory stays.
        if (path === '') this.#watch('', dirname(absolute));
        directories.add('');
        found.set(path, `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.mode}`);
      }
    } catch (error) {
      // What vanished meanwhile is gone; what may not be read is not ours to sync.
      if (!['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(errnoCode(error) ?? '')) throw error;
    }
  }

  /** Watched before it is read: what comes in between gives an event. */
  #watch(path: string, absolute: string): void {
    if (this.#watchers.has(path)) return;
    const watcher = watch(absolute, { persistent: false }, () => this.#onEvent());
    watcher.on('error', () => {
      watcher.close();
      this.#watchers.delete(path);
      this.#onEvent();
    });
    this.#watchers.set(path, watcher);
  }
}
