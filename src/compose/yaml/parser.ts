/**
 * A YAML parser that builds the loader's tree directly, with an offset for every node.
 *
 * The language is the one libyaml accepts (which is what Docker Compose accepts), in one pass over the text by recursive descent; the
 * general-purpose parsers for JavaScript took five times the whole budget of a load. What it refuses it explains.
 */
import type { Source } from '../source.ts';
import { type MapNode, type Node, ScalarNode, type SeqNode } from '../tree.ts';
import { scanBlock } from './block-scalar.ts';
import { AMPERSAND, BANG, COLON, DASH, GREATER, HASH, PERCENT, PIPE, QUESTION, isBlankOrEnd } from './chars.ts';
import { FlowParser } from './flow-parser.ts';
import { type Properties, mayBeTyped } from './node-builder.ts';
import { deeperKey, missingColon, multiLineKey, secondColon, unexpected } from './block-errors.ts';
import { YamlSyntaxError } from './syntax-error.ts';

/** YAML bounds how far a parser must look for the colon. */
const MAX_KEY_LENGTH = 1024;

/** The first key of a block mapping, read before it was known to be one. `node` is undefined for a scalar without properties. */
interface FirstKey {
  readonly node: Node | undefined;
  readonly start: number;
}

/** Parses the documents of one text, one after the other. */
export class YamlParser extends FlowParser {
  constructor(source: Source) {
    super(source);
  }

  /** @returns the next document's root (a null scalar for an empty one), or undefined at the end. @throws YamlSyntaxError */
  nextDocument(): Node | undefined {
    this.resetDocument();
    this.keyAllowed = true;
    this.toToken();
    this.directives();
    let marked = false;
    while (!marked && this.atDocumentMarker()) {
      marked = this.text.charCodeAt(this.pos) === DASH;
      this.pos += 3;
      if (!marked) this.toToken();
    }
    if (this.atEnd && !marked) return undefined;
    this.keyAllowed = !marked;
    this.tokenLine = -1;
    const root = this.block(-1, false);
    this.toToken();
    if (!this.atEnd && !this.atDocumentMarker()) throw unexpected(this);
    return root;
  }

  private directives(): void {
    let seen = false;
    while (this.pos === this.lineStart && this.text.charCodeAt(this.pos) === PERCENT) {
      seen = true;
      this.pos = this.endOfLine(this.pos);
      this.toToken();
    }
    if (seen && !this.atDocumentMarker()) {
      throw new YamlSyntaxError('a directive (%) must be followed by a line "---"', { start: this.pos });
    }
  }

  /** Is the cursor on an indicator (`-` or `?`) followed by a blank? */
  private atIndicator(char: number): boolean {
    return this.text.charCodeAt(this.pos) === char && isBlankOrEnd(this.text.charCodeAt(this.pos + 1));
  }

  /**
   * A node in block context.
   * @param indent  column of the enclosing collection; the node is indented deeper
   * @param indentless  a sequence may stand at `indent` itself, as below a mapping key
   * @param outer  properties on a line of their own before the node
   */
  private block(indent: number, indentless: boolean, outer?: Properties): Node {
    const before = this.pos;
    this.toToken();
    const start = this.pos;
    const line = this.lineStart;
    const column = start - line;
    const char = this.text.charCodeAt(start);
    const isDash = char === DASH && this.atIndicator(DASH);
    if (char !== char || column < indent || (column === indent && !(indentless && isDash)) || this.atDocumentMarker()) {
      return this.finish(this.nullAt(outer?.start ?? before), outer);
    }
    if (isDash) return this.finish(this.blockSequence(column), outer);
    if (char === QUESTION && this.atIndicator(QUESTION)) {
      if (!this.keyAllowed) throw this.misplaced('a mapping key');
      return this.finish(this.blockMapping(column, undefined), outer);
    }
    const keyable = this.keyAllowed;
    const props = char === AMPERSAND || char === BANG ? this.properties() : undefined;
    if (props && this.atLineEnd()) {
      if (outer) throw new YamlSyntaxError('a value can have only one tag and one anchor', { start: props.start });
      return this.block(indent, indentless, props);
    }
    return this.inlineOrMapping(indent, { start, line, keyable, props, outer });
  }

  /** What starts on this line: a scalar, alias or flow collection, or, when a colon follows, a block mapping with it as first key. */
  private inlineOrMapping(
    indent: number,
    at: { start: number; line: number; keyable: boolean; props: Properties | undefined; outer: Properties | undefined },
  ): Node {
    if (at.props) {
      this.keyAllowed = false;
      this.toToken();
    }
    const char = this.text.charCodeAt(this.pos);
    const props = at.props ?? at.outer;
    if (char === PIPE || char === GREATER) {
      scanBlock(this, indent);
      return this.rawNode(props);
    }
    // an outer anchor belongs to what the key starts, so the key itself must not take it
    const node = this.inlineValue(indent, at.props);
    if (!this.atColon()) {
      if (node) return at.outer ? this.finish(node, at.outer) : node;
      return this.rawNode(props);
    }
    if (!at.keyable) throw this.lineStart === at.line ? secondColon(this, at.start) : deeperKey(this, at.start);
    if (this.lineStart !== at.line) throw multiLineKey(this, at.start);
    const key = node ?? (at.props ? this.rawNode(at.props) : undefined);
    return this.finish(this.blockMapping(at.start - at.line, { node: key, start: at.start }), at.outer);
  }

