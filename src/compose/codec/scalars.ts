/** Codecs of single values. Those named `...OrZero` leave the zero value out when printing, as most attributes do. */
import { formatDuration } from '../../base/index.ts';
import { parseBoolean, parseDuration, parseInteger, parseSize, roundToFloat32, scalarText } from '../go-values.ts';
import { type Node, describe } from '../tree.ts';
import { type Codec, type Decoding, invalid } from './codec.ts';

function typeError(context: Decoding, node: Node, expected: string): undefined {
  return invalid(context, node, 'schema.type', `${describe(node)} is given where ${expected} is expected`);
}

/** A string; a number is taken as its digits. Empty is left out. */
export const text: Codec<string> = {
  decode(node, context) {
    if (node.kind === 'scalar' && node.type === 'null') return undefined;
    if (node.kind === 'scalar' && (node.type === 'str' || node.type === 'int')) return scalarText(node);
    return typeError(context, node, 'a string');
  },
  print: (value) => (value === '' ? undefined : value),
};

function decodeBoolean(node: Node, context: Decoding): boolean | undefined {
  if (node.kind === 'scalar') {
    if (node.type === 'bool') return node.value === true;
    if (node.type === 'null') return undefined;
    const value = node.type === 'str' ? parseBoolean(node.text) : undefined;
    if (value !== undefined) return value;
    return invalid(context, node, 'schema.type', `"${node.text}" is not a boolean`, 'write true or false');
  }
  return typeError(context, node, 'a boolean');
}

/** False is left out. */
export const flag: Codec<boolean> = { decode: decodeBoolean, print: (value) => value || undefined };
/** False is printed: it differs from "not given". */
export const explicitFlag: Codec<boolean> = { decode: decodeBoolean, print: (value) => value };

function decodeNumber(node: Node, context: Decoding): number | undefined {
  if (node.kind === 'scalar') {
    if (node.type === 'int' || node.type === 'float') return Number(node.value);
    if (node.type === 'null') return undefined;
    const value = node.type === 'str' ? parseInteger(node.text) : undefined;
    if (value !== undefined) return value;
    return invalid(context, node, 'schema.type', `"${node.text}" is not an integer`);
  }
  return typeError(context, node, 'a number');
}

function decodeInteger(node: Node, context: Decoding): number | undefined {
  const value = decodeNumber(node, context);
  return value === undefined ? undefined : Math.trunc(value);
}

function decodeCount(node: Node, context: Decoding): number | undefined {
  const value = decodeInteger(node, context);
  return value !== undefined && value < 0 ? invalid(context, node, 'schema.range', `${value} is negative`) : value;
}

/** Fractions are cut off. Zero is left out. */
export const integer: Codec<number> = { decode: decodeInteger, print: (value) => value || undefined };
/** Zero is printed. */
export const explicitInteger: Codec<number> = { decode: decodeInteger, print: (value) => value };
/** An integer that cannot be negative. Zero is left out. */
export const count: Codec<number> = { decode: decodeCount, print: (value) => value || undefined };
/** As `count`; zero is printed. */
export const explicitCount: Codec<number> = { decode: decodeCount, print: (value) => value };

/** A 32-bit float, written as a number or a string. Zero is left out. */
export const float: Codec<number> = {
  decode(node, context) {
    if (node.kind === 'scalar' && node.type === 'str') {
      const value = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(node.text) ? Number(node.text) : undefined;
      return value === undefined ? invalid(context, node, 'schema.type', `"${node.text}" is not a number`) : roundToFloat32(value);
    }
    const value = decodeNumber(node, context);
    return value === undefined ? undefined : roundToFloat32(value);
  },
  print: (value) => value || undefined,
};

/** Bytes: a number, or a string with a unit. A fraction means nothing to Docker Compose and is left out. Printed as a string. */
export const size: Codec<number> = {
  decode(node, context) {
    if (node.kind !== 'scalar' || node.type === 'bool' || node.type === 'time') return typeError(context, node, 'a size');
    if (node.type === 'int') return Number(node.value);
    if (node.type === 'null' || node.type === 'float') return undefined;
    const value = parseSize(node.text);
    return value ?? invalid(context, node, 'size.invalid', `"${node.text}" is not a size`, 'valid are numbers of bytes with a unit b, k, m or g: 64m, 1.5gb');
  },
  print: (value) => (value === 0 ? undefined : String(value)),
};

/** As `size`; zero is printed. */
export const explicitSize: Codec<number> = { decode: size.decode, print: (value) => String(value) };

function decodeDuration(node: Node, context: Decoding): number | undefined {
  if (node.kind !== 'scalar') return typeError(context, node, 'a duration');
  if (node.type === 'null') return undefined;
  const written = scalarText(node);
  const hint = /\d[dw]/.test(written) ? 'units are h, m, s, ms and us; a day is 24h' : /^\d+$/.test(written) ? `add a unit: ${written}s` : undefined;
  return parseDuration(written) ?? invalid(context, node, 'duration.invalid', `"${written}" is not a duration`, hint ?? 'write for instance 1m30s, 500ms or 2h');
}

/** Nanoseconds. Zero is printed. */
export const explicitDuration: Codec<number> = { decode: decodeDuration, print: formatDuration };
/** Nanoseconds. Zero is left out. */
export const duration: Codec<number> = { decode: decodeDuration, print: (value) => (value === 0 ? undefined : formatDuration(value)) };
