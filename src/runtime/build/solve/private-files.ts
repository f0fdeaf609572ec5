/**
 * Files of one build that must never reach a disk: secrets and agent sockets, in a tmpfs of their own below the run root.
 * It is made when the first one is needed. What a killed engine leaves is unmounted when the next one starts.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '../../../base/index.ts';
import { mount, MS, unmount } from '../../host/libc.ts';
import type { Layout } from '../../layout.ts';

/** Directory of all builds' private files. Short, because sockets lie below it. */
export function privateRoot(layout: Layout): string {
  return join(layout.volatile, 'b');
}

/** Unmounts and removes what earlier engines left. */
export function sweepPrivateFiles(layout: Layout): void {
  const root = privateRoot(layout);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(root)) {
    while (unmount(join(root, name))); // as often as it was mounted
    rmSync(join(root, name), { recursive: true, force: true });
  }
}

export class PrivateFiles {
  readonly #directory: string;
  #mounted = false;
  #count = 0;

  constructor(layout: Layout) {
    this.#directory = join(privateRoot(layout), newId().slice(0, 10));
  }

  /** A new directory on the tmpfs. */
  directory(): string {
    if (!this.#mounted) {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      mount('tmpfs', this.#directory, 'tmpfs', MS.NOSUID | MS.NODEV, 'mode=0700,size=64m');
      this.#mounted = true;
    }
    const path = join(this.#directory, String(this.#count++));
    mkdirSync(path, { mode: 0o711 });
    return path;
  }

  /** Writes one file. @returns its path */
  write(content: Uint8Array, owner: { mode: number; uid: number; gid: number }): string {
    const path = join(this.directory(), 'f');
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
    chownSync(path, owner.uid, owner.gid);
    chmodSync(path, owner.mode);
    return path;
  }

  close(): void {
    if (!this.#mounted) return;
    unmount(this.#directory);
    rmdirSync(this.#directory);
    this.#mounted = false;
  }
}
