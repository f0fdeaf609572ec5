/**
 * Conversions between text and values exactly as Go's standard library makes them, because that is what decides how
 * Docker Compose reads a quoted number, a size or a duration, and how it prints a float inside a string.
 */
import type { ScalarNode } from './tree.ts';
import { parseDate } from './yaml/index.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** `strconv.ParseInt(text, 10, 64)`. Undefined when it is no number, or does not fit. */
export function parseInteger(text: string): number | undefined {
  if (!/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) return undefined;
  return Number(value);
}

/** `strconv.ParseFloat(text, 64)`. Undefined when it is no number. */
export function parseFloat64(text: string): number | undefined {
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^[-+]?0[xX]/.test(text)) return parseHexFloat(text);
  const word = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (!word) return undefined;
  if (word[2]?.toLowerCase() === 'nan') return word[1] === '' ? Number.NaN : undefined;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function parseHexFloat(text: string): number | undefined {
  const m = /^([-+]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([-+]?\d+)$/.exec(text);
  if (!m || (m[2] ?? '') + (m[3] ?? '') === '') return undefined;
  const digits = (m[2] ?? '') + (m[3] ?? '');
  const value = Number.parseInt(digits, 16) * 2 ** (Number(m[4]) - 4 * (m[3] ?? '').length);
  return m[1] === '-' ? -value : value;
}

/**
 * A size as docker/go-units reads it: `512`, `64k`, `1.5 gb`, `10MiB`; powers of 1024, cut to whole bytes.
 * Undefined for anything else, negative sizes included.
 */
export function parseSize(text: string): number | undefined {
  const m = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (!m) return undefined;
  return Math.trunc(Number(m[1]) * 1024 ** ('kmgtp'.indexOf((m[2] ?? '').toLowerCase() || '-') + 1));
}

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** `time.ParseDuration`: `1h30m`, `1.5s`, `-2m`, `0`. Nanoseconds, or undefined. */
export function parseDuration(text: string): number | undefined {
  const m = /^([-+]?)(.*)$/s.exec(text);
  const body = m?.[2] ?? '';
  if (body === '0') return 0;
  if (body === '') return undefined;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0n;
  while (part.lastIndex < body.length) {
    const p = part.exec(body);
    if (!p || ((p[1] ?? '') === '' && (p[2] ?? '') === '')) return undefined;
    const unit = UNIT_NS.get(p[3] ?? '') ?? 0n;
    const fraction = p[2] ?? '';
    total += BigInt(p[1] || '0') * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > INT64_MAX) return undefined;
  }
  return Number(m?.[1] === '-' ? -total : total);
}

/** `fmt.Sprint` of a float64: shortest digits, an exponent from 1e+06 on and below 1e-04. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 6)) {
    const size = Math.abs(exponent);
    return `${digits}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  if (Math.abs(value) >= 1e-6) return String(value);
  return value.toFixed(Math.min(100, digits.replace(/[-.]/g, '').length - 1 - exponent));
}

/** The shortest decimal that is this value as a 32-bit float; Go keeps `cpus` and ratios as float32. */
export function roundToFloat32(value: number): number {
  const single = Math.fround(value);
  for (let precision = 1; precision < 10; precision++) {
    const short = Number(single.toPrecision(precision));
    if (Math.fround(short) === single) return short;
  }
  return single;
}

/** `fmt.Sprint` of a scalar, which is how a value gets into an environment variable or a label. Null is the empty string. */
export function scalarText(node: ScalarNode): string {
  switch (node.type) {
    case 'str':
      return node.text;
    case 'int':
    case 'bool':
      return String(node.value);
    case 'float':
      return formatFloat(Number(node.value));
    case 'time':
      return formatTime(node.text);
    case 'null':
      return '';
  }
}

/** `time.Time.String()`: `2024-01-02 00:00:00 +0000 UTC`. */
export function formatTime(text: string): string {
  const { date, time, zone } = timeParts(text);
  if (zone === 'Z' || zone === '+00:00') return `${date} ${time} +0000 UTC`;
  const compact = zone.replace(':', '');
  return `${date} ${time} ${compact} ${compact}`;
}

/** RFC 3339 with nanoseconds, which is how a time gets into JSON and YAML. */
export function formatTimeRfc3339(text: string): string {
  const { date, time, zone } = timeParts(text);
  return `${date}T${time}${zone === '+00:00' ? 'Z' : zone}`;
}

function timeParts(text: string): { date: string; time: string; zone: string } {
  const parts = parseDate(text);
  if (!parts) return { date: text, time: '', zone: 'Z' };
  const [year, ...rest] = parts.numbers;
  const [month, day, hour, minute, second] = rest.map((n) => String(n).padStart(2, '0'));
  const fraction = parts.fraction.slice(0, 10).replace(/\.?0+$/, '');
  return {
    date: `${String(year).padStart(4, '0')}-${month}-${day}`,
    time: `${hour}:${minute}:${second}${fraction}`,
    zone: parts.zone,
  };
}

/** The booleans that interpolation accepts: YAML 1.1's words in any case, but neither `1` nor `t`. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 'true':
    case 'y':
    case 'yes':
    case 'on':
      return true;
    case 'false':
    case 'n':
    case 'no':
    case 'off':
      return false;
    default:
      return undefined;
  }
}

/** Go's `strconv.ParseBool`, for environment variables of the tool itself. */
export function parseGoBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}
