/**
 * What a plain scalar means. Docker Compose reads YAML with go-yaml 3, a mixture of YAML 1.1 and 1.2, and so do we:
 * `0755` and `0o755` are octal, `1_000` is a number, dates are dates, but `yes`, `no`, `on`, `off` and `22:22` stay strings.
 */
import type { Source } from '../source.ts';
import { ScalarNode } from '../tree.ts';
import { DASH, DOT, PLUS, isDigit } from './chars.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

interface Word {
  readonly type: 'bool' | 'null' | 'float';
  readonly value: boolean | null | number;
}

const WORDS: ReadonlyMap<string, Word> = new Map(
  (
    [
      ['true True TRUE', 'bool', true],
      ['false False FALSE', 'bool', false],
      ['~ null Null NULL', 'null', null],
      ['.nan .NaN .NAN', 'float', Number.NaN],
      ['.inf .Inf .INF +.inf +.Inf +.INF', 'float', Number.POSITIVE_INFINITY],
      ['-.inf -.Inf -.INF', 'float', Number.NEGATIVE_INFINITY],
    ] as const
  ).flatMap(([words, type, value]) => words.split(' ').map((word) => [word, { type, value }] as const)),
);

/** The typed node of a plain scalar without a tag. */
export function plainScalar(source: Source, start: number, end: number, text: string): ScalarNode {
  const c = text.charCodeAt(0);
  const numeric = isDigit(c) || c === DASH || c === PLUS || c === DOT;
  // n N t T f F ~ and the empty text are the only other beginnings of something that is not a string
  if (!numeric && text !== '' && !(c === 110 || c === 78 || c === 116 || c === 84 || c === 102 || c === 70 || c === 126)) {
    return new ScalarNode(source, start, end, 'str', text, text, 'plain');
  }
  if (text === '') return new ScalarNode(source, start, end, 'null', null, text, 'plain');
  if (text.length <= 5) {
    const word = WORDS.get(text);
    if (word) return new ScalarNode(source, start, end, word.type, word.value, text, 'plain');
  }
  if (numeric) {
    const number = numberScalar(source, start, end, text, c);
    if (number) return number;
  }
  return new ScalarNode(source, start, end, 'str', text, text, 'plain');
}

function numberScalar(source: Source, start: number, end: number, text: string, first: number): ScalarNode | undefined {
  if (first === DOT) {
    return /^\.\d+([eE][-+]?\d+)?$/.test(text) ? new ScalarNode(source, start, end, 'float', Number(text), text, 'plain') : undefined;
  }
  if (!mayBeNumber(text)) return undefined;
  if (text.length < 16 && first > 48 && /^\d+$/.test(text)) return new ScalarNode(source, start, end, 'int', Number(text), text, 'plain');
  if (isDate(text)) return new ScalarNode(source, start, end, 'time', text, text, 'plain');
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  const integer = parseInteger(plain);
  if (integer !== undefined) {
    const safe = integer >= -9007199254740991n && integer <= 9007199254740991n;
    return new ScalarNode(source, start, end, 'int', safe ? Number(integer) : integer, text, 'plain');
  }
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(plain)) {
    const value = Number(plain);
    if (Number.isFinite(value)) return new ScalarNode(source, start, end, 'float', value, text, 'plain');
  }
  return undefined;
}

/** Only characters of numbers and dates? Sizes, durations and versions with letters (`128M`, `10s`) end here, before any pattern. */
function mayBeNumber(text: string): boolean {
  const last = text.charCodeAt(text.length - 1) | 32;
  return isDigit(last) || (last >= 97 && last <= 102) || last === DOT || last === 122 || last === 127;
}

/** Go's `strconv.ParseInt(text, 0, 64)`, or `ParseUint` for what only an unsigned 64-bit number can hold. */
function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(text);
  if (!match) return undefined;
  const digits = match[2] ?? '';
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const signed = match[1] === '-' ? -value : value;
  if (signed < INT64_MIN || signed > (match[1] === '' ? UINT64_MAX : INT64_MAX)) return undefined;
  return signed;
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt]| +)(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[-+]\d\d:\d\d)?)?$/;

/** The parts of a YAML timestamp: year, month, day, hour, minute, second, fraction (with its point), zone offset in minutes. */
export interface DateParts {
  readonly numbers: readonly [number, number, number, number, number, number];
  readonly fraction: string;
  readonly zone: string;
}

/** Reads a timestamp in one of the four forms that go-yaml knows; undefined for anything else. */
export function parseDate(text: string): DateParts | undefined {
  const m = DATE.exec(text);
  if (!m) return undefined;
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[5] ?? 0, m[6] ?? 0, m[7] ?? 0].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // with T a zone is needed, after a space none is allowed
  if (m[4] !== undefined && /[Tt]/.test(m[4]) !== (m[9] !== undefined)) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return { numbers: [year, month, day, hour, minute, second], fraction: (m[8] ?? '').replace(',', '.'), zone: m[9] ?? 'Z' };
}

function isDate(text: string): boolean {
  return text.length >= 8 && text.charCodeAt(4) === DASH && parseDate(text) !== undefined;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year < 100 ? year + 400 : year, month, 0)).getUTCDate();
}
