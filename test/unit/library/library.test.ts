import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../../../src/index.ts');

/** What a program sees that only imports the library: handles, output, and the environment variables that were read. */
const PROBE = `
const read = []; // Node's own loader asks for one variable
process.env = new Proxy(process.env, { get: (target, name) => (read.push(String(name)), target[name]) });
const library = await import(process.argv[2]);
await new Promise(setImmediate);
console.log(JSON.stringify({ names: Object.keys(library), read: read.filter((name) => name !== 'WATCH_REPORT_DEPENDENCIES'), handles: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|Immediate|FS|Close/.test(name)) }));
`;

describe('the library', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsc-library-'));
  const outfile = join(directory, 'index.mjs');
  beforeAll(() => build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile, logLevel: 'error', banner: { js: 'import { createRequire as __r } from "node:module"; const require = __r(import.meta.url);' } }));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('starts nothing, prints nothing and reads no environment when imported', () => {
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', PROBE, 'probe', outfile], { encoding: 'utf8' });
    expect(done.stderr).toBe('');
    const seen = JSON.parse(done.stdout) as { names: string[]; read: string[]; handles: string[] };
    expect(seen.read).toEqual([]);
    expect(seen.handles).toEqual([]);
    expect(seen.names).toEqual(expect.arrayContaining(['loadProject', 'planUp', 'planDown', 'execute', 'connectEngine']));
  });
});
