import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { compileSchema } from '../../../scripts/compile-schema.mjs';
import validate from '../../../src/compose/generated/schema-validator.js';
import { parseSource } from '../../../src/compose/parse.ts';
import { Problems } from '../../../src/compose/problems.ts';
import { acceptsSchema } from '../../../src/compose/schema-accept.ts';
import { toData } from '../../../src/compose/schema.ts';
import { Source } from '../../../src/compose/source.ts';
import { caseProjects, mutate, random } from '../../property/compose/mutate.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly [key: string]: unknown;
}
const schema = JSON.parse(read('schema/compose.schema.json')) as Schema;

function* properties(node: unknown, path = ''): Generator<[string, Schema]> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') for (const [name, property] of Object.entries(value as object)) yield [`${path}/${name}`, property as Schema];
    yield* properties(value, `${path}/${key}`);
  }
}

describe('the schema', () => {
  it('was compiled after its last change', () => {
    const { validator, shapes } = compileSchema() as { validator: string; shapes: string };
    expect(validator === read('src/compose/generated/schema-validator.js')).toBe(true);
    expect(shapes === read('src/compose/generated/schema-shapes.js')).toBe(true);
  });

  it('has a title and a description for every key, so that editors show help', () => {
    const bare = [...properties(schema)].filter(([, property]) => !property.title || !property.description).map(([path]) => path);
    expect(bare).toEqual([]);
  });

  it('has the 93 attributes of a service, and no other than the loader reads', async () => {
    const { serviceKeys } = await import('../../../src/compose/codec/index.ts');
    expect(Object.keys(schema.$defs?.['service']?.properties ?? {}).sort()).toEqual([...serviceKeys].sort());
  });
});

describe('the table of the schema', () => {
  const tree = (text: string) => parseSource(new Source('compose.yaml', '/p/compose.yaml', text), new Problems()).documents.map((d) => d.root);

  it('says yes exactly when the validator finds nothing, except for lists of mappings, where it may say no', () => {
    const texts = caseProjects().flatMap((files) => Object.entries(files).flatMap(([path, text]) => (path.endsWith('.yaml') ? [text] : [])));
    const counts = { yes: 0, no: 0 };
    for (const [i, text] of texts.entries()) {
      const next = random(i);
      for (const variant of [text, mutate(text, texts[(i * 7) % texts.length] ?? '', next), mutate(text, '', next)]) {
        for (const document of tree(variant)) {
          const valid = validate(toData(document));
          const accepted = acceptsSchema(document);
          if (accepted) expect(valid ? [] : validate.errors, variant).toEqual([]);
          if (valid && !accepted) expect(variant, 'refused without a list of mappings').toMatch(/ports|volumes|-/);
          counts[accepted ? 'yes' : 'no']++;
        }
      }
    }
    expect(counts.yes).toBeGreaterThan(500);
    expect(counts.no).toBeGreaterThan(100);
  });
});
