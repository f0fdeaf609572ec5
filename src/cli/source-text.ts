import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/** The text of a file that a diagnostic points into, or undefined when it is gone, not a file, or huge. */
export function readSourceText(file: string, workingDirectory: string): string | undefined {
  if (file === '<stdin>' || file === '-') return undefined;
  try {
    const path = resolve(workingDirectory, file);
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_SOURCE_BYTES) return undefined;
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch {
    return undefined;
  }
}
