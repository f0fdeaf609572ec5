/**
 * The part of Go's text/template that `--format` is used with: fields, `json`, `if`/`else`, `range`, pipes, comparison, and the
 * functions that the docker CLI adds (join, lower, upper, title, split, pad, truncate, println).
 */
import { UserError } from '../../base/index.ts';
import { goQuote } from './human.ts';

/** Fields by name; a function is a method with arguments, as in `{{.Label "a"}}`. */
export type TemplateData = Readonly<Record<string, unknown>>;

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pipe'; readonly stages: readonly Term[][] }
  | { readonly kind: 'if' | 'range'; readonly stages: readonly Term[][]; readonly body: readonly Node[]; readonly otherwise: readonly Node[] };
type Term =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'group'; readonly stages: readonly Term[][] };

/** @returns a function from one row's data to text, without a newline @throws UserError `usage.template` */
export function compileTemplate(source: string): (data: TemplateData) => string {
  const parser = new TemplateParser(source.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  const nodes = parser.parse();
  return (data) => run(nodes, data);
}

class TemplateParser {
  readonly #pieces: { text: string; isAction: boolean }[] = [];
  #at = 0;

  constructor(source: string) {
    let rest = source;
    let trim = false;
    for (let open = rest.indexOf('{{'); open >= 0; open = rest.indexOf('{{')) {
      const close = rest.indexOf('}}', open);
      if (close < 0) throw invalid('unclosed action');
      let text = rest.slice(0, open);
      let action = rest.slice(open + 2, close);
      if (trim) text = text.trimStart();
      if (action.startsWith('- ')) text = text.trimEnd();
      trim = action.endsWith(' -');
      action = action.replace(/^- | -$/g, '').trim();
      this.#pieces.push({ text, isAction: false }, { text: action, isAction: true });
      rest = rest.slice(close + 2);
    }
    this.#pieces.push({ text: trim ? rest.trimStart() : rest, isAction: false });
  }

  parse(): Node[] {
    const { nodes, end } = this.#block();
    if (end !== undefined) throw invalid(`unexpected {{${end}}}`);
    return nodes;
  }

  #block(): { nodes: Node[]; end: string | undefined } {
    const nodes: Node[] = [];
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at++];
      if (piece === undefined) break;
      if (!piece.isAction) {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const action = piece.text;
      if (action === 'end' || action === 'else' || action.startsWith('else if ')) return { nodes, end: action };
      if (action.startsWith('/*') || action === '') continue;
      const block = /^(if|range) ([^]*)$/.exec(action);
      nodes.push(block ? this.#nested(block[1] === 'if' ? 'if' : 'range', block[2] ?? '') : { kind: 'pipe', stages: parsePipe(action) });
    }
    return { nodes, end: undefined };
  }

  #nested(kind: 'if' | 'range', condition: string): Node {
    const { nodes: body, end } = this.#block();
    if (end === undefined) throw invalid(`{{${kind}}} without {{end}}`);
    let otherwise: Node[] = [];
    if (end.startsWith('else if ')) otherwise = [this.#nested('if', end.slice(8))];
    else if (end === 'else') {
      const rest = this.#block();
      if (rest.end !== 'end') throw invalid('{{else}} without {{end}}');
      otherwise = rest.nodes;
    }
    return { kind, stages: parsePipe(condition), body, otherwise };
  }
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+(?:\.\d+)?)|(\$?\.[\w.]*)|([A-Za-z]\w*)|([()|]))/y;

function parsePipe(text: string): Term[][] {
  const stack: Term[][][] = [[[]]];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw invalid(`cannot read "${text.slice(at).trim()}"`);
    at = TOKEN.lastIndex;
    const stages = stack.at(-1);
    if (stages === undefined) throw invalid(`unbalanced brackets in "${text}"`);
    const [, string, number, field, name, sign] = match;
    if (sign === '(') stack.push([[]]);
    else if (sign === ')') {
      stack.pop();
      stack.at(-1)?.at(-1)?.push({ kind: 'group', stages });
    } else if (sign === '|') stages.push([]);
    else stages.at(-1)?.push(termOf(string, number, field, name));
  }
  if (stack.length !== 1) throw invalid(`unbalanced brackets in "${text}"`);
  return stack[0] ?? [[]];
}

function termOf(string: string | undefined, number: string | undefined, field: string | undefined, name: string | undefined): Term {
  if (string !== undefined) return { kind: 'literal', value: string.startsWith('`') ? string.slice(1, -1) : unquote(string) };
  if (number !== undefined) return { kind: 'literal', value: Number(number) };
  if (field !== undefined) return { kind: 'field', path: field.replace(/^\$/, '').split('.').filter((part) => part !== '') };
  if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
  return { kind: 'name', name: name ?? '' };
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw invalid(`bad string ${text}`);
  }
}

function run(nodes: readonly Node[], data: unknown): string {
  let out = '';
  for (const node of nodes) {
    if (node.kind === 'text') out += node.text;
    else if (node.kind === 'pipe') out += show(evaluate(node.stages, data));
    else if (node.kind === 'if') out += run(isTrue(evaluate(node.stages, data)) ? node.body : node.otherwise, data);
    else {
      const items = itemsOf(evaluate(node.stages, data));
      out += items.length === 0 ? run(node.otherwise, data) : items.map((item) => run(node.body, item)).join('');
    }
  }
  return out;
}

