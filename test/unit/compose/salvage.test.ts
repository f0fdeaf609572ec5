/** After a syntax error the rest of the file is still checked, and nothing is reported that only follows from the error. */
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/compose/index.ts';
import { memoryReader } from '../../property/compose/mutate.ts';

async function found(text: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const files = { 'compose.yaml': text, ...more };
  const reader = memoryReader(Object.fromEntries(Object.entries(files).map(([name, content]) => [`/p/${name}`, content])));
  const { diagnostics, project } = await loadProject({ workingDirectory: '/p', environment: {}, reader });
  expect(project).toBeUndefined();
  return diagnostics.map(({ code, range }) => `${range?.file === 'compose.yaml' ? '' : `${range?.file}:`}${range?.start.line} ${code}`);
}

const BROKEN = 'services:\n  web:\n    image: x\n    command: [a, b\n    ports: []\n';

describe('a file with a syntax error', () => {
  it('is checked but for the service that has it, whose name may be used', async () => {
    const rest = '  api: {imag: x, depends_on: [web, lost]}\n  db: {image: x, volumes: ["data:/d"], network_mode: "service:web"}\n';
    expect(await found(BROKEN + rest)).toEqual(['5 yaml.syntax', '6 schema.unknownKey', '6 service.undefined', '7 volume.undefined']);
  });

  it('says every syntax error at once', async () => {
    expect(await found('services:\n  a:\n    image: x\n     command: y\n  b:\n    image: y\n    environment:\n      A: 1\n      - B\nvolumes:\n\tv:\n')).toEqual([
      '4 yaml.syntax',
      '9 yaml.syntax',
      '11 yaml.syntax',
    ]);
  });

  it('asks nothing of a section that has no other entry', async () => {
    expect(await found('services:\n  web: {image: x, volumes: ["v:/d"], foo: 1}\nvolumes:\n  v: [\n')).toEqual(['2 schema.unknownKey', '4 yaml.syntax']);
    expect(await found('services:\n\tweb: {image: x}\n\tdb: {image: y}\n')).toEqual(['2 yaml.syntax']);
    expect(await found('services: {a: {image: x, command: [y}}\nvolumes: {v: {foo: 1}}\n')).toEqual(['1 yaml.syntax', '2 schema.unknownKey']);
  });

  it('is left alone where its anchors are lost, or its top is', async () => {
    expect(await found('x-a: &a\n  b: "c\nservices:\n  web: {<<: *a, foo: 1}\n')).toEqual(['2 yaml.syntax']);
    expect(await found('services\n  web:\n    foo: 1\n')).toEqual(['2 yaml.syntax']);
    expect(await found('{"services": {"web": {"foo": 1}, "db": }}}\n')).toEqual(['1 yaml.syntax']);
  });

  it('loses all between an open quote and the line where it shows', async () => {
    expect(await found('services:\n  a:\n    image: "x\n  b:\n    foo: 1\n    command: "y"\n  c: {image: z, foo: 1}\n')).toEqual(['6 yaml.syntax', '7 schema.unknownKey']);
    expect(await found('services:\n  a:\n    image: "x\nvolumes:\n  v: {name: "y"}\n  w: {foo: 1}\nnetworks: {n: {foo: 1}}\n')).toEqual(['5 yaml.syntax', '7 schema.unknownKey']);
  });

  it('blames no service that extends, overrides or includes what was lost', async () => {
    expect(await found(`${BROKEN}  api: {extends: web, hostname: 5}\n`)).toEqual(['5 yaml.syntax', '6 schema.type']);
    expect(await found(`${BROKEN}  api: {image: x, foo: 1}\n`, { 'compose.override.yaml': 'services: {web: {hostname: h}, api: {bar: 1}}\n' })).toEqual([
      '5 yaml.syntax',
      '6 schema.unknownKey',
      'compose.override.yaml:1 schema.unknownKey',
    ]);
    const included = { 'a.yaml': 'services:\n  x: {image: "y}\n' };
    expect(await found('include: [a.yaml]\nservices: {w: {image: x, depends_on: [x], foo: 1}}\n', included)).toEqual(['a.yaml:2 yaml.syntax', '2 schema.unknownKey']);
  });

  it('has the same lines with other line breaks', async () => {
    for (const eol of ['\r\n', '\r']) expect(await found(`${BROKEN}  api: {imag: x}\n`.replaceAll('\n', eol))).toEqual(['5 yaml.syntax', '6 schema.unknownKey']);
  });
});
