/**
 * Compiles schema/compose.schema.json, so that a load neither parses the schema nor compiles it, to
 *   schema-validator.js  ajv's standalone validator, which finds every violation;
 *   schema-shapes.js     a table of the same rules that is walked together with the tree and only says yes or no, several times
 *                        faster. The validator runs when it says no.
 * Run it after every change of the schema: `node scripts/compile-schema.mjs`. The results are committed, because tests, the type checker
 * and the bundler all need them; `--check` tells whether they are current (exit 1 when they are not).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const root = new URL('..', import.meta.url);
const targets = {
  validator: new URL('src/compose/generated/schema-validator.js', root),
  shapes: new URL('src/compose/generated/schema-shapes.js', root),
};

const HEADER = '// Made by scripts/compile-schema.mjs from schema/compose.schema.json. Do not edit.\n';

const EQUAL = `function equal(a, b) {
if (a === b) return true;
if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
const keys = Object.keys(a);
return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}
`;

/** Both results as the texts of ES modules. */
export function compileSchema() {
  const schema = withoutAnnotations(JSON.parse(readFileSync(new URL('schema/compose.schema.json', root), 'utf8')));
  return { validator: compileValidator(schema), shapes: compileShapes(schema) };
}

function compileValidator(schema) {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    inlineRefs: false,
    messages: false,
    code: { source: true, esm: true, lines: true },
  });
  let code = standaloneCode.default(ajv, ajv.compile(schema)).replace(/^"use strict";\s*/, '');
  // the only helper that this schema needs is deep equality, for uniqueItems
  code = code.replaceAll(/const (\w+) = require\("ajv\/dist\/runtime\/equal"\)\.default;/g, 'const $1 = equal;');
  const other = /require\("([^"]+)"\)/.exec(code)?.[1];
  if (other !== undefined) throw new Error(`the validator needs ${other}, which is not provided`);
  return HEADER + EQUAL + withKnownKeys(withoutSchemas(compact(code)));
}

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'deprecated']);
const NAMES = new Set(['properties', 'patternProperties', '$defs']);

/** The schema without what only people read. Below `properties` and the like, keys are names and stay. */
function withoutAnnotations(schema) {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const kept = Object.entries(schema).filter(([key]) => !ANNOTATIONS.has(key));
  const entries = kept.map(([key, value]) => {
    if (!NAMES.has(key)) return [key, withoutAnnotations(value)];
    return [key, Object.fromEntries(Object.entries(value).map(([name, sub]) => [name, withoutAnnotations(sub)]))];
  });
  return Object.fromEntries(entries);
}

/** ajv embeds the schema and reads a few values from it; those are put where they are read, and the rest goes. */
function withoutSchemas(code) {
  const schemas = new Map();
  const body = code.replaceAll(/^const (schema\d+) = (.*);$/gm, (_line, name, json) => {
    schemas.set(name, JSON.parse(json));
    return '';
  });
  const tables = [];
  const inlined = body.replaceAll(/(schema\d+)((?:\.[A-Za-z_]\w*|\["[^"]*"\])*)(, key\d+\))?/g, (_reference, name, path, lookup) => {
    let value = schemas.get(name);
    for (const [, word, quoted] of path.matchAll(/\.(\w+)|\["([^"]*)"\]/g)) value = value[word ?? quoted];
    if (lookup === undefined) return JSON.stringify(value);
    tables.push(`const keys${tables.length} = ${JSON.stringify(Object.fromEntries(Object.keys(value).map((key) => [key, 0])))};`);
    return `keys${tables.length - 1}${lookup}`;
  });
  return `${tables.join('\n')}\n${inlined.replaceAll(/\n{2,}/g, '\n')}`;
}

/** Shorter code with the same meaning; bookkeeping for `unevaluatedProperties`, which the schema does not use, goes. */
function compact(code) {
  return code
    .replaceAll(/^const evaluated0 = [^\n]*\nif\(evaluated0\.dynamicProps\)\{\n[^}]*\}\nif\(evaluated0\.dynamicItems\)\{\n[^}]*\}\n/gm, '')
    .replaceAll(/^validate\d+\.evaluated = .*;$/gm, '')
    .replaceAll(/^evaluated0\.\w+ = .*;$/gm, '')
    .replaceAll(/^var props0 = \{\};$/gm, '')
    .replaceAll(/^props0\[key\d+\] = true;$/gm, '')
    .replaceAll(', parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}', '}={}')
    .replaceAll(/,parentData:[^,}]*(?:\[[^\]]*\])?,parentDataProperty:[^,}]*,rootData,dynamicAnchors\}/g, '}')
    .replaceAll(/if\(vErrors === null\)\{\nvErrors = \[(err\d+)\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\nerrors\+\+;/g, '(vErrors ??= []).push($1); errors++;');
}

/** An unknown key is reported with the keys that are known there, for "did you mean". */
function withKnownKeys(code) {
  const unknown = /if\(!\((.*)\)\)\{\n(const err\d+ = \{.*keyword:"additionalProperties",params:\{additionalProperty: key\d+)\}\}/g;
  return code.replaceAll(unknown, (_match, condition, error) => {
    const table = /\b(keys\d+)\b/.exec(condition)?.[1];
    const names = [...condition.matchAll(/key\d+ === "([^"]+)"/g)].map((m) => m[1]);
    const known = table === undefined ? JSON.stringify(names) : `Object.keys(${table})`;
    return `if(!(${condition})){\n${error}, known: ${known}}}`;
  });
}

const KNOWN = ['type', 'properties', 'patternProperties', 'additionalProperties', 'items', 'uniqueItems', 'required', 'enum', 'pattern', 'minimum', 'maximum', '$ref', '$defs'];
const TYPE_BITS = { null: 1, boolean: 2, string: 4, integer: 8, number: 24, array: 32, object: 64 };

/** See schema-accept.ts, which reads the table. */
function compileShapes(schema) {
  const definitions = Object.fromEntries(Object.entries(schema.$defs).map(([name, definition]) => [name, shapeOf(definition)]));
  return `${HEADER}export const definitions = ${JSON.stringify(definitions)};\nexport const root = ${JSON.stringify(shapeOf(schema))};\n`;
}

function shapeOf(schema) {
  for (const keyword of Object.keys(schema)) if (!KNOWN.includes(keyword)) throw new Error(`the table knows no keyword "${keyword}"`);
  if (schema.$ref !== undefined) return schema.$ref.slice('#/$defs/'.length);
  const map = (table) => table && Object.fromEntries(Object.entries(table).map(([key, value]) => [key, shapeOf(value)]));
  const { '^x-': extensions, ...patterns } = schema.patternProperties ?? {};
  return {
    types: [schema.type ?? Object.keys(TYPE_BITS)].flat().reduce((bits, type) => bits | TYPE_BITS[type], 0),
    properties: map(schema.properties),
    extensions: extensions && true,
    patterns: Object.keys(patterns).length > 0 ? map(patterns) : undefined,
    closed: schema.additionalProperties === false || undefined,
    items: schema.items && shapeOf(schema.items),
    unique: schema.uniqueItems,
    required: schema.required,
    values: schema.enum,
    pattern: schema.pattern,
    minimum: schema.minimum,
    maximum: schema.maximum,
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, text] of Object.entries(compileSchema())) {
    if (!process.argv.includes('--check')) writeFileSync(targets[name], text);
    else if (readFileSync(targets[name], 'utf8') !== text) {
      console.error(`${targets[name].pathname} is not current: run node scripts/compile-schema.mjs`);
      process.exitCode = 1;
    }
  }
}