  private atLineEnd(): boolean {
    const c = this.text.charCodeAt(this.afterBlanks(this.pos));
    return c === HASH || isBlankOrEnd(c);
  }

  /** Does a `:` that makes a key of what was read follow on this line? Then the cursor moves onto it. */
  private atColon(): boolean {
    if (this.tokenLine !== this.lineStart) return false;
    const i = this.afterBlanks(this.pos);
    if (this.text.charCodeAt(i) !== COLON || !isBlankOrEnd(this.text.charCodeAt(i + 1))) return false;
    this.pos = i;
    return true;
  }

  private blockSequence(column: number): SeqNode {
    if (!this.keyAllowed) throw this.misplaced('a list item');
    this.enter();
    const start = this.pos;
    let end = start;
    const base = this.itemCount;
    for (;;) {
      this.pos++;
      this.keyAllowed = true;
      this.tokenLine = this.lineStart;
      const item = this.block(column, false);
      this.addItem(item);
      end = Math.max(end, item.end);
      this.toToken();
      const here = this.pos - this.lineStart;
      if (this.atEnd || here < column || this.atDocumentMarker()) break;
      if (here > column || this.lineStart === this.tokenLine) throw unexpected(this);
      if (!this.atIndicator(DASH)) break;
    }
    this.depth--;
    return this.endSequence(base, start, end);
  }

  private blockMapping(column: number, first: FirstKey | undefined): MapNode {
    this.enter();
    const start = first?.start ?? this.pos;
    const base = this.entryCount;
    let end = first ? this.simplePair(base, column, first.node) : this.pair(base, column);
    for (;;) {
      this.toToken();
      const here = this.pos - this.lineStart;
      if (this.atEnd || here < column || this.atDocumentMarker()) break;
      if (here > column || this.lineStart === this.tokenLine) throw unexpected(this);
      end = this.pair(base, column);
    }
    const mapping = this.endMapping(base, start, end);
    this.depth--;
    return mapping;
  }

  /** A pair whose key was just read (into the `raw` fields, or as `keyNode`); the cursor is on the colon. @returns the pair's end */
  private simplePair(base: number, column: number, keyNode: Node | undefined): number {
    const { rawText, rawStart, rawEnd } = this;
    const typed = keyNode === undefined && this.rawStyle === 'plain' && mayBeTyped(rawText);
    const key = keyNode ?? (typed ? this.rawNode(undefined) : undefined);
    const colon = this.pos++;
    if (colon - rawStart > MAX_KEY_LENGTH) {
      throw new YamlSyntaxError(`a mapping key must not be longer than ${MAX_KEY_LENGTH} characters`, { start: rawStart, end: colon });
    }
    this.keyAllowed = false;
    this.tokenLine = this.lineStart;
    const value = this.block(column, true);
    if (key === undefined) this.addSimplePair(base, rawText, rawStart, rawEnd, value);
    else if (key instanceof ScalarNode) this.addPair(base, key, value);
    else this.refuseKey(key);
    return Math.max(colon + 1, value.end);
  }

  private pair(base: number, column: number): number {
    if (this.atIndicator(QUESTION)) return this.explicitPair(base, column);
    const start = this.pos;
    const line = this.lineStart;
    const char = this.text.charCodeAt(start);
    if (this.atIndicator(DASH)) {
      throw new YamlSyntaxError('a list item stands where a mapping key is expected', {
        start,
        hint: 'a mapping and a list cannot be mixed at one level; check the indentation',
      });
    }
    const props = char === AMPERSAND || char === BANG ? this.properties() : undefined;
    if (props) {
      if (this.atLineEnd()) throw missingColon(this, start);
      this.pos = this.afterBlanks(this.pos);
    }
    const node = this.inlineValue(column, props) ?? (props ? this.rawNode(props) : undefined);
    if (this.lineStart !== line || !this.atColon()) throw missingColon(this, start);
    return this.simplePair(base, column, node);
  }

  /** `? key` and `: value`, each on lines of their own. */
  private explicitPair(base: number, column: number): number {
    const key = this.explicitPart(column, false);
    this.toToken();
    const hasValue = this.pos - this.lineStart === column && this.atIndicator(COLON);
    const value = hasValue ? this.explicitPart(column, true) : this.nullAt(key.end);
    if (key instanceof ScalarNode) this.addPair(base, key, value);
    else this.refuseKey(key);
    return value.end;
  }

  private explicitPart(column: number, indentless: boolean): Node {
    this.pos++;
    this.keyAllowed = true;
    this.tokenLine = this.lineStart;
    return this.block(column, indentless);
  }
}
