#!/usr/bin/env node
/**
 * Feeds damaged and random projects to the loader; none may make it throw or hang.
 *
 *   node bench/fuzz.mjs [--count 1000000] [--seed 1] [--limit 2000] [--save DIR]
 *
 * An input is known by its seed, so `--seed 500001` goes on where another run stopped, and `--count 1` repeats one. A worker loads; this
 * thread watches it, and ends it when one input takes longer than `--limit` milliseconds
 * (ten times that when it is tried again alone). Prints the rate and the slowest input (by CPU
 * time, measured again warm), and saves it and whatever failed below `--save` (default: a folder in the temporary one).
 * Exit code 0: nothing failed, 1: an input threw or took too long, 2: wrong usage.
 */
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const BATCH = 25_000;

const here = dirname(fileURLToPath(import.meta.url));
const options = readOptions();
const directory = mkdtempSync(join(tmpdir(), 'tscompose-fuzz-'));
const outfile = join(directory, 'fuzz.mjs');
await build({
  // the seeds' inputs are made from the cases of the unit tests, which mutate.ts finds from its own folder
  stdin: { contents: "export * from '../test/property/compose/fuzz.ts';", resolveDir: here, loader: 'ts' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  define: { 'import.meta.dirname': JSON.stringify(join(here, '../test/property/compose')) },
  outfile,
  logLevel: 'error',
});
try {
  process.exitCode = await main();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function readOptions() {
  const number = (name, text) => {
    if (/^\d+$/.test(text)) return Number(text);
    console.error(`--${name} is a number, not "${text}"`);
    process.exit(2);
  };
  try {
    const text = { type: 'string' };
    const { values } = parseArgs({ options: { count: text, seed: text, limit: text, save: text } });
    const { count = '1000000', seed = '1', limit = '2000', save = join(tmpdir(), 'tscompose-fuzz') } = values;
    return { count: number('count', count), seed: number('seed', seed), limit: number('limit', limit), save };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

async function main() {
  const { Fuzzer } = await import(pathToFileURL(outfile).href);
  const fuzzer = new Fuzzer();
  const began = performance.now();
  let done = 0;
  let loaded = 0;
  let slowest = [];
  while (done < options.count) {
    const first = options.seed + done;
    const result = await runBatch(first, Math.min(BATCH, options.count - done), options.limit);
    if (result.late) {
      // perhaps it was the machine: once more, alone and with ten times as much time; what came before it in the batch was well
      const again = await runBatch(result.seed, 1, 10 * options.limit);
      if (again.failed !== undefined) return failed(fuzzer, again);
      done += result.seed - first + 1;
      continue;
    }
    if (result.failed !== undefined) return failed(fuzzer, result);
    done += result.runs;
    loaded += result.loaded;
    slowest = [...slowest, ...result.slowest].sort((a, b) => b.ms - a.ms).slice(0, 30);
    const seconds = (performance.now() - began) / 1000;
    console.log(`${done} inputs from seed ${options.seed}: ${Math.round(done / seconds)}/s, ${loaded} gave a project, slowest ${slowest[0].ms.toFixed(0)} ms (seed ${slowest[0].seed})`);
  }
  await reportSlowest(fuzzer, slowest);
  return 0;
}

/** One worker for each batch: a batch that is ended takes nothing with it. */
function runBatch(seed, count, limit) {
  const current = new Int32Array(new SharedArrayBuffer(4)); // the seed at hand
  const source = `import { workerData, parentPort } from 'node:worker_threads';
    const { fuzz } = await import(workerData.module);
    const note = (seed) => { Atomics.store(workerData.current, 0, seed | 0); };
    try { parentPort.postMessage(await fuzz(workerData.count, workerData.seed, note)); }
    catch (error) { parentPort.postMessage({ failed: error.message, cause: String(error.cause?.stack ?? error.stack) }); }`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: { module: pathToFileURL(outfile).href, seed, count, current } });
    let seen = 0;
    let since = performance.now();
    const watch = setInterval(() => {
      const at = Atomics.load(current, 0);
      if (at !== seen) [seen, since] = [at, performance.now()];
      else if (seen !== 0 && performance.now() - since > limit) end({ late: true, failed: `seed ${seen} takes longer than ${limit} ms`, seed: seen });
    }, 100);
    const end = (result) => {
      clearInterval(watch);
      void worker.terminate();
      resolve({ seed: seen, ...result });
    };
    worker.once('message', (result) => end(result.failed === undefined ? result : { ...result, seed: Number(/^seed (\d+)/.exec(result.failed)?.[1]) }));
    worker.once('error', reject);
  });
}

function failed(fuzzer, { failed: message, cause, seed }) {
  console.error(`${message.slice(0, 500)}\n${cause ?? ''}`);
  console.error(`saved in ${save(fuzzer, seed)}; again: node bench/fuzz.mjs --seed ${seed} --count 1`);
  return 1;
}

async function reportSlowest(fuzzer, slowest) {
  const again = [];
  for (const { seed } of slowest) {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage();
      await fuzzer.run(seed);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1000);
    }
    again.push({ seed, ms: best });
  }
  const [worst] = again.sort((a, b) => b.ms - a.ms);
  if (worst) console.log(`slowest, best of three: ${worst.ms.toFixed(1)} ms, seed ${worst.seed}, saved in ${save(fuzzer, worst.seed)}`);
}

function save(fuzzer, seed) {
  const folder = join(options.save, String(seed));
  for (const [path, content] of Object.entries(fuzzer.inputOf(seed))) {
    const target = join(folder, path.replace(/^\/p\//, ''));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return folder;
}
