/**
 * Loads damaged projects, many of them. A load must end in a project or in errors, never in an exception, and soon.
 * The property test runs a bounded number; `node bench/fuzz.mjs` runs a million.
 */
import { loadProject, printProject } from '../../../src/compose/index.ts';
import { caseProjects, memoryReader, mutate, random, soup } from './mutate.ts';

export interface FuzzResult {
  readonly runs: number;
  /** How many ended in a project. */
  readonly loaded: number;
  /** The inputs that took most CPU time, at most KEPT; the first ones pay for the warming up. */
  readonly slowest: readonly { readonly seed: number; readonly ms: number }[];
}

const KEPT = 30;

export type FuzzFiles = Readonly<Record<string, string | Uint8Array>>;

/** Makes inputs and loads them. An input is known by its seed alone, as long as the cases of the unit tests stay the same. */
export class Fuzzer {
  readonly #projects = caseProjects();

  /** The files of a seed, below `/p`: a damaged case, words of YAML and Compose in any order, or bytes. */
  inputOf(seed: number): FuzzFiles {
    const next = random(seed);
    const kind = next();
    if (kind < 0.04) return { '/p/compose.yaml': Uint8Array.from({ length: Math.floor(next() * 300) }, () => Math.floor(next() * 256)) };
    if (kind < 0.12) return { '/p/compose.yaml': soup(next) };
    return this.#damaged(next);
  }

  /** Loads an input and prints what it gave. @returns whether it gave a project @throws Error with the seed and the files when a load throws */
  async run(seed: number): Promise<boolean> {
    const files = this.inputOf(seed);
    const next = random(seed ^ 0x5eed);
    try {
      const options = { workingDirectory: '/p', environment: { A: 'a', HOME: '/root' }, reader: memoryReader(files), profiles: ['p'] };
      const { project, diagnostics } = await loadProject({ ...options, interpolate: next() > 0.05 });
      JSON.stringify(diagnostics);
      if (!project) return false;
      printProject(project, { format: 'yaml' });
      printProject(project, { format: 'json' });
      return true;
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(files)}`, { cause: error });
    }
  }

  #damaged(next: () => number): FuzzFiles {
    const pick = () => this.#projects[Math.floor(next() * this.#projects.length)] ?? {};
    const files = { ...pick() };
    const other = Object.values(pick())[0] ?? '';
    for (const path of Object.keys(files)) if (next() < 0.8) files[path] = mutate(files[path] ?? '', other, next);
    return files;
  }
}

/** Runs the seeds from `seed` on. @param started  called with a seed before its load */
export async function fuzz(count: number, seed: number, started: (seed: number) => void = () => {}): Promise<FuzzResult> {
  const fuzzer = new Fuzzer();
  let loaded = 0;
  let slowest: { seed: number; ms: number }[] = [];
  for (let at = seed; at < seed + count; at++) {
    started(at);
    const before = process.cpuUsage(); // not the clock: a busy machine would slow down anything
    if (await fuzzer.run(at)) loaded++;
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (slowest.length === KEPT && ms <= (slowest.at(-1)?.ms ?? 0)) continue;
    slowest.push({ seed: at, ms });
    slowest = slowest.sort((a, b) => b.ms - a.ms).slice(0, KEPT);
  }
  return { runs: count, loaded, slowest };
}
