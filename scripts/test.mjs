#!/usr/bin/env node
/**
 * `npm test`: types, bundle, then every test that this host can run. Arguments go to vitest (`npm test -- test/unit`).
 * Each step's output is shown as it comes; the first failing step ends the run with its exit code.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const binary = (name) => join(root, 'node_modules', '.bin', name);
const steps = [
  ['types', binary('tsc'), '--noEmit'],
  ['bundle', process.execPath, join(root, 'scripts', 'build.mjs')],
  ['tests', binary('vitest'), 'run', ...process.argv.slice(2)],
];

for (const [name, command, ...args] of steps) {
  console.log(`== ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) {
    console.error(`== ${name} failed`);
    process.exit(status ?? 1);
  }
}
