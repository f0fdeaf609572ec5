/**
 * The first pass over a parsed document: replaces variables in values and casts by path, in place. What aliases share is copied to each
 * place that refers to it, so that later passes may change the tree as well. Keys are not interpolated.
 */
import { CASTS, type Cast } from './casts.ts';
import { onOneLine, placeOfExpression } from './expression-place.ts';
import { type PathKey, joinPath } from './path.ts';
import type { ParsedDocument } from './parse.ts';
import type { Problems } from './problems.ts';
import { type Rules, ruleForKey } from './rules.ts';
import { type Lookup, SubstitutionError, substitute } from './substitute.ts';
import { Entry, MapNode, type Node, ScalarNode, SeqNode } from './tree.ts';
import type { Variables } from './variables.ts';

/** What a document says with the tags `!reset` and `!override`: paths at which nothing of an earlier file remains. */
export type Resets = readonly (readonly PathKey[])[];

export interface Interpolation {
  /** Undefined: keep expressions as they are. */
  readonly variables: Variables | undefined;
  readonly problems: Problems;
  /** Variables whose absence was reported already; one report each is enough. */
  readonly reported: Set<string>;
}

/** See the file comment. Problems are reported and leave the value as it was. */
export function interpolate(document: ParsedDocument, options: Interpolation): { root: MapNode; resets: Resets } {
  const interpolator = new Interpolator(options, document.tags);
  const root = interpolator.map(document.root, CASTS);
  return { root, resets: interpolator.resets };
}

class Interpolator {
  readonly #variables: Variables | undefined;
  readonly #problems: Problems;
  readonly #reported: Set<string>;
  readonly #tags: ReadonlyMap<Node, string>;
  readonly #path: PathKey[] = [];
  readonly resets: PathKey[][] = [];
  readonly #shared = new Map<ScalarNode, ScalarNode>();
  readonly #lookup: Lookup;
  /** The scalar at hand, for warnings. */
  #node: ScalarNode | undefined;
  /** Variables with a place that the scalar at hand used. */
  #used: string[] = [];

