/**
 * Compiles schema/compose.schema.json to a standalone validator, so that a load neither parses the schema nor compiles it.
 * Run it after every change of the schema: `node scripts/compile-schema.mjs`; with `--check` it only tells whether the
 * committed file is current (exit 1 when it is not).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const root = new URL('..', import.meta.url);
const target = new URL('src/compose/generated/schema-validator.js', root);

/** The validator as the text of an ES module. */
export function compileSchema() {
  const schema = withoutAnnotations(JSON.parse(readFileSync(new URL('schema/compose.schema.json', root), 'utf8')));
  const ajv = new Ajv2020({ allErrors: true, strict: false, inlineRefs: false, messages: false, code: { source: true, esm: true, lines: true } });
  const code = standaloneCode.default(ajv, ajv.compile(schema));
  // the only helper that the schema needs is deep equality, for uniqueItems
  const helpers = [...code.matchAll(/require\("([^"]+)"\)/g)].map((m) => m[1]);
  for (const helper of helpers) if (helper !== 'ajv/dist/runtime/equal') throw new Error(`the validator needs ${helper}, which is not provided`);
  const used = code
    .replace(/^"use strict";\s*/, '')
    .replaceAll(/const (\w+) = require\("ajv\/dist\/runtime\/equal"\)\.default;/g, 'const $1 = equal;')
    .replaceAll(/const schema\d+ = \{"\$schema"[\s\S]*?\};\n/g, '');
  return `// Made by scripts/compile-schema.mjs from schema/compose.schema.json. Do not edit.\n${EQUAL}${withoutSchemas(used)}`;
}

const EQUAL = `function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}
`;

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'deprecated']);

/** The schema without what only people read. Below `properties` and the like, keys are names and stay. */
function withoutAnnotations(schema) {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const entries = Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key));
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const named = key === 'properties' || key === 'patternProperties' || key === '$defs';
      if (!named) return [key, withoutAnnotations(value)];
      return [key, Object.fromEntries(Object.entries(value).map(([name, sub]) => [name, withoutAnnotations(sub)]))];
    }),
  );
}

/** Embedded copies of the schema serve messages; those that the code reads (properties, enums) stay. */
function withoutSchemas(code) {
  const lines = code.split('\n');
  return lines
    .filter((line) => {
      const name = /^const (schema\d+) = /.exec(line)?.[1];
      return name === undefined || lines.some((other) => other !== line && new RegExp(`\\b${name}\\b`).test(other));
    })
    .join('\n');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const text = compileSchema();
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') === text) process.exit(0);
    console.error('src/compose/generated/schema-validator.js is not current: run node scripts/compile-schema.mjs');
    process.exit(1);
  }
  writeFileSync(target, text);
}
