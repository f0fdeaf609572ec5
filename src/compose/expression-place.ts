import type { Place } from './source.ts';
import type { ScalarNode } from './tree.ts';

/**
 * Where an expression stands in a scalar as written; the scalar itself when it is not found there (quotes and folded lines change text).
 * @param expression  `$NAME` or `${...}`, or the beginning of a malformed one
 */
export function placeOfExpression(node: ScalarNode, expression: string): Place {
  const { source } = node;
  const isOpen = /\w$/.test(expression);
  for (let at = source.text.indexOf(expression, node.start); at >= 0 && at < node.end; at = source.text.indexOf(expression, at + 1)) {
    const end = at + expression.length;
    if (end > node.end) break;
    if (isEscaped(source.text, at) || (isOpen && /\w/.test(source.text[end] ?? ''))) continue;
    return { source, start: at, end };
  }
  return node;
}

/** After an odd number of dollar signs, a dollar sign is the second half of `$$`. */
function isEscaped(text: string, at: number): boolean {
  let count = 0;
  while (text[at - 1 - count] === '$') count++;
  return count % 2 === 1;
}

/** Whether both begin on one line. */
export function onOneLine(a: Place, b: Place): boolean {
  return !/[\r\n]/.test(a.source.text.slice(Math.min(a.start, b.start), Math.max(a.start, b.start)));
}
