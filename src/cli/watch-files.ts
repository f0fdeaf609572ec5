/** Doing something again whenever files change. */
import { watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { ExitCode } from '../base/index.ts';
import type { Cli } from './context.ts';

/** Editors write a file in several steps; after the last one it is quiet for this long. */
const QUIET_MS = 80;

/**
 * Runs `job`, waits until one of the files that it names changes, and runs it again, until the user interrupts.
 * Folders are watched rather than files, because editors replace a file by another one.
 * @param job  gives the absolute paths that the next run depends on
 */
export async function watchFiles(cli: Cli, job: () => Promise<readonly string[]>): Promise<number> {
  const signal = cli.interrupts.abortSignal();
  while (!signal.aborted) {
    const folders = new Set((await job()).filter((path) => path !== '-').flatMap((path) => [path, dirname(path)]));
    await changeIn(folders, signal);
  }
  return ExitCode.ok;
}

function changeIn(folders: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watchers: FSWatcher[] = [];
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      for (const watcher of watchers) watcher.close();
      resolve();
    };
    const changed = (): void => {
      clearTimeout(timer);
      timer = setTimeout(finish, QUIET_MS);
    };
    signal.addEventListener('abort', finish);
    for (const folder of folders) {
      try {
        watchers.push(watch(folder, { persistent: true }, changed).on('error', changed));
      } catch {
        // gone since it was read: the folder above it tells when it comes back
      }
    }
    if (watchers.length === 0 || signal.aborted) finish();
  });
}
