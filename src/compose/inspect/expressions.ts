/** Finds the variables that a text refers to, without evaluating anything. */

/** One `$NAME` or `${NAME...}`. */
export interface Expression {
  readonly name: string;
  /** '' or one of `:-` `-` `:?` `?` `:+` `+`. */
  readonly operator: string;
  /** What follows the operator, as written. */
  readonly operand: string;
}

const EXPRESSION = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-+?])|\})|([A-Za-z_]\w*))/g;

/** Every expression of a text in order, those inside operands of others too; `$$` is none. */
export function expressionsIn(text: string): Expression[] {
  if (!text.includes('$')) return [];
  const found: Expression[] = [];
  for (const match of text.matchAll(EXPRESSION)) {
    const name = match[1] ?? match[3];
    if (name === undefined) continue;
    const operator = match[2] ?? '';
    found.push({ name, operator, operand: operator === '' ? '' : operandAt(text, match.index + match[0].length) });
  }
  return found;
}

/** The text up to the brace that closes the expression. */
function operandAt(text: string, start: number): string {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(start, i);
  }
  return text.slice(start);
}
