/**
 * What a request body must look like, as tables, so that nothing of a wrong type gets past the door. Rules as Go's JSON decoder
 * has them for dockerd: unknown keys pass, keys match whatever their case, null means absent, a number must be whole.
 */
import { EngineError } from '../base/index.ts';
import { isPlainObject } from './query.ts';

export type Shape =
  | 'string'
  | 'bool'
  | 'int'
  /** A list of strings; a single string counts as a list of one. */
  | 'words'
  | { list: Shape }
  /** Values of one shape under any keys; null values stay null. */
  | { map: Shape }
  /** A structure. */
  | { [field: string]: Shape; list?: never; map?: never };

const GO_TYPES: Readonly<Record<string, string>> = { string: 'string', bool: 'bool', int: 'int64', words: '[]string' };

/**
 * @param path  for messages: the name of the Go structure, then the fields
 * @returns the value with canonical keys and without nulls
 * @throws EngineError invalid, worded as dockerd words it
 */
export function conform(value: unknown, shape: Shape, path: string): unknown {
  if (typeof shape === 'string') return conformScalar(value, shape, path);
  if (isList(shape)) {
    if (!Array.isArray(value)) throw mismatch(value, path, `[]${goType(shape.list)}`);
    return value.map((one) => conform(one, shape.list, path));
  }
  if (!isPlainObject(value)) throw mismatch(value, path, isMap(shape) ? `map[string]${goType(shape.map)}` : (path.split('.').at(-1) ?? path));
  if (isMap(shape)) return mapValues(value, (one) => (one === null ? null : conform(one, shape.map, path)));
  return conformFields(value, shape as Record<string, Shape>, path);
}

function conformFields(value: Record<string, unknown>, fields: Readonly<Record<string, Shape>>, path: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) {
    if (one === null || key === '__proto__') continue;
    const name = Object.hasOwn(fields, key) ? key : Object.keys(fields).find((field) => field.toLowerCase() === key.toLowerCase());
    const shape = name === undefined ? undefined : fields[name];
    result[name ?? key] = shape === undefined ? one : conform(one, shape, `${path}.${name ?? key}`);
  }
  return result;
}

function conformScalar(value: unknown, shape: 'string' | 'bool' | 'int' | 'words', path: string): unknown {
  const isRight =
    shape === 'string' ? typeof value === 'string'
    : shape === 'bool' ? typeof value === 'boolean'
    : shape === 'int' ? Number.isInteger(value)
    : typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  if (!isRight) throw mismatch(value, path, GO_TYPES[shape] ?? shape);
  return shape === 'words' && typeof value === 'string' ? [value] : value;
}

function mismatch(value: unknown, path: string, wanted: string): EngineError {
  const what =
    Array.isArray(value) ? 'array'
    : typeof value === 'number' && !Number.isInteger(value) ? `number ${value}`
    : typeof value === 'boolean' ? 'bool'
    : value === null ? 'null'
    : typeof value;
  const where = path.includes('.') ? `Go struct field ${path}` : 'Go value';
  return new EngineError('invalid', `invalid JSON: json: cannot unmarshal ${what} into ${where} of type ${wanted}`);
}

function goType(shape: Shape): string {
  if (typeof shape === 'string') return GO_TYPES[shape] ?? shape;
  if (isList(shape)) return `[]${goType(shape.list)}`;
  return isMap(shape) ? `map[string]${goType(shape.map)}` : 'struct';
}

function isList(shape: object): shape is { list: Shape } {
  return 'list' in shape;
}
function isMap(shape: object): shape is { map: Shape } {
  return 'map' in shape;
}

function mapValues(value: Record<string, unknown>, change: (one: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '__proto__').map(([key, one]) => [key, change(one)]));
}