function evaluate(stages: readonly Term[][], data: unknown): unknown {
  let value: unknown;
  for (const [i, terms] of stages.entries()) {
    const [head, ...rest] = terms;
    if (head === undefined) throw invalid('empty pipe');
    const args = rest.map((term) => valueOf(term, data));
    if (i > 0) args.push(value);
    if (head.kind === 'name') value = call(head.name, args);
    else {
      const found = valueOf(head, data);
      value = typeof found === 'function' ? callMethod(head, found as Method, args) : found;
    }
  }
  return value;
}

type Method = (...args: readonly unknown[]) => unknown;

function callMethod(head: Term, method: Method, args: readonly unknown[]): unknown {
  const name = head.kind === 'field' ? head.path.join('.') : '';
  if (args.length !== method.length) throw invalid(`wrong number of args for ${name}: want ${method.length} got ${args.length}`);
  return method(...args);
}

function valueOf(term: Term, data: unknown): unknown {
  if (term.kind === 'literal') return term.value;
  if (term.kind === 'group') return evaluate(term.stages, data);
  if (term.kind === 'name') return call(term.name, []);
  let value = data;
  for (const part of term.path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) throw invalid(`there is no field .${term.path.join('.')}`);
    value = (value as TemplateData)[part];
  }
  return value;
}

const compare = (test: (order: number) => boolean) => (a: unknown, b: unknown) =>
  test(typeof a === 'number' && typeof b === 'number' ? a - b : show(a) < show(b) ? -1 : show(a) > show(b) ? 1 : 0);

const FUNCTIONS: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  json: (value) => goJson(value),
  join: (values, separator) => itemsOf(values).map(show).join(show(separator)),
  lower: (text) => show(text).toLowerCase(),
  upper: (text) => show(text).toUpperCase(),
  title: (text) => show(text).replace(/\b\w/g, (letter) => letter.toUpperCase()),
  split: (text, separator) => show(text).split(show(separator)),
  pad: (text, before, after) => ' '.repeat(Number(before)) + show(text) + ' '.repeat(Number(after)),
  truncate: (text, length) => show(text).slice(0, Number(length)),
  println: (...values) => `${values.map(show).join(' ')}\n`,
  print: (...values) => values.map(show).join(''),
  len: (value) => (typeof value === 'string' ? value.length : itemsOf(value).length),
  printf: (format, ...values) => printf(show(format), values),
  index: (value, ...keys) => keys.reduce(elementOf, value),
  not: (value) => !isTrue(value),
  and: (first, ...others) => (isTrue(first) ? (others.find((value) => !isTrue(value)) ?? others.at(-1) ?? first) : first),
  or: (first, ...others) => (isTrue(first) ? first : (others.find(isTrue) ?? others.at(-1) ?? first)),
  eq: (first, ...others) => others.some((other) => show(first) === show(other)),
  ne: compare((order) => order !== 0),
  lt: compare((order) => order < 0),
  le: compare((order) => order <= 0),
  gt: compare((order) => order > 0),
  ge: compare((order) => order >= 0),
};

/** These take any number of arguments beyond those that they name. */
const VARIADIC: ReadonlySet<string> = new Set(['println', 'print', 'printf', 'index', 'and', 'or', 'eq']);

function call(name: string, args: readonly unknown[]): unknown {
  const body = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (body === undefined) throw invalid(`function "${name}" is not known`);
  const wanted = body.length;
  const isVariadic = VARIADIC.has(name);
  if (args.length < wanted || (args.length > wanted && !isVariadic)) {
    throw invalid(`wrong number of args for ${name}: want ${isVariadic ? 'at least ' : ''}${wanted} got ${args.length}`);
  }
  return body(...args);
}

/** The verbs that text needs: `%s`, `%v`, `%d`, `%q`, with a width. */
function printf(format: string, args: readonly unknown[]): string {
  const rest = [...args];
  return format.replace(/%(-?)(0?)(\d*)([a-z%])/g, (_, left: string, zero: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    if (!'svdq'.includes(verb)) throw invalid(`printf does not know %${verb}`);
    if (rest.length === 0) return `%!${verb}(MISSING)`;
    const text = verb === 'q' ? goQuote(show(rest.shift())) : show(rest.shift());
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width), zero || ' ');
  });
}

function elementOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return typeof value === 'object' && value !== null && Object.hasOwn(value, show(key)) ? (value as TemplateData)[show(key)] : '';
}

function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** As Go prints a value: `[a b]`, `map[k:v]`, `<no value>`. */
function show(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (typeof value === 'object') return `map[${Object.entries(value).map(([key, one]) => `${key}:${show(one)}`).sort().join(' ')}]`;
  return String(value);
}

/** JSON as Go's encoder writes it: `<`, `>` and `&` escaped. Methods are left out. */
export function goJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function invalid(message: string): UserError {
  return new UserError(`template parsing error: ${message}`, { code: 'usage.template' });
}
