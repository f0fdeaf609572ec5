import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleProgram } from './bundle.ts';

it('containers reach the outside, and only what is published is reached, where Docker or a firewall drops forwarded packets', () => {
  const program = bundleProgram('firewalled-host');
  try {
    const found = JSON.parse(execFileSync('unshare', ['--net', process.execPath, program], { encoding: 'utf8', timeout: 60_000 })) as unknown;
    const expected = { fromOutside: 'it works', unpublished: '', toOutside: 0, ourRules: 2 };
    expect(found).toEqual({ docker: expected, 'docker-after': 0, plain: expected, 'plain-after': 0, named: { ...expected, ourRules: 4 }, 'named-after': 0, left: [] });
  } finally {
    rmSync(program);
  }
});