  constructor(options: Interpolation, tags: ReadonlyMap<Node, string>) {
    this.#tags = tags;
    this.#variables = options.variables;
    this.#problems = options.problems;
    this.#reported = options.reported;
    this.#lookup = {
      get: (name) => {
        const variable = this.#variables?.get(name);
        if (variable?.place) this.#used.push(name);
        return variable?.value;
      },
      unset: (name, expression) => this.#warnUnset(name, expression),
    };
  }

  /** @param copying  inside something shared, where nothing may be changed in place */
  map(node: MapNode, casts: Rules<Cast> | undefined, copying = false): MapNode {
    const copies = copying || node.shared;
    const hasTags = this.#tags.size > 0;
    const entries: Entry[] = copies || hasTags ? [] : node.entries;
    for (let i = 0; i < node.entries.length; i++) {
      const entry = node.entries[i] as Entry; // i is below length
      this.#path.push(entry.key);
      if (hasTags && this.#isReset(entry.value)) {
        this.#path.pop();
        continue;
      }
      const value = this.#any(entry.value, ruleForKey(casts, entry.key), copies);
      this.#path.pop();
      if (value !== entry.value || copies || hasTags) {
        const own = new Entry(entry.key, entry.source, entry.start, entry.end, value);
        if (entries === node.entries) entries[i] = own;
        else entries.push(own);
      }
    }
    if (!copies && !hasTags) return node;
    return new MapNode(node.source, node.start, node.end, entries);
  }

  /** Notes a tagged path; a value tagged `!reset` goes away, whatever it is. */
  #isReset(value: Node): boolean {
    const tag = this.#tags.get(value);
    if (tag === '!reset' || tag === '!override') this.resets.push(this.#path.slice());
    return tag === '!reset';
  }

  #any(node: Node, casts: Rules<Cast> | undefined, copying: boolean): Node {
    if (node.kind === 'scalar') return copying && casts?.rule === undefined ? this.#sharedScalar(node) : this.#scalar(node, casts?.rule);
    return node.kind === 'map' ? this.map(node, casts, copying) : this.#seq(node, casts?.item, copying);
  }

  #seq(node: SeqNode, casts: Rules<Cast> | undefined, copying: boolean): SeqNode {
    const copies = copying || node.shared;
    const hasTags = this.#tags.size > 0;
    const items: Node[] = copies || hasTags ? [] : node.items;
    for (let i = 0; i < node.items.length; i++) {
      const item = node.items[i] as Node; // i is below length
      if (hasTags && this.#tags.get(item) === '!reset') continue;
      this.#path.push(i);
      const value = this.#any(item, casts, copies);
      this.#path.pop();
      if (items === node.items) items[i] = value;
      else items.push(value);
    }
    return items === node.items ? node : new SeqNode(node.source, node.start, node.end, items);
  }

  /** A scalar that several places share has the same value at each. */
  #sharedScalar(node: ScalarNode): ScalarNode {
    let result = this.#shared.get(node);
    if (result === undefined) {
      result = this.#scalar(node, undefined);
      this.#shared.set(node, result);
    }
    return result;
  }

  #scalar(node: ScalarNode, cast: Cast | undefined): ScalarNode {
    if (node.type === 'float' && !Number.isFinite(node.value)) this.#notFinite(node);
    if (node.type !== 'str' || this.#variables === undefined) return node;
    let result = node;
    if (node.text.includes('$')) {
      this.#node = node;
      this.#used = [];
      try {
        result = withText(node, substitute(node.text, this.#lookup));
        for (const name of this.#used) this.#trail(result, name);
      } catch (error) {
        if (!(error instanceof SubstitutionError)) throw error;
        this.#report(error, node);
        return result;
      }
    }
    if (cast === undefined) return result;
    const typed = cast.apply(result.text, result);
    if (typed) return typed;
    const path = joinPath(this.#path);
    this.#problems.error('interpolation.type', `${path}: "${result.text}" is not ${cast.expected}`, {
      place: node,
      path,
      trail: result.trail,
      hint: cast.expected === 'a boolean' ? 'write true or false' : undefined,
    });
    return result;
  }

  #notFinite(node: ScalarNode): void {
    const path = joinPath(this.#path);
    const hint = `quote it if it is meant as text: "${node.text}"`;
    this.#problems.error('yaml.number', `${path}: ${node.text} is not a number that JSON knows`, { place: node, path, hint });
  }

  #trail(node: ScalarNode, name: string): void {
    const place = this.#variables?.get(name)?.place;
    if (place) node.trail = { message: `variable ${name} is set here`, place, next: node.trail };
  }

  /** In a block of text the place is where the block begins, because no comment that silences the warning fits into it. */
  #warnUnset(name: string, expression: string): void {
    const node = this.#node;
    if (!node || this.#reported.has(name)) return;
    this.#reported.add(name);
    const path = joinPath(this.#path);
    const place = placeOfExpression(node, expression);
    const isNear = onOneLine(node, place);
    this.#problems.warning('interpolation.unset', `the variable "${name}" is not set; an empty string is used`, {
      place: isNear ? place : node,
      path,
      related: isNear ? undefined : [{ message: 'it is used here', place }],
      hint: `set it in the environment or in .env, or give a default: \${${name}:-default}`,
    });
  }

  #report(error: SubstitutionError, node: ScalarNode): void {
    const path = joinPath(this.#path);
    const hint =
      error.code === 'interpolation.invalid'
        ? 'a literal "$" is written "$$"; an expression is ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+replacement} on one line'
        : `set ${error.variable} in the environment or in .env`;
    const place = placeOfExpression(node, error.expression);
    this.#problems.error(error.code, `${path}: ${error.message}`, { place, within: node, path, hint });
  }
}

function withText(node: ScalarNode, text: string): ScalarNode {
  return new ScalarNode(node.source, node.start, node.end, 'str', text, text, node.style);
}
