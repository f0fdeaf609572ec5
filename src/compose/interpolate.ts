/**
 * The first pass over a parsed document: makes a tree of its own (aliases expanded, nothing shared, so that later passes may change it
 * in place), replaces variables in values, and casts by path. Keys are not interpolated.
 */
import { CASTS, type Cast } from './casts.ts';
import { type PathKey, joinPath } from './path.ts';
import type { ParsedDocument } from './parse.ts';
import type { Problems } from './problems.ts';
import { type Rules, ruleForKey } from './rules.ts';
import { type Lookup, SubstitutionError, substitute } from './substitute.ts';
import { Entry, MapNode, type Node, ScalarNode, SeqNode, withTrail } from './tree.ts';
import type { Variables } from './variables.ts';

/** What a document says with the tags `!reset` and `!override`: paths at which nothing of an earlier file remains. */
export type Resets = readonly (readonly PathKey[])[];

export interface Interpolation {
  /** Undefined: keep expressions as they are. */
  readonly variables: Variables | undefined;
  readonly problems: Problems;
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
  readonly #tags: ReadonlyMap<Node, string>;
  readonly #path: PathKey[] = [];
  readonly resets: PathKey[][] = [];
  readonly #lookup: Lookup;
  /** The scalar at hand, for warnings. */
  #node: ScalarNode | undefined;
  /** Variables with a place that the scalar at hand used. */
  #used: string[] = [];

  constructor(options: Interpolation, tags: ReadonlyMap<Node, string>) {
    this.#tags = tags;
    this.#variables = options.variables;
    this.#problems = options.problems;
    this.#lookup = {
      get: (name) => {
        const variable = this.#variables?.get(name);
        if (variable?.place) this.#used.push(name);
        return variable?.value;
      },
      unset: (name) => this.#warnUnset(name),
    };
  }

  map(node: MapNode, casts: Rules<Cast> | undefined): MapNode {
    const entries: Entry[] = [];
    for (let i = 0; i < node.entries.length; i++) {
      const entry = node.entries[i] as Entry; // i is below length
      this.#path.push(entry.key);
      if (this.#tags.size === 0 || !this.#isReset(entry.value)) {
        const value = this.#any(entry.value, ruleForKey(casts, entry.key));
        entries.push(new Entry(entry.key, entry.source, entry.start, entry.end, value));
      }
      this.#path.pop();
    }
    return new MapNode(node.source, node.start, node.end, entries);
  }

  /** Notes a tagged path; a value tagged `!reset` goes away, whatever it is. */
  #isReset(value: Node): boolean {
    const tag = this.#tags.get(value);
    if (tag === '!reset' || tag === '!override') this.resets.push(this.#path.slice());
    return tag === '!reset';
  }

  #any(node: Node, casts: Rules<Cast> | undefined): Node {
    if (node.kind === 'scalar') return this.#scalar(node, casts?.rule);
    if (node.kind === 'map') return this.map(node, casts);
    const items: Node[] = [];
    for (let i = 0; i < node.items.length; i++) {
      const item = node.items[i] as Node; // i is below length
      if (this.#tags.get(item) === '!reset') continue;
      this.#path.push(i);
      items.push(this.#any(item, casts?.item));
      this.#path.pop();
    }
    return new SeqNode(node.source, node.start, node.end, items);
  }

  #scalar(node: ScalarNode, cast: Cast | undefined): ScalarNode {
    if (node.type === 'float' && !Number.isFinite(node.value)) this.#notFinite(node);
    if (node.type !== 'str' || this.#variables === undefined) return copy(node, node.text);
    let result = copy(node, node.text);
    if (node.text.includes('$')) {
      this.#node = node;
      this.#used = [];
      try {
        result = copy(node, substitute(node.text, this.#lookup));
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
    if (place) withTrail(node, `variable ${name} is set here`, place);
  }

  #warnUnset(name: string): void {
    const path = joinPath(this.#path);
    this.#problems.warning('interpolation.unset', `the variable "${name}" is not set; an empty string is used`, {
      place: this.#node,
      path,
      hint: `set it in the environment or in .env, or give a default: \${${name}:-default}`,
    });
  }

  #report(error: SubstitutionError, node: ScalarNode): void {
    const path = joinPath(this.#path);
    const hint =
      error.code === 'interpolation.invalid'
        ? 'a literal "$" is written "$$"; an expression is ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+replacement} on one line'
        : `set ${error.variable} in the environment or in .env`;
    this.#problems.error(error.code, `${path}: ${error.message}`, { place: node, path, hint });
  }
}

function copy(node: ScalarNode, text: string): ScalarNode {
  const value = node.type === 'str' ? text : node.value;
  return new ScalarNode(node.source, node.start, node.end, node.type, value, text, node.style);
}
