/**
 * Plain data as YAML, in the style of go-yaml 3 with an indentation of two, because that is what `docker compose config` prints and
 * what people compare. Objects without a prototype are maps, whose keys are sorted; others keep the order of their keys.
 */
import type { Plain } from './codec/index.ts';
import { formatFloat } from './go-values.ts';
import { plainScalar } from './yaml/index.ts';
import { Source } from './source.ts';

const NOWHERE = new Source('', '', '');

/** Ends in a line break. */
export function printYaml(value: Plain): string {
  const lines: string[] = [];
  emit(value, { indent: 0, first: '' }, lines);
  return `${lines.join('\n')}\n`;
}

/** Where a value is printed: its column, and what is already on its first line (`key:`, `-`). */
interface Position {
  readonly indent: number;
  readonly first: string;
}

function emit(value: Plain, at: Position, lines: string[]): void {
  if (Array.isArray(value)) return emitList(value as readonly Plain[], at, lines);
  if (typeof value === 'object' && value !== null) return emitMap(value as Readonly<Record<string, Plain | undefined>>, at, lines);
  const inner = at.first === '' ? 0 : at.indent;
  lines.push(join(at.first, scalar(value, inner)));
}

function emitList(items: readonly Plain[], at: Position, lines: string[]): void {
  if (items.length === 0) return void lines.push(join(at.first, '[]'));
  const isNested = at.first.endsWith('-');
  if (at.first !== '' && !isNested) lines.push(at.first);
  const pad = ' '.repeat(at.indent);
  for (const [i, item] of items.entries()) {
    const lead = isNested && i === 0 ? `${at.first} -` : `${pad}-`;
    emit(item, { indent: at.indent + 2, first: lead }, lines);
  }
}

function emitMap(map: Readonly<Record<string, Plain | undefined>>, at: Position, lines: string[]): void {
  const keys = Object.keys(map).filter((key) => map[key] !== undefined);
  if (keys.length === 0) return void lines.push(join(at.first, '{}'));
  if (Object.getPrototypeOf(map) === null) keys.sort(byNature);
  const isItem = at.first.endsWith('-');
  if (at.first !== '' && !isItem) lines.push(at.first);
  const pad = ' '.repeat(at.indent);
  for (const [i, key] of keys.entries()) {
    const lead = isItem && i === 0 ? `${at.first} ` : pad;
    emit(map[key] as Plain, { indent: at.indent + 2, first: `${lead}${scalarText(key, true, 0)}:` }, lines);
  }
}

function join(first: string, text: string): string {
  return first === '' ? text : `${first} ${text}`;
}

function scalar(value: null | boolean | number | bigint | string, indent: number): string {
  if (typeof value === 'string') return scalarText(value, false, indent);
  if (typeof value === 'number' && !Number.isInteger(value)) {
    if (Number.isNaN(value)) return '.nan';
    return Number.isFinite(value) ? formatFloat(value) : value > 0 ? '.inf' : '-.inf';
  }
  return String(value);
}

/** Nearly every text there is, for which the full analysis would find nothing. */
const WORD = /^[A-Za-z_/][\w./-]*$/;
const DIGITS = /^[1-9]\d{0,14}$/;

/** The text of a string: plain when it stays a string, quoted or literal otherwise. */
function scalarText(text: string, isKey: boolean, indent: number): string {
  if (WORD.test(text)) return staysString(text) ? text : doubleQuoted(text);
  if (DIGITS.test(text)) return `"${text}"`;
  const traits = analyse(text);
  if (text.includes('\n')) return isKey || !traits.blockAllowed ? doubleQuoted(text) : literal(text, indent);
  if (text === '' || (isKey && text === '<<') || !staysString(text)) return doubleQuoted(text);
  if (traits.plainAllowed) return text;
  return traits.singleAllowed ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

function staysString(text: string): boolean {
  if (/^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text)) return false;
  if (/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)) return false;
  return plainScalar(NOWHERE, 0, 0, text).type === 'str';
}

interface Traits {
  readonly plainAllowed: boolean;
  readonly singleAllowed: boolean;
  readonly blockAllowed: boolean;
}

/** Control characters but the line feed, characters beyond the basic plane, and a few that look like nothing. */
const UNPRINTABLE = /[\0-\t\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]/;

function analyse(text: string): Traits {
  const hasTab = text.includes('\t');
  const isSpecial = UNPRINTABLE.test(text.replaceAll('\t', ''));
  const breaks = /[\n\u2028\u2029]/.test(text);
  const indicator =
    /^(---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[-?:](\s|$)/.test(text) ||
    /:(\s|$)/.test(text) ||
    /\s#/.test(text);
  const edges = /^[ \n\u2028\u2029]|[ \n\u2028\u2029]$/.test(text);
  const spaceBreak = / [\n\u2028\u2029]/.test(text);
  const breakSpace = /[\n\u2028\u2029] /.test(text);
  return {
    plainAllowed: !(indicator || edges || breaks || hasTab || isSpecial),
    singleAllowed: !(spaceBreak || breakSpace || hasTab || isSpecial),
    blockAllowed: !(text.endsWith(' ') || spaceBreak || isSpecial),
  };
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : /^\n$|\n\n$/.test(text) ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const pad = ' '.repeat(indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [7, 'a'],
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [11, 'v'],
  [12, 'f'],
  [13, 'r'],
  [27, 'e'],
  [34, '"'],
  [92, '\\'],
  [0x85, 'N'],
  [0xa0, '_'],
  [0x2028, 'L'],
  [0x2029, 'P'],
]);

function doubleQuoted(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const simple = ESCAPES.get(code);
    if (code >= 32 && code !== 34 && code !== 92 && !UNPRINTABLE.test(char) && code !== 0x2028 && code !== 0x2029) out += char;
    else if (simple !== undefined) out += `\\${simple}`;
    else out += hexEscape(code);
  }
  return `${out}"`;
}

function hexEscape(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** The order of keys in go-yaml: numbers inside keys by value, so that `svc-2` comes before `svc-10`. */
export function byNature(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  let afterDigit = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x = '', y = ''] = [a[i], b[i]];
    if (x === y) {
      afterDigit = isDigit(x);
      continue;
    }
    const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
    if (xLetter && yLetter) return x < y ? -1 : 1;
    if (xLetter || yLetter) return xLetter === afterDigit ? -1 : 1;
    return compareNumbers(a, b, i);
  }
  return a.length - b.length;
}

function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  let significant = 0;
  if (a[at] === '0' || b[at] === '0') {
    for (let j = at - 1; j >= 0 && isDigit(a[j] ?? ''); j--) if (a[j] !== '0') significant = 1;
  }
  const [x, y] = [digitsFrom(a, at), digitsFrom(b, at)];
  const difference = Number(`${significant}${x}`) - Number(`${significant}${y}`);
  if (x !== '' && y !== '' && difference !== 0) return difference;
  if (x.length !== y.length) return Number(x || 0) === Number(y || 0) ? x.length - y.length : Number(x || 0) - Number(y || 0);
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

function digitsFrom(chars: readonly string[], at: number): string {
  let end = at;
  while (isDigit(chars[end] ?? '')) end++;
  return chars.slice(at, end).join('');
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}
function isLetter(char: string): boolean {
  return /\p{L}/u.test(char);
}
