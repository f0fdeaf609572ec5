import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The file name that the build gives to the bundled `resolver/main.ts`, next to the engine's own bundle. */
export const RESOLVER_BUNDLE = 'resolver.mjs';

/**
 * Where the resolver's program is: next to this bundle; or, when this file runs from its sources, bundled into the package's
 * cache on first use.
 * @throws Error when neither is there
 */
export function defaultResolverEntry(): string {
  const here = fileURLToPath(import.meta.url);
  const bundled = join(dirname(here), RESOLVER_BUNDLE);
  if (existsSync(bundled)) return bundled;
  if (!here.endsWith('.ts')) throw new Error(`the resolver's program is missing: ${bundled}`);
  return bundleFromSource(join(dirname(here), 'resolver', 'main.ts'));
}

function bundleFromSource(source: string): string {
  const requireHere = createRequire(import.meta.url);
  // The name is put together so that no bundler follows it: esbuild is there in a source tree only.
  const esbuild = requireHere(['es', 'build'].join('')) as { buildSync(options: Record<string, unknown>): unknown };
  const cache = join(requireHere.resolve('koffi').replace(/(?<=node_modules)\/.*$/, ''), '.cache', 'tscompose');
  mkdirSync(cache, { recursive: true });
  const out = join(cache, RESOLVER_BUNDLE);
  const temporary = `${out}.${process.pid}`;
  esbuild.buildSync({ entryPoints: [source], outfile: temporary, bundle: true, platform: 'node', format: 'esm', target: 'node20', external: ['koffi'], logLevel: 'error' });
  renameSync(temporary, out);
  return out;
}
