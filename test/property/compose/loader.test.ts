import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { loadProject, printProject } from '../../../src/compose/index.ts';
import { fuzz } from './fuzz.ts';
import { memoryReader } from './mutate.ts';

/** Generous, for a machine that is busy; each test takes a second or two. */
vi.setConfig({ testTimeout: 120_000 });

const load = (files: Readonly<Record<string, string | Uint8Array>>, names: readonly string[] = ['compose.yaml']) =>
  loadProject({ workingDirectory: '/p', environment: {}, files: names, reader: memoryReader(files) });

describe('the loader', () => {
  it('ends in a project or in errors for damaged projects', async () => {
    const result = await fuzz(1500, 42);
    expect(result.runs).toBe(1500);
    expect(result.loaded).toBeGreaterThan(50);
    expect(result.slowest[0]?.ms).toBeLessThan(10_000);
  });

  it('ends in a project or in errors for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const { project, diagnostics } = await load({ '/p/compose.yaml': bytes });
        expect(project === undefined).toBe(diagnostics.some((d) => d.severity === 'error'));
      }),
      { numRuns: 200 },
    );
  });

  it('gives positions that lie inside the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 120 }), async (text) => {
        const content = `services:\n  a: {image: x}\n${text}`;
        const lines = content.split(/\r\n|\r|\n/);
        for (const { range } of (await load({ '/p/compose.yaml': content })).diagnostics) {
          if (!range) continue;
          expect(range.start.line).toBeLessThanOrEqual(lines.length);
          expect(range.start.offset).toBeLessThanOrEqual(range.end.offset);
          expect(range.end.offset).toBeLessThanOrEqual(content.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const value = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
const serviceArbitrary = fc.record(
  {
    image: word,
    command: fc.oneof(fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }), fc.constant(null)),
    environment: fc.dictionary(word, value, { maxKeys: 4 }),
    labels: fc.dictionary(word, value, { maxKeys: 3 }),
    hostname: word,
    privileged: fc.boolean(),
    init: fc.boolean(),
    scale: fc.nat(5),
    mem_limit: fc.nat(1e9),
    cpus: fc.nat(8),
    stop_grace_period: fc.nat(100000).map((ms) => `${ms}ms`),
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 3 }),
    volumes: fc.uniqueArray(word, { maxLength: 2 }).map((names) => names.map((n) => `./${n}:/${n}`)),
    cap_add: fc.uniqueArray(word, { maxLength: 3 }),
    dns: fc.uniqueArray(word, { maxLength: 3 }),
    extra_hosts: fc.dictionary(word, fc.constant('1.2.3.4'), { maxKeys: 2 }),
    // Docker Compose prints a limit of 0 as {}, which it does not take back
    ulimits: fc.dictionary(fc.constantFrom('nofile', 'nproc'), fc.integer({ min: 1, max: 1000 }), { maxKeys: 2 }),
    healthcheck: fc.record({ test: fc.string({ minLength: 1, maxLength: 10 }), retries: fc.nat(9) }),
  },
  { requiredKeys: ['image'] },
);
const fileArbitrary = fc.dictionary(word, serviceArbitrary, { minKeys: 1, maxKeys: 3 }).map((services) => ({ services }));

/** JSON is YAML; a dollar would be a variable. */
const asFile = (data: unknown) => JSON.stringify(data).replaceAll('$', '$$$$').replaceAll('\u2028', ' ').replaceAll('\u2029', ' ').replaceAll('\u0085', ' ');

describe('printing and reading', () => {
  it('reads its own YAML and JSON as the same project', async () => {
    await fc.assert(
      fc.asyncProperty(fileArbitrary, async (file) => {
        const { project, diagnostics } = await load({ '/p/compose.yaml': asFile(file) });
        if (!project) throw new Error(JSON.stringify(diagnostics));
        const yaml = printProject(project, { format: 'yaml' });
        for (const format of ['yaml', 'json'] as const) {
          const again = await load({ '/p/compose.yaml': printProject(project, { format }) });
          expect(again.diagnostics).toEqual([]);
          expect(again.project && printProject(again.project, { format: 'yaml' })).toBe(yaml);
        }
      }),
      { numRuns: 80 },
    );
  });
});

describe('merging', () => {
  const print = async (...files: object[]) => {
    const names = files.map((_, i) => `f${i}.yaml`);
    const contents = Object.fromEntries(files.map((f, i) => [`/p/f${i}.yaml`, asFile(f)]));
    const { project, diagnostics } = await load(contents, names);
    if (!project) throw new Error(JSON.stringify(diagnostics));
    return printProject(project, { format: 'yaml' });
  };

  it('changes nothing when a file is merged over itself', async () => {
    // lists without a key are appended, so `ports` and the like may only appear once: all lists above have keys
    await fc.assert(
      fc.asyncProperty(fileArbitrary, async (file) => {
        expect(await print(file, file)).toBe(await print(file));
      }),
      { numRuns: 40 },
    );
  });

  it('changes nothing when an empty file is merged', async () => {
    await fc.assert(
      fc.asyncProperty(fileArbitrary, async (file) => {
        expect(await print(file, { services: {} })).toBe(await print(file));
        expect(await print({ services: {} }, file)).toBe(await print(file));
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on how files are grouped', async () => {
    await fc.assert(
      fc.asyncProperty(fileArbitrary, fileArbitrary, fileArbitrary, async (a, b, c) => {
        const documents = `${asFile(b)}\n---\n${asFile(c)}`;
        const { project } = await load({ '/p/a.yaml': asFile(a), '/p/bc.yaml': documents }, ['a.yaml', 'bc.yaml']);
        expect(project && printProject(project, { format: 'yaml' })).toBe(await print(a, b, c));
      }),
      { numRuns: 40 },
    );
  });
});
