import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { defaultResolverEntry } from '../../../src/runtime/networks/resolver-entry.ts';

it('containers reach the outside, and only what is published is reached, where Docker or a firewall drops forwarded packets', () => {
  const here = dirname(fileURLToPath(import.meta.url));
  // Next to the resolver's bundle, where both find koffi.
  const cache = dirname(defaultResolverEntry());
  const program = join(cache, `firewalled-host-${process.pid}.mjs`);
  mkdirSync(cache, { recursive: true });
  buildSync({ entryPoints: [join(here, 'firewalled-host.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', external: ['koffi'], logLevel: 'error' });
  try {
    const found = JSON.parse(execFileSync('unshare', ['--net', process.execPath, program], { encoding: 'utf8', timeout: 60_000 })) as unknown;
    const expected = { fromOutside: 'it works', unpublished: '', toOutside: 0, ourRules: 2 };
    expect(found).toEqual({ docker: expected, 'docker-after': 0, plain: expected, 'plain-after': 0, left: [] });
  } finally {
    rmSync(program);
  }
});
