import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './measure.ts';
import { record, type Results } from './report.ts';
import { busyboxTree } from './tools.ts';

/** What no tool on this machine can beat: a bare `crun run`, and the start of each Node binary. */
export function measureFloor(results: Results, nodes: readonly string[], repetitions = 10): void {
  const directory = mkdtempSync(join(tmpdir(), 'tscompose-floor-'));
  try {
    busyboxTree(join(directory, 'rootfs'));
    const spec = JSON.parse(run(['crun', 'spec', '-f', '/dev/stdout'], { keepOutput: true, check: false, cwd: directory }).stdout || 'null') as
      | { process: { args: string[]; terminal: boolean }; root: { path: string; readonly: boolean } }
      | null;
    const config = spec ?? (run(['crun', 'spec'], { cwd: directory }), JSON.parse(run(['cat', join(directory, 'config.json')], { keepOutput: true }).stdout));
    config.process.args = ['/bin/busybox', 'true'];
    config.process.terminal = false;
    config.root.path = join(directory, 'rootfs');
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    for (let index = 0; index < repetitions; index++) {
      const id = `floor-${process.pid}-${index}`;
      record(results, 'floor: crun run true', 'floor', { value: run(['crun', 'run', '-b', directory, id]).ms, unit: 'ms' });
      for (const node of nodes) record(results, `floor: ${node} -e 0`, 'floor', { value: run([node, '-e', '0']).ms, unit: 'ms' });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
