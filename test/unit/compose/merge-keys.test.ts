import { expect, it } from 'vitest';
import { loadProject, type SourceReader } from '../../../src/compose/index.ts';

const reader = (text: string): SourceReader => ({
  readFile: () => text,
  kindOf: (path) => (path === '/p/compose.yaml' ? 'file' : undefined),
  realPath: (path) => path,
});

it('a merge key belongs to its own mapping, also when a nested mapping follows at once, with or without a merge key', async () => {
  const text = `
x-a: &a {restart: always}
services:
  api:
    <<: *a
    build:
      <<: {context: .}
      args: {A: b}
    labels:
      <<: {k: v}
      z: y
`;
  const { project, diagnostics } = await loadProject({ workingDirectory: '/p', environment: {}, reader: reader(text) });
  expect(diagnostics).toEqual([]);
  expect(project?.services['api']).toMatchObject({ restart: 'always', build: { context: '/p', args: { A: 'b' } }, labels: { k: 'v', z: 'y' } });
});
