import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes in the files below a directory; a file with several names counts once. What vanishes meanwhile counts nothing. */
export async function treeSize(directory: string): Promise<number> {
  const seen = new Set<string>();
  let total = 0;
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      const stat = await lstat(path).catch(() => undefined);
      if (!stat || entry.isDirectory()) continue;
      const key = `${stat.dev}:${stat.ino}`;
      if (stat.nlink > 1 && seen.has(key)) continue;
      if (stat.nlink > 1) seen.add(key);
      total += stat.size;
    }
  }
  return total;
}
