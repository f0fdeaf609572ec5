/**
 * Builds dist/: bundles, types, and a V8 code cache for the Node that builds.
 *
 *   tscompose.cjs   the program: a few lines that load cli.cjs with a code cache
 *   cli.cjs         the command line in one file; commands are modules in it that start when they are asked for
 *   engine.mjs, resolver.mjs   the engine's processes
 *   index.js, types/           the library
 *
 * CommonJS for the program: on Node 20 an empty ES module takes 6 ms longer to start than an empty CommonJS one (quiet machine, median
 * of 21: 74 against 80 ms CPU), and only scripts can be given a code cache of our own.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const final = join(root, 'dist');
const dist = join(root, 'node_modules/.cache', `dist-${process.pid}`); // moved into place at the end: who runs the old one is not disturbed
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const started = performance.now();
const run = promisify(execFile);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  keepNames: true, // names of error classes and functions in bug reports
  sourcemap: false,
  legalComments: 'eof',
  logLevel: 'warning',
  define: { TSCOMPOSE_VERSION: JSON.stringify(manifest.version) },
  external: ['koffi'], // native
};

/**
 * Node's own modules are loaded when one of their exports is first used: many files import something that only a rare path needs, and
 * node:child_process, node:net or node:zlib cost 3 ms of start-up each.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, namespace }) => (namespace === 'lazy-builtin' ? undefined : { path, namespace: 'lazy-builtin' }));
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, async ({ path }) => {
      const names = Object.keys(process.getBuiltinModule?.(path) ?? createRequire(import.meta.url)(path));
      const getters = names.map((name) => `get ${JSON.stringify(name)}() { return module_().${name}; }`);
      // The name is put together at run time, so that the bundler leaves the call alone.
      return { contents: `const module_ = () => require(${JSON.stringify(path)});\nmodule.exports = { ${getters.join(',\n')}, get default() { return module_(); }, __esModule: true };`, loader: 'js' };
    });
  },
};

const bundles = [
  {
    ...common,
    entryPoints: { cli: 'src/cli/main.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    outdir: dist,
    supported: { 'dynamic-import': false }, // becomes require(): a script with a code cache has no import()
    define: { ...common.define, 'import.meta.url': '__bundleUrl' },
    banner: { js: 'const __bundleUrl = require("url").pathToFileURL(__filename).href;' },
    plugins: [lazyBuiltins],
  },
  {
    ...common,
    entryPoints: entries({ engine: 'src/engine/main.ts', resolver: 'src/runtime/networks/resolver/main.ts' }),
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    outdir: dist,
    banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
  },
  {
    ...common,
    entryPoints: entries({ index: 'src/index.ts' }),
    format: 'esm',
    outdir: dist,
    minify: false,
    packages: 'external',
  },
];

function entries(all) {
  return Object.fromEntries(Object.entries(all).filter(([, file]) => existsSync(join(root, file))));
}

/** Type errors are told and make the build fail, but at the end: a program that runs is worth having meanwhile. */
async function types() {
  if (!existsSync(join(root, 'src/index.ts'))) return;
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', join(dist, 'types')];
  await run(process.execPath, tsc, { cwd: root }).catch((error) => {
    console.error(error.stdout || error.message);
    process.exitCode = 1;
  });
}

/** The program itself, and compiled code for the Node that runs this. A build must not fail for want of a cache. */
async function launcher() {
  const digest = createHash('sha256').update(readFileSync(join(dist, 'cli.cjs'))).digest('hex').slice(0, 16);
  const text = readFileSync(join(root, 'scripts/launcher.cjs'), 'utf8').replaceAll('@BUNDLE@', digest);
  writeFileSync(join(dist, 'tscompose.cjs'), text, { mode: 0o755 });
  const cache = join(dist, `cli-${digest}-${process.version}-${process.arch}.v8`);
  const example = join(root, 'examples/quickstart/compose.yaml');
  await run(process.execPath, [join(root, 'scripts/warm-code-cache.cjs'), dist, cache, example], { timeout: 20_000 }).catch((error) =>
    console.error(`no code cache: ${error.stderr || error.message}`),
  );
}

mkdirSync(dist, { recursive: true });
await Promise.all([
  ...bundles.filter((options) => Object.keys(options.entryPoints).length > 0).map((options) => build(options)),
  types(),
]);
await launcher();
const old = `${dist}-old`;
if (existsSync(final)) renameSync(final, old);
renameSync(dist, final);
rmSync(old, { recursive: true, force: true });
console.log(`built dist/ in ${Math.round(performance.now() - started)} ms`);
