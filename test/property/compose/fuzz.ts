/**
 * Loads damaged projects, many of them. A load must end in a project or in errors, never in an exception, and soon.
 * The property test runs a bounded number; for a million, bundle a file that calls `fuzz(1_000_000, 1)` and run it.
 */
import { loadProject, printProject } from '../../../src/compose/index.ts';
import { caseProjects, memoryReader, mutate, random } from './mutate.ts';

export interface FuzzResult {
  readonly runs: number;
  readonly loaded: number;
  /** Milliseconds of the slowest load. */
  readonly slowest: number;
}

/** @throws Error with the seed and the files when a load throws */
export async function fuzz(count: number, seed: number): Promise<FuzzResult> {
  const projects = caseProjects();
  const result = { runs: 0, loaded: 0, slowest: 0 };
  for (let i = 0; i < count; i++) {
    const next = random(seed + i);
    const files = damaged(projects, next);
    const start = performance.now();
    try {
      const options = { workingDirectory: '/p', environment: { A: 'a', HOME: '/root' }, reader: memoryReader(files), profiles: ['p'] };
      const { project, diagnostics } = await loadProject({ ...options, interpolate: next() > 0.05 });
      if (project) {
        result.loaded++;
        printProject(project, { format: 'yaml' });
        printProject(project, { format: 'json' });
      }
      JSON.stringify(diagnostics);
    } catch (error) {
      throw new Error(`seed ${seed + i}: ${JSON.stringify(files)}`, { cause: error });
    }
    result.runs++;
    result.slowest = Math.max(result.slowest, performance.now() - start);
  }
  return result;
}

function damaged(projects: readonly Record<string, string>[], next: () => number): Record<string, string> {
  const pick = () => projects[Math.floor(next() * projects.length)] ?? {};
  const files = { ...pick() };
  const other = Object.values(pick())[0] ?? '';
  for (const path of Object.keys(files)) if (next() < 0.8) files[path] = mutate(files[path] ?? '', other, next);
  return files;
}
