/** Values that YAML, or some YAML, reads as something else than what stands there. */
import { type PathKey, type ScalarNode, scalarText } from '../../compose/inspect/index.ts';
import { eachScalar, quoteFix } from '../raw.ts';
import type { Rule, RuleContext } from '../rule.ts';

const NORWAY = /^(y|n|yes|no|on|off)$/i;
const SEXAGESIMAL = /^[1-9]\d*(:[0-5]?\d)+$/;

/** Sections whose values become texts. */
function isText(path: readonly PathKey[]): boolean {
  if (path[0] !== 'services') return false;
  const [, , attribute, next] = path;
  if (attribute === 'build') return next === 'args' || next === 'labels';
  return attribute === 'environment' || attribute === 'labels' || attribute === 'annotations' || attribute === 'sysctls';
}

function scalars(context: RuleContext, visit: (scalar: ScalarNode, path: readonly PathKey[]) => void): void {
  for (const { documents } of context.inspection.files) {
    for (const document of documents) {
      eachScalar(document, (scalar, path) => {
        if (scalar.style === 'plain') visit(scalar, path);
      });
    }
  }
}

function checkNorway(context: RuleContext): void {
  scalars(context, (scalar, path) => {
    if (scalar.type !== 'str' || !NORWAY.test(scalar.text) || String(path[0]).startsWith('x-')) return;
    context.report(`a plain ${scalar.text} is the text "${scalar.text}" here, but a boolean to YAML 1.1`, { place: scalar, path: [...path], hint: `quote it: "${scalar.text}"`, fix: quoteFix(scalar) });
  });
}

function checkSexagesimal(context: RuleContext): void {
  scalars(context, (scalar, path) => {
    if (scalar.type !== 'str' || !SEXAGESIMAL.test(scalar.text)) return;
    const value = scalar.text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    context.report(`a plain ${scalar.text} is a text here, but the number ${value} to YAML 1.1, which counts in sixties`, { place: scalar, path: [...path], hint: `quote it: "${scalar.text}"`, fix: quoteFix(scalar) });
  });
}

function checkNumbers(context: RuleContext): void {
  scalars(context, (scalar, path) => {
    if ((scalar.type !== 'int' && scalar.type !== 'float') || !isText(path)) return;
    const became = scalarText(scalar);
    if (became === scalar.text) return;
    const octal = /^[-+]?0o?[0-7]+$/.test(scalar.text) ? ', because a leading zero means octal' : '';
    context.report(`${scalar.text} becomes "${became}"${octal}`, { place: scalar, path: [...path], hint: `quote it to keep it as it is: "${scalar.text}"` });
  });
}

function checkVersions(context: RuleContext): void {
  scalars(context, (scalar, path) => {
    if (scalar.type !== 'time' || !isText(path)) return;
    const became = scalarText(scalar);
    if (became !== scalar.text) context.report(`${scalar.text} is read as a date and becomes "${became}"`, { place: scalar, path: [...path], hint: `quote it: "${scalar.text}"` });
  });
}

/** Quotes of word processors, which YAML takes for letters. */
const TYPOGRAPHIC = /^[\u2018-\u201f\u00ab].*[\u2018-\u201f\u00bb]$/s;

function checkQuotes(context: RuleContext): void {
  scalars(context, (scalar, path) => {
    if (!TYPOGRAPHIC.test(scalar.text)) return;
    const mark = `${scalar.text.slice(0, 1)} and ${scalar.text.slice(-1)}`;
    context.report(`the quotes ${mark} are not those of YAML and become part of the value`, { place: scalar, path: [...path], hint: 'write " or \' instead' });
  });
}

export const yamlRules: readonly Rule[] = [
  {
    id: 'yaml.norway',
    level: 'warning',
    fixable: true,
    summary: 'a plain yes, no, on or off',
    why: 'Docker Compose and tscompose read a text. Tools that follow YAML 1.1 read true or false, and Norway (`no`) is no country any more. Quotes settle it.',
    files: checkNorway,
  },
  {
    id: 'yaml.sexagesimal',
    level: 'warning',
    fixable: true,
    summary: 'plain digits with colons, such as 22:22',
    why: 'YAML 1.1 counts in sixties: a port mapping 22:22 is the number 1342 to such tools. Quotes settle it.',
    files: checkSexagesimal,
  },
  {
    id: 'yaml.number',
    level: 'warning',
    summary: 'a number that changes when it becomes a text',
    why: '`UMASK: 0022` gives "18", `VERSION: 1.10` gives "1.1", `ID: 1_000` gives "1000". Quote what is meant as a text. Not mended by --fix, because the value would change.',
    files: checkNumbers,
  },
  {
    id: 'yaml.date',
    level: 'warning',
    summary: 'a date that changes when it becomes a text',
    why: '`RELEASED: 2024-01-02` gives "2024-01-02 00:00:00 +0000 UTC". Quote it.',
    files: checkVersions,
  },
  {
    id: 'yaml.quotes',
    level: 'warning',
    summary: 'typographic quotes around a value',
    why: 'Word processors and chats turn straight quotes into curly ones. YAML takes them for letters: they become part of the value. Not mended by --fix, because the value would change.',
    files: checkQuotes,
  },
];
