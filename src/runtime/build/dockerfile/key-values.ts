import type { KeyValue } from './ast.ts';
import { DockerfileMistake } from './errors.ts';
import { splitRawWords } from './words.ts';

/**
 * The arguments of ENV and LABEL: `k=v k2="v 2"`, or the old `k the rest of the line`.
 * @returns `legacy`: it was the old form
 * @throws DockerfileMistake
 */
export function parseKeyValues(keyword: string, text: string, escape: '\\' | '`'): { pairs: KeyValue[]; legacy: boolean } {
  const words = splitRawWords(text, escape);
  const first = words[0];
  if (first === undefined) throw new DockerfileMistake(`${keyword} requires at least one argument`);
  if (!first.includes('=')) {
    const match = /^(\S+)\s+([^]+)$/.exec(text);
    if (!match) throw new DockerfileMistake(`${keyword} must have two arguments`);
    return { pairs: [{ key: match[1] ?? '', value: match[2] ?? '' }], legacy: true };
  }
  const pairs = words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) throw new DockerfileMistake(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (equals === 0) throw new DockerfileMistake(`${keyword} names can not be blank`);
    return { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  return { pairs, legacy: false };
}

/** The arguments of ARG: `a b=c`. @throws DockerfileMistake */
export function parseArgs(text: string, escape: '\\' | '`'): { key: string; value: string | undefined }[] {
  const words = splitRawWords(text, escape);
  if (words.length === 0) throw new DockerfileMistake('ARG requires at least one argument');
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals === 0) throw new DockerfileMistake('ARG names can not be blank');
    return equals < 0 ? { key: word, value: undefined } : { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}
