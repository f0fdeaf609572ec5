/** Problems with keys, which do not stop the parser. */
import type { Place } from '../source.ts';
import type { Node, ScalarNode } from '../tree.ts';
import type { YamlProblem } from './syntax-error.ts';

export function duplicateKey(place: Place, key: string, first: Place): YamlProblem {
  return {
    code: 'yaml.duplicateKey',
    message: `the key "${key}" is defined twice in this mapping`,
    place,
    related: { message: 'first defined here', place: first },
    hint: 'keep one of the two, or join their values',
  };
}

export function keyIsNoString(key: ScalarNode): YamlProblem {
  const isEmpty = key.type === 'null' && key.text === '';
  const read = { int: 'a number', float: 'a number', bool: 'a boolean', null: 'null', time: 'a date', str: 'a string' }[key.type];
  return {
    code: 'yaml.keyType',
    message: isEmpty ? 'a key is missing before ":"' : `the key ${key.text} is read as ${read}, and keys must be strings`,
    place: key,
    hint: isEmpty ? 'write a key, or remove the ":"' : `quote it: "${key.text}"`,
  };
}

export function collectionAsKey(key: Node): YamlProblem {
  return {
    code: 'yaml.keyType',
    message: `${key.kind === 'map' ? 'a mapping' : 'a list'} cannot be a key`,
    place: key,
    hint: 'quote the text if it is meant literally',
  };
}

export function mergeOfNoMapping(value: Node): YamlProblem {
  return {
    code: 'yaml.merge',
    message: 'a merge key (<<) needs a mapping or a list of mappings',
    place: value,
    hint: 'give it an alias of a mapping: <<: *name',
  };
}
