import { EngineError } from '../base/index.ts';
import type { Filters } from '../engine-api/index.ts';

/**
 * A request's query, read with dockerd's rules and, where a value is wrong, with its messages and its statuses: a number that does
 * not parse is in most places a 500 there, because the error of Go's parser is passed on as it is.
 */
export class Query {
  readonly #values: URLSearchParams;

  constructor(text: string) {
    this.#values = new URLSearchParams(text);
  }

  /** The first value; an absent key and an empty value are both undefined. */
  text(key: string): string | undefined {
    return this.#values.get(key) || undefined;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** All values that are not empty, or undefined when there is none. */
  list(key: string): string[] | undefined {
    const values = this.#values.getAll(key).filter((value) => value !== '');
    return values.length === 0 ? undefined : values;
  }

  /** Everything but an empty value, 0, no, false and none is true. */
  bool(key: string, otherwise = false): boolean {
    const value = this.#values.get(key);
    if (value === null) return otherwise;
    return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
  }

  /**
   * A whole number; undefined when the key is absent or empty.
   * @param kind  of the error for anything else @param prefix  of its message
   */
  int(key: string, kind: 'internal' | 'invalid' = 'internal', prefix = ''): number | undefined {
    const value = this.text(key);
    return value === undefined ? undefined : parseInteger(value, kind, prefix);
  }

  /** A whole number; 0 when it is absent or wrong, as dockerd reads sizes of a build. Undefined for 0, which means "not given". */
  intOrNothing(key: string): number | undefined {
    const value = this.text(key);
    return value !== undefined && /^[+-]?\d{1,18}$/.test(value) ? Number(value) || undefined : undefined;
  }

  /** Like `int`, but it must be there. */
  requiredInt(key: string): number {
    return parseInteger(this.#values.get(key) ?? '', 'invalid', '');
  }

  /** Unix seconds with an optional fraction. */
  timestamp(key: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const [whole = '', fraction, more] = value.split('.');
    const wrong = [whole, fraction ?? '0'].find((part) => !/^-?\d{1,18}$/.test(part));
    if (wrong !== undefined || more !== undefined) {
      throw new EngineError('internal', `strconv.ParseInt: parsing ${JSON.stringify(wrong ?? value)}: invalid syntax`);
    }
    return Number(fraction === undefined ? whole : `${whole}.${fraction}`);
  }

  /** `true`, `false`, `1`, `t` … and nothing else. */
  strictBool(key: string): boolean | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
    if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
    const shown = JSON.stringify(value);
    throw new EngineError('invalid', `invalid value for ${key}: ${value}: strconv.ParseBool: parsing ${shown}: invalid syntax`);
  }

  /** The `filters` value in either form: `{"label":["a"]}` or `{"label":{"a":true}}`. @throws EngineError invalid */
  filters(key = 'filters'): Filters | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const parsed = parseJson(text);
    if (!isPlainObject(parsed)) throw new EngineError('invalid', 'invalid filter');
    const filters: Filters = Object.create(null) as Filters;
    for (const [name, values] of Object.entries(parsed)) filters[name] = filterValues(values);
    return Object.keys(filters).length === 0 ? undefined : { ...filters };
  }

  /** A JSON value. @throws EngineError invalid, naming the key */
  json(key: string, isRight: (value: unknown) => boolean): unknown {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = parseJson(text);
    if (value === null) return undefined;
    if (!isRight(value)) throw new EngineError('invalid', `error reading ${key}: invalid JSON value`);
    return value;
  }
}

function filterValues(values: unknown): string[] {
  if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values as string[];
  if (isPlainObject(values) && Object.values(values).every((value) => typeof value === 'boolean')) return Object.keys(values);
  throw new EngineError('invalid', 'invalid filter');
}

function parseInteger(value: string, kind: 'internal' | 'invalid', prefix: string): number {
  if (/^[+-]?\d{1,15}$/.test(value)) return Number(value);
  throw new EngineError(kind, `${prefix}strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for `{...}` as JSON has it. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStringMap(value: unknown): value is Record<string, string> {
  return isPlainObject(value) && Object.values(value).every((one) => typeof one === 'string');
}

export function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
