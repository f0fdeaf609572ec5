/** Projects from fixture files, loaded as if they lay where their recordings were made. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProject, type Project } from '../../../src/compose/index.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/controller');

export function fixture(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8');
}

export async function fixtureProject(name: string, directory: string, options: { readonly resolveEnv?: boolean } = {}): Promise<Project> {
  const files: Record<string, string> = { [`${directory}/compose.yaml`]: fixture(name), [`${directory}/e.env`]: 'FROMFILE=v1\n' };
  const reader = {
    readFile(path: string): string {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return text;
    },
    kindOf: (path: string) => (path in files ? ('file' as const) : undefined),
    realPath: (path: string) => path,
  };
  const loaded = await loadProject({ files: [`${directory}/compose.yaml`], workingDirectory: directory, environment: { ENVSEC: 's3' }, reader, ...options });
  if (!loaded.project) throw new Error(loaded.diagnostics.map((d) => d.message).join('\n'));
  return loaded.project;
}
