import { ScalarNode } from '../tree.ts';
import type { Cursor } from './cursor.ts';
import { plainScalar } from './resolve.ts';
import { YamlSyntaxError } from './syntax-error.ts';

const CORE = /^(?:!!|!<tag:yaml\.org,2002:)(str|int|float|bool|null|timestamp|binary)>?$/;

/** The node of the cursor's raw scalar under a tag; tags that are not YAML's own make a string. */
export function taggedScalar(cursor: Cursor, tag: string): ScalarNode {
  const { source, rawStart, rawEnd, rawText, rawStyle } = cursor;
  const core = CORE.exec(tag)?.[1];
  if (core === undefined || core === 'str') return new ScalarNode(source, rawStart, rawEnd, 'str', rawText, rawText, rawStyle);
  if (core === 'binary') {
    const decoded = Buffer.from(rawText, 'base64').toString('utf8');
    return new ScalarNode(source, rawStart, rawEnd, 'str', decoded, decoded, rawStyle);
  }
  const resolved = plainScalar(source, rawStart, rawEnd, rawText);
  const wanted = core === 'timestamp' ? 'time' : core;
  if (resolved.type === wanted) return resolved;
  if (wanted === 'float' && resolved.type === 'int') {
    return new ScalarNode(source, rawStart, rawEnd, 'float', Number(resolved.value), rawText, rawStyle);
  }
  throw new YamlSyntaxError(`"${rawText}" is not a ${core}, as its tag ${tag} says`, { start: rawStart, end: rawEnd });
}
