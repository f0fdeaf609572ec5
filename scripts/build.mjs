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
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  sourcemap: false,
  legalComments: 'eof',
  logLevel: 'warning',
  define: { TSCOMPOSE_VERSION: JSON.stringify(manifest.version) },
  external: ['koffi'], // native
};

/**
 * Node's own modules are loaded when one of their exports is first used: many files import something that only a rare path needs, and
 * node:child_process, node:net or node:zlib cost 3 ms of start-up each. The proxy is a function because some are constructors
 * (node:events). Only static imports are changed: what `import()` asks for is wanted.
 */
const LAZY = `const __lazy = (id) => {
  let loaded;
  const module_ = () => (loaded ??= require(id));
  return new Proxy(function () {}, {
    get: (_, name) => module_()[name],
    has: (_, name) => name in module_(),
    apply: (_, self, args) => Reflect.apply(module_(), self, args),
    construct: (_, args, target) => Reflect.construct(module_(), args, target),
  });
};
`;

/** The script as the launcher wants it: one function expression of the CommonJS wrapper's shape. */
function wrap(text) {
  const lazy = text.replace(/=\s*require\("(node:[a-z_/]+)"\)/g, '=__lazy("$1")');
  return `(function(exports,require,module,__filename,__dirname){${LAZY}const __bundleUrl=require("url").pathToFileURL(__filename).href;${lazy}\n})`;
}

/**
 * Libraries that only some commands use stay out of the main script: what is not in it is neither read nor has a place in its caches.
 * They know nothing of our classes, so nothing exists twice.
 */
const APART = ['listr2', 'tar-stream'];

const apart = {
  name: 'apart',
  setup({ onResolve }) {
    const filter = new RegExp(`^(${APART.join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path: `./lib-${path}.cjs`, external: true }));
  },
};

const bundles = [
  {
    ...common,
    entryPoints: Object.fromEntries(APART.map((name) => [`lib-${name}`, name])),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    outdir: dist,
    supported: { 'dynamic-import': false },
  },
  {
    ...common,
    entryPoints: { cli: 'src/cli/main.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    outdir: dist,
    plugins: [apart],
    supported: { 'dynamic-import': false }, // becomes require(): a script with a code cache has no import()
    define: { ...common.define, 'import.meta.url': '__bundleUrl' },
    write: false,
    minifyIdentifiers: false, // so that stacks in bug reports can be read; keepNames costs 3 ms of start-up
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
    minifyWhitespace: false,
    minifyIdentifiers: false,
    packages: 'external',
  },
];

async function bundle(options) {
  const { outputFiles } = await build(options);
  for (const { path, text } of outputFiles ?? []) writeFileSync(path, wrap(text));
}

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
  const example = join(root, 'examples/quickstart/compose.yaml');
  const warm = (command) => {
    const cache = join(dist, `cli-${digest}-${process.version}-${process.arch}-${command}.v8`);
    return run(process.execPath, [join(root, 'scripts/warm-code-cache.cjs'), dist, cache, example, command], { timeout: 20_000 });
  };
  const done = await Promise.allSettled(['ps', 'up', 'exec', 'logs', 'config', 'down', 'build', 'other'].map(warm));
  for (const { reason } of done) if (reason) console.error(`no code cache: ${reason.stderr || reason.message}`);
}

mkdirSync(dist, { recursive: true });
await Promise.all([
  ...bundles.filter((options) => Object.keys(options.entryPoints).length > 0).map(bundle),
  types(),
]);
await launcher();
const old = `${dist}-old`;
if (existsSync(final)) renameSync(final, old);
renameSync(dist, final);
rmSync(old, { recursive: true, force: true });
console.log(`built dist/ in ${Math.round(performance.now() - started)} ms`);
