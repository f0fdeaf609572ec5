import { describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/compose/index.ts';
import { memoryReader } from '../../property/compose/mutate.ts';
import { emptyWorld, upPlan } from './world.ts';

const TEXT = [
  'services:',
  '  web:',
  '    image: a',
  '    pre_start: [{image: b, command: [x]}]',
  '    volumes:',
  '      - {type: image, source: i, target: /i}',
  '    networks:',
  '      net.1:',
  '        gw_priority: 5',
  '  plain: {image: a}',
  'networks: {net.1: {}}',
  '',
].join('\n');

async function load() {
  const { project, diagnostics } = await loadProject({ workingDirectory: '/p', environment: {}, reader: memoryReader({ '/p/compose.yaml': TEXT }) });
  if (!project) throw new Error(JSON.stringify(diagnostics));
  return project;
}

describe('what an engine will not do', () => {
  it('is a warning of the plan, at the line that asks for it', async () => {
    const project = await load();
    const { warnings } = upPlan(project, emptyWorld(project));
    expect(warnings.map(({ code, path, range }) => [code, path, range?.file, range?.start.line, range?.start.column])).toEqual([
      ['engine.unsupported', 'services.web.volumes[0].type', 'compose.yaml', 6, 16],
      ['engine.unsupported', 'services.web.networks["net.1"].gw_priority', 'compose.yaml', 9, 22],
      ['engine.unsupported', 'services.web.pre_start', 'compose.yaml', 4, 5],
    ]);
  });

  it('depends on its version', async () => {
    const project = await load();
    const { warnings } = upPlan(project, { ...emptyWorld(project), apiVersion: '1.50' });
    expect(warnings.map(({ message }) => message)).toEqual(['services.web.pre_start: this is not supported and has no effect']);
  });
});
