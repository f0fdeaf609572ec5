import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { statSync } from 'node:fs';
import { checkProject, type CheckedProject, type Settings } from '../../../src/check/index.ts';
import type { LoadOptions } from '../../../src/compose/index.ts';

/** A folder with files, removed at the end of its scope. */
export class ProjectFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'tsc-check-'));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), text);
    }
  }

  load(options: Partial<LoadOptions> = {}): LoadOptions {
    return { environment: {}, workingDirectory: this.path, ...options };
  }

  check(options: { settings?: Settings; load?: Partial<LoadOptions> } = {}): Promise<CheckedProject> {
    const kindOf = (path: string) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat && (stat.isDirectory() ? 'directory' : 'file');
    };
    return checkProject({ name: '.', load: this.load(options.load), kindOf, ...(options.settings && { settings: options.settings }) });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** `line rule` of each finding. */
export function linesOf({ findings }: CheckedProject): string[] {
  return findings.map(({ code, range }) => `${range ? `${range.file}:${range.start.line}` : '-'} ${code}`);
}
