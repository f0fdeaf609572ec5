import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/check/index.ts';
import { inspectProject } from '../../../src/compose/inspect/index.ts';
import type { LoadOptions } from '../../../src/compose/index.ts';
import { ProjectFolder } from './project-folder.ts';

const FILES = {
  'compose.yaml': `include:
  - sub/inc.yaml
services:
  web:
    extends:
      file: base.yaml
      service: base
    image: nginx:\${TAG:-1}
    build: .
    env_file: [a.env, b.env]
    environment:
      DB_URL: postgres://\${HOST}/x
      PASS:
    ports:
      - "8080:80"
    depends_on: [db]
  db:
    image: postgres:15
`,
  'compose.override.yaml': `services:
  web:
    environment:
      - DB_URL=postgres://\${HOST}/prod
    labels:
      com.example.a: "1"
    command: [run]
    ports: ["9090:90"]
`,
  'base.yaml': `services:
  base:
    image: base:0
    command: [sleep]
    labels: {com.example.a: "0", b: "2"}
    restart: always
`,
  'sub/inc.yaml': 'services:\n  inc:\n    image: inc:${INCTAG}\n',
  'sub/.env': 'INCTAG=5\n',
  '.env': 'HOST=fromenv\nTAG=2\nPASS=pw\n',
  'a.env': 'FROMFILE=1\nDB_URL=file\n',
  'b.env': 'FROMFILE=2\n',
};

async function explained(path: string, load: Partial<LoadOptions> = {}) {
  using folder = new ProjectFolder(FILES);
  const options = folder.load({ environment: { HOST: 'shell' }, ...load });
  const inspection = await inspectProject(options);
  const { project } = inspection.loaded;
  if (!project) throw new Error(JSON.stringify(inspection.loaded.diagnostics));
  const { value, origins, path: full } = explain(inspection, project, path, options.environment);
  const lines = origins.map(({ kind, range, wins }) => `${wins ? '+' : '-'} ${kind} ${range ? `${range.file}:${range.start.line}` : ''}`.trimEnd());
  return { path: full, value, lines, origins };
}

describe('explain', () => {
  it('lists what a variable of a container was overridden by, down to env_file', async () => {
    expect(await explained('web.environment.DB_URL')).toMatchObject({
      path: 'services.web.environment.DB_URL',
      value: 'postgres://shell/prod',
      lines: ['+ file compose.override.yaml:4', '- file compose.yaml:12', '- env_file a.env:2'],
    });
  });

  it('lists the sources of each variable in the value', async () => {
    const { origins } = await explained('web.environment.DB_URL');
    expect(origins[0]?.variables).toMatchObject([
      { name: 'HOST', value: 'shell', sources: [{ kind: 'shell', wins: true }, { kind: 'env file', value: 'fromenv', wins: false, range: { file: '.env', start: { line: 1 } } }] },
    ]);
    const image = await explained('services.web.image');
    expect(image).toMatchObject({ value: 'nginx:2', lines: ['+ file compose.yaml:8', '- extends base.yaml:3'] });
    expect(image.origins[0]?.variables[0]?.sources.map(({ kind, value, wins }) => [kind, value, wins])).toEqual([['env file', '2', true], ['default', '1', false]]);
  });

  it.each([
    ['web.environment.FROMFILE', '2', ['+ env_file b.env:1', '- env_file a.env:1']],
    ['web.environment.PASS', 'pw', ['+ file compose.yaml:13']],
    ['web.labels.com.example.a', '1', ['+ file compose.override.yaml:6', '- extends base.yaml:5']],
    ['web.labels.b', '2', ['+ extends base.yaml:5']],
    ['web.restart', 'always', ['+ extends base.yaml:6']],
    ['web.command', ['run'], ['+ file compose.override.yaml:7', '- extends base.yaml:4']],
    ['web.ports[1].target', 90, ['+ file compose.override.yaml:8']],
    ['web.depends_on.db.condition', 'service_started', ['+ file compose.yaml:16']],
    ['inc.image', 'inc:5', ['+ include sub/inc.yaml:3']],
  ] as const)('%s', async (path, value, lines) => {
    expect(await explained(path)).toMatchObject({ value, lines });
  });

  it('calls merged what several files gave parts of', async () => {
    expect((await explained('web.labels')).lines).toEqual(['+ file compose.override.yaml:5', '+ extends base.yaml:5']);
  });

  it('knows where the name comes from', async () => {
    expect(await explained('name', { projectName: 'given' })).toMatchObject({ value: 'given', lines: ['+ option'] });
    expect(await explained('name', { environment: { COMPOSE_PROJECT_NAME: 'env' } })).toMatchObject({ value: 'env', lines: ['+ variable'] });
    expect((await explained('networks.default.name')).lines).toEqual(['+ implied']);
  });

  it('says how far a wrong path goes', async () => {
    await expect(explained('web.imag')).rejects.toMatchObject({ message: 'web.imag: services.web has no "imag"', hint: 'did you mean "image"?' });
    await expect(explained('nobody.image')).rejects.toMatchObject({ code: 'explain.path' });
  });
});

describe('explain follows', () => {
  const origins = async (files: Readonly<Record<string, string>>, path: string) => {
    using folder = new ProjectFolder(files);
    const inspection = await inspectProject(folder.load());
    const { project } = inspection.loaded;
    if (!project) throw new Error(JSON.stringify(inspection.loaded.diagnostics));
    return explain(inspection, project, path, {}).origins.map(({ kind, range, wins }) => `${wins ? '+' : '-'} ${kind} ${range?.file}:${range?.start.line}`);
  };

  it('label files, which "labels" overrides', async () => {
    const files = { 'compose.yaml': 'services:\n  a:\n    image: x\n    label_file: [one, two]\n    labels: {own: "1"}\n', one: 'a=1\nown=0\n', two: 'a=2\n' };
    expect(await origins(files, 'a.labels.a')).toEqual(['+ label_file two:1', '- label_file one:1']);
    expect(await origins(files, 'a.labels.own')).toEqual(['+ file compose.yaml:5', '- label_file one:2']);
  });

  it('variables in extends', async () => {
    const files = { 'compose.yaml': 'services: {a: {extends: {file: "${F:-base.yaml}", service: "${S:-b}"}}}\n', 'base.yaml': 'services:\n  b: {image: x}\n' };
    expect(await origins(files, 'a.image')).toEqual(['+ extends base.yaml:2']);
  });

  it('the env file that an include names', async () => {
    const files = { 'compose.yaml': 'include: [{path: a.yaml, env_file: i.env}]\nservices: {}\n', 'a.yaml': 'services: {a: {image: "x:$T"}}\n', 'i.env': 'T=1\n' };
    using folder = new ProjectFolder(files);
    const inspection = await inspectProject(folder.load());
    const { project } = inspection.loaded;
    const [origin] = project ? explain(inspection, project, 'a.image', {}).origins : [];
    expect(origin?.variables[0]?.sources.map(({ kind, value, range }) => [kind, value, range?.file])).toEqual([['env file', '1', 'i.env']]);
  });
});
