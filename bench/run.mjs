#!/usr/bin/env node
/** `npm run bench -- [options]`: bundles bench/main.ts in memory and runs it, so that the bench needs no build of its own. */
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tscompose-bench-'));
const outfile = join(directory, 'bench.mjs');
process.env.TSCOMPOSE_REPOSITORY = join(here, '..');
try {
  await build({ entryPoints: [join(here, 'main.ts')], bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile, logLevel: 'error' });
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
