/**
 * Our YAML parser against the `yaml` package, over every fixture file: the same collections, keys and scalar texts in the same order. Types
 * of scalars are not compared: ours follow YAML 1.1 as Docker Compose reads it, and the recorded cases judge those.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments, type Node as JudgeNode } from 'yaml';
import { Source } from '../../../src/compose/source.ts';
import type { Node } from '../../../src/compose/tree.ts';
import { YamlParser } from '../../../src/compose/yaml/index.ts';

const CASES = resolve(import.meta.dirname, '../../fixtures/compose/cases');

type Plain = string | Plain[] | { [key: string]: Plain };

function ours(node: Node): Plain {
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'seq') return node.items.map(ours);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, ours(entry.value)]));
}

function theirs(node: JudgeNode | null | undefined, document: ReturnType<typeof parseAllDocuments>[number]): Plain {
  if (isAlias(node)) return theirs(node.resolve(document), document);
  if (isSeq(node)) return node.items.map((item) => theirs(item as JudgeNode, document));
  if (isMap(node)) return Object.fromEntries(node.items.map((pair) => [isPair(pair) && isScalar(pair.key) ? textOf(pair.key) : '?', theirs(pair.value as JudgeNode, document)]));
  return isScalar(node) ? textOf(node) : '';
}

const textOf = (scalar: { value: unknown; source?: string; type?: string }): string =>
  scalar.type === 'PLAIN' ? (scalar.source ?? '') : typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');

function parseOurs(text: string): Plain[] {
  const parser = new YamlParser(new Source('compose.yaml', '/compose.yaml', text));
  const documents: Plain[] = [];
  for (let root = parser.nextDocument(); root; root = parser.nextDocument()) documents.push(ours(root));
  return documents;
}

function answer(text: string): string {
  try {
    return JSON.stringify(parseOurs(text));
  } catch (error) {
    return String(error);
  }
}

/** Merge keys are applied by our parser and kept by the judge; custom tags change what is compared. Both have cases of their own. */
const isComparable = (text: string) => !/<<|!(reset|override)|!!|%/.test(text) && !/[\r\uFEFF]/.test(text);

describe('our YAML parser and the yaml package', () => {
  it('read the same out of every fixture', () => {
    let compared = 0;
    const differing: string[] = [];
    for (const name of readdirSync(CASES)) {
      if (!existsSync(join(CASES, name, 'expected.json'))) continue; // Docker Compose refuses it, and so do we
      for (const file of readdirSync(join(CASES, name)).filter((entry) => /\.ya?ml$/.test(entry))) {
        const text = readFileSync(join(CASES, name, file), 'utf8');
        if (!isComparable(text)) continue;
        const judged = parseAllDocuments(text, { version: '1.2', uniqueKeys: true });
        if (!Array.isArray(judged) || judged.some((document) => document.errors.length > 0)) continue;
        compared++;
        const judgement = JSON.stringify(judged.map((document) => theirs(document.contents as JudgeNode, document)));
        if (answer(text) !== judgement) differing.push(`${name}/${file}`);
      }
    }
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(300);
  });
});
