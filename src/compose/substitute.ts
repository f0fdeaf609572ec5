/**
 * `$VAR`, `${VAR:-default}` and their kin, as compose-go substitutes them; Compose files and env files share it.
 * Oddities kept because files rely on them: a default must not contain a line break, braces inside a default are counted without
 * regard to `$`, nested expressions are evaluated even when they are not used, and a lone `$` is literal.
 */

/** How deep expressions may be nested; beyond it the expression is refused. */
const MAX_DEPTH = 100;

/** The text has a malformed expression, or a required variable is missing. */
export class SubstitutionError extends Error {
  readonly code: 'interpolation.invalid' | 'interpolation.required';
  /** As it is written; of a malformed one as much as can be told. */
  readonly expression: string;
  readonly variable: string | undefined;

  constructor(code: SubstitutionError['code'], message: string, expression: string, variable?: string) {
    super(message);
    this.code = code;
    this.expression = expression;
    this.variable = variable;
  }
}

/** Where substitution gets values from. */
export interface Lookup {
  /** The value of a variable, or undefined when it is not set. */
  get(name: string): string | undefined;
  /** Called for a variable that is not set and has no default. */
  unset?(name: string, expression: string): void;
}

/** Replaces every expression of `text`. @throws SubstitutionError */
export function substitute(text: string, lookup: Lookup, depth = 0): string {
  let dollar = text.indexOf('$');
  if (dollar < 0) return text;
  if (depth > MAX_DEPTH) throw invalid(text);
  let out = '';
  let from = 0;
  while (dollar >= 0) {
    out += text.slice(from, dollar);
    const next = text.charCodeAt(dollar + 1);
    if (next === DOLLAR) {
      out += '$';
      from = dollar + 2;
    } else if (next === OPEN_BRACE) {
      const expression = readBraced(text, dollar);
      if (!expression) throw invalid(text.slice(dollar));
      out += evaluate(expression, text, lookup, depth);
      from = expression.end;
    } else {
      const end = endOfName(text, dollar + 1);
      if (end === dollar + 1) out += '$';
      else out += plainValue(text.slice(dollar + 1, end), '', lookup);
      from = end;
    }
    dollar = text.indexOf('$', from);
  }
  return out + text.slice(from);
}

const DOLLAR = 36;
const PLUS = 43;
const DASH = 45;
const COLON = 58;
const QUESTION = 63;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

interface Expression {
  /** Offset of the dollar sign. */
  readonly start: number;
  readonly name: string;
  /** '' for `${NAME}`. */
  readonly operator: string;
  /** What follows the operator: a default, a replacement or an error message. */
  readonly operand: string;
  /** Offset after the closing brace. */
  readonly end: number;
}

function readBraced(text: string, dollar: number): Expression | undefined {
  const nameEnd = endOfName(text, dollar + 2);
  if (nameEnd === dollar + 2) return undefined;
  const name = text.slice(dollar + 2, nameEnd);
  if (text.charCodeAt(nameEnd) === CLOSE_BRACE) return { start: dollar, name, operator: '', operand: '', end: nameEnd + 1 };
  const signAt = text.charCodeAt(nameEnd) === COLON ? nameEnd + 1 : nameEnd;
  const sign = text.charCodeAt(signAt);
  if (sign !== DASH && sign !== PLUS && sign !== QUESTION) return undefined;
  const begin = signAt + 1;
  const newline = text.indexOf('\n', begin);
  const lineEnd = newline < 0 ? text.length : newline;
  const last = text.lastIndexOf('}', lineEnd - 1);
  if (last < begin) return undefined;
  const close = closingBrace(text, dollar + 2, last);
  return { start: dollar, name, operator: text.slice(nameEnd, begin), operand: text.slice(begin, close), end: close + 1 };
}

/** The brace that closes the one before `from`; when the braces do not balance, the last one of the line. */
function closingBrace(text: string, from: number, last: number): number {
  let open = 1;
  for (let i = from + 1; i <= last; i++) {
    const c = text.charCodeAt(i);
    if (c === CLOSE_BRACE && --open === 0) return i;
    if (c === OPEN_BRACE) {
      open++;
      i++; // the character after an opening brace is not looked at, as in compose-go
    }
  }
  return last;
}

function evaluate(expression: Expression, text: string, lookup: Lookup, depth: number): string {
  const { name, operator, operand } = expression;
  if (operator === '') return plainValue(name, '{', lookup);
  const other = substitute(operand, lookup, depth + 1);
  const value = lookup.get(name);
  const isSet = value !== undefined && (operator.length === 1 || value !== '');
  switch (operator.at(-1)) {
    case '-':
      return isSet ? value : other;
    case '+':
      return isSet ? other : (value ?? '');
    default:
      if (isSet) return value;
      throw new SubstitutionError(
        'interpolation.required',
        `required variable ${name} is missing a value${other === '' ? '' : `: ${other}`}`,
        text.slice(expression.start, expression.end),
        name,
      );
  }
}

function plainValue(name: string, brace: '' | '{', lookup: Lookup): string {
  const value = lookup.get(name);
  if (value === undefined) lookup.unset?.(name, brace === '' ? `$${name}` : `\${${name}}`);
  return value ?? '';
}

/** The end of a name that begins at `start`; `start` itself when none does. */
function endOfName(text: string, start: number): number {
  let i = start;
  for (let c = text.charCodeAt(i); ; c = text.charCodeAt(++i)) {
    const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
    if (!letter && !(i > start && c >= 48 && c <= 57)) return i;
  }
}

function invalid(text: string): SubstitutionError {
  const expression = /^[^}\n]*\}/.exec(text)?.[0] ?? /^.*/.exec(text)?.[0] ?? text;
  const shown = expression.length > 60 ? `${expression.slice(0, 57)}...` : expression;
  return new SubstitutionError('interpolation.invalid', `invalid variable expression ${JSON.stringify(shown)}`, expression);
}
