import { buildSync } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultResolverEntry } from '../../../src/runtime/networks/resolver-entry.ts';

/** Bundles a program of this folder for a process of its own, next to the resolver's bundle, where both find koffi. The caller deletes it. */
export function bundleProgram(name: string): string {
  const outfile = join(dirname(defaultResolverEntry()), `${name}-${process.pid}.mjs`);
  const entry = join(dirname(fileURLToPath(import.meta.url)), `${name}.ts`);
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', external: ['koffi'], logLevel: 'error' });
  return outfile;
}
