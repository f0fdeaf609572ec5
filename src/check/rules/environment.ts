/** Environment variables and env files. */
import type { SourceRange } from '../../base/index.ts';
import { type Inspection, type Place, type Source, expressionsIn, rangeOf } from '../../compose/inspect/index.ts';
import { type Pair, pairsOf, rawServices } from '../raw.ts';
import type { Rule, RuleContext } from '../rule.ts';

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|KEY)(_\d+)?$/i;
const HARMLESS_NAME = /(^|_)(PUBLIC|SORT|PRIMARY|FOREIGN|PARTITION|CACHE|RANDOM)_?KEY$|(^|_)ALLOW_EMPTY/i;
const HARMLESS_VALUE = /^(|true|false|yes|no|on|off|none|null|0|1)$|^\/|^file:/i;
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s@]+)@/i;

function looksSecret({ key, value = '' }: Pair): boolean {
  if (expressionsIn(value).length > 0) return false;
  if (URL_PASSWORD.test(value)) return true;
  return SECRET_NAME.test(key) && !HARMLESS_NAME.test(key) && !HARMLESS_VALUE.test(value);
}

interface PlainSecret {
  readonly pair: Pair;
  /** Path in the model. */
  readonly path: readonly string[];
}

function* plainSecrets(inspection: Inspection): Generator<PlainSecret> {
  for (const { name, node } of rawServices(inspection)) {
    const build = node.get('build');
    const sections = [
      { keys: ['environment'], pairs: pairsOf(node.get('environment')) },
      { keys: ['build', 'args'], pairs: build?.kind === 'map' ? pairsOf(build.get('args')) : [] },
    ];
    for (const { keys, pairs } of sections) {
      for (const pair of pairs.filter(looksSecret)) yield { pair, path: ['services', name, ...keys, pair.key] };
    }
  }
}

/** Where the values of plain secrets stand: no report may show them. */
export function secretRanges(inspection: Inspection): SourceRange[] {
  return [...plainSecrets(inspection)].map(({ pair: { place, inList } }) => {
    const equals = inList ? place.source.text.indexOf('=', place.start) : -1;
    return rangeOf(equals >= 0 && equals < place.end ? { ...place, start: equals + 1 } : place);
  });
}

function checkSecrets(context: RuleContext): void {
  for (const { pair, path } of plainSecrets(context.inspection)) {
    context.report(`${pair.key} looks like a secret and its value is in the file`, {
      place: pair.place,
      path,
      hint: path[2] === 'build' ? 'use "build.secrets": arguments stay in the image' : `use "secrets:" with ${pair.key}_FILE, or take it from a variable: \${${pair.key}:?}`,
    });
  }
}

function checkQuotes(context: RuleContext): void {
  for (const { name, node } of rawServices(context.inspection)) {
    for (const pair of pairsOf(node.get('environment'))) {
      if (!pair.inList) continue;
      const path = ['services', name, 'environment', pair.key.trim()];
      if (/^(".*"|'.*')$/s.test(pair.value ?? '')) {
        const shown = looksSecret(pair) ? '...' : (pair.value?.slice(1, -1) ?? '');
        context.report(`the quotes around the value of ${pair.key} become part of it`, { place: pair.place, path, hint: `quote the whole item: "${pair.key}=${shown}"` });
      } else if (/\s$/.test(pair.key) || /^\s/.test(pair.value ?? '')) {
        context.report(`the spaces around "=" become part of the name or the value of ${pair.key.trim()}`, { place: pair.place, path, hint: 'write KEY=value' });
      }
    }
  }
}

interface Line {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
}

const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(.*)$/gm;

/** The lines of an env file that set something; lines inside quoted values of several lines are not told apart and may be missed. */
function linesOf(source: Source): Line[] {
  const lines: Line[] = [];
  let until = 0;
  for (const match of source.text.matchAll(LINE)) {
    if (match.index < until) continue;
    const [whole, key = '', value = ''] = match;
    const keyStart = match.index + whole.indexOf(key);
    const valueStart = match.index + whole.length - value.length;
    const quote = value[0];
    if ((quote === '"' || quote === "'") && !value.slice(1).includes(quote)) {
      const close = source.text.indexOf(quote, valueStart + 1);
      until = close < 0 ? source.text.length : close;
    }
    lines.push({ key, value: value.trimEnd(), place: { source, start: keyStart, end: valueStart + value.trimEnd().length } });
  }
  return lines;
}

function checkDuplicates(context: RuleContext): void {
  for (const source of [...context.inspection.envFiles, ...context.inspection.serviceFiles]) {
    const seen = new Map<string, Place>();
    for (const { key, place } of linesOf(source)) {
      const first = seen.get(key);
      if (first) context.report(`${key} is set twice in ${source.file}; the last one counts`, { place, related: [{ message: 'first here', place: first }], hint: 'remove one of them' });
      seen.set(key, place);
    }
  }
  for (const { name, node } of rawServices(context.inspection)) {
    const seen = new Map<string, Place>();
    for (const { key, place, inList } of pairsOf(node.get('environment'))) {
      const first = seen.get(key);
      if (inList && first) context.report(`${key} is set twice; the last one counts`, { place, path: ['services', name, 'environment', key], related: [{ message: 'first here', place: first }] });
      seen.set(key, place);
    }
  }
}

function checkExpansion(context: RuleContext): void {
  const { envFiles, serviceFiles, variables } = context.inspection;
  for (const source of [...envFiles, ...serviceFiles]) {
    const own = new Set(linesOf(source).map(({ key }) => key));
    for (const { key, value, place } of linesOf(source)) {
      if (value.startsWith("'")) continue;
      const lost = expressionsIn(value.replaceAll(/\\\$/g, '')).find(({ name, operator }) => operator === '' && !own.has(name) && variables.get(name) === undefined);
      if (lost) context.report(`the "$${lost.name}" in the value of ${key} is taken for a variable, which is not set`, { place, hint: 'put the value in single quotes to keep the "$"' });
    }
  }
}

export const environmentRules: readonly Rule[] = [
  {
    id: 'secret.plain',
    level: 'warning',
    summary: 'a secret is written into the file',
    why: 'Environment variables show in "inspect", logs and crash reports, and the file is in version control. Names such as PASSWORD, TOKEN, SECRET and KEY with a literal value are found, and passwords in URLs.',
    files: checkSecrets,
  },
  {
    id: 'env.quotes',
    level: 'warning',
    summary: 'quotes or spaces end up in a variable',
    why: 'In a list, `- KEY="value"` gives a value with the quotes in it, and `- KEY = value` a name with a space.',
    files: checkQuotes,
  },
  {
    id: 'env.duplicate',
    level: 'warning',
    summary: 'a variable is set twice in one place',
    why: 'The last one counts, and the first one misleads.',
    files: checkDuplicates,
  },
  {
    id: 'env.expanded',
    level: 'warning',
    summary: 'a "$" in an env file is taken for a variable',
    why: 'Values of env files are interpolated: `PASSWORD=pa$word` is "pa" when the variable "word" is not set. Single quotes keep it.',
    files: checkExpansion,
  },
];
