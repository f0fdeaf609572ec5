import { type MapNode, type Node, ScalarNode, type SeqNode } from '../tree.ts';
import {
  AMPERSAND,
  ASTERISK,
  AT,
  BACKTICK,
  BANG,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DASH,
  DOUBLE_QUOTE,
  GREATER,
  HASH,
  OPEN_BRACE,
  OPEN_BRACKET,
  PERCENT,
  PIPE,
  QUESTION,
  SINGLE_QUOTE,
  TAB,
  isBlankOrEnd,
} from './chars.ts';
import { NodeBuilder, type Properties } from './node-builder.ts';
import { scanPlain } from './plain-scalar.ts';
import { scanQuoted } from './quoted-scalar.ts';
import { YamlSyntaxError, tabError } from './syntax-error.ts';

/** The part of the parser for `[a, b]` and `{a: b}`. Inside them indentation means nothing. */
export class FlowParser extends NodeBuilder {
  /** A collection; the cursor is on its opening bracket. */
  protected flowCollection(): MapNode | SeqNode {
    this.enter();
    const start = this.pos++;
    this.flow++;
    const node = this.text.charCodeAt(start) === OPEN_BRACE ? this.flowMapping(start) : this.flowSequence(start);
    this.flow--;
    this.depth--;
    this.tokenLine = this.lineStart;
    return node;
  }

  private flowSequence(start: number): SeqNode {
    const base = this.itemCount;
    for (;;) {
      this.toToken();
      if (this.text.charCodeAt(this.pos) === CLOSE_BRACKET) break;
      if (this.text.charCodeAt(this.pos) === COMMA) throw this.missingItem();
      this.addItem(this.flowItem(start));
      this.toToken();
      if (this.text.charCodeAt(this.pos) === CLOSE_BRACKET) break;
      this.flowComma(start);
    }
    return this.endSequence(base, start, ++this.pos);
  }

  /** An item of a sequence; `a: b` makes a mapping with one pair. */
  private flowItem(open: number): Node {
    const start = this.pos;
    const explicit = this.text.charCodeAt(start) === QUESTION;
    if (explicit) this.pos++;
    const line = this.lineStart;
    const key = this.flowNode(open);
    this.toToken();
    const isPair = this.text.charCodeAt(this.pos) === COLON;
    if (!isPair && !explicit) return key;
    if (isPair && !explicit && this.lineStart !== line) throw this.flowError(open);
    const base = this.entryCount;
    if (isPair) this.pos++;
    const value = isPair ? this.flowNode(open) : this.nullAt(this.pos);
    this.addFlowPair(base, key, value);
    return this.endMapping(base, start, value.end);
  }

  private flowMapping(start: number): MapNode {
    const base = this.entryCount;
    for (;;) {
      this.toToken();
      if (this.text.charCodeAt(this.pos) === CLOSE_BRACE) break;
      if (this.text.charCodeAt(this.pos) === COMMA) throw this.missingItem();
      if (this.text.charCodeAt(this.pos) === QUESTION) this.pos++;
      const key = this.flowNode(start);
      this.toToken();
      let value: Node;
      if (this.text.charCodeAt(this.pos) === COLON) {
        this.pos++;
        value = this.flowNode(start);
        this.toToken();
      } else value = this.nullAt(key.end);
      this.addFlowPair(base, key, value);
      if (this.text.charCodeAt(this.pos) === CLOSE_BRACE) break;
      this.flowComma(start);
    }
    return this.endMapping(base, start, ++this.pos);
  }

  private addFlowPair(base: number, key: Node, value: Node): void {
    if (key instanceof ScalarNode) this.addPair(base, key, value);
    else this.refuseKey(key);
  }

  private flowComma(open: number): void {
    if (this.text.charCodeAt(this.pos) !== COMMA) throw this.flowError(open);
    this.pos++;
  }

  private flowNode(open: number): Node {
    this.toToken();
    const from = this.pos;
    let char = this.text.charCodeAt(from);
    let props: Properties | undefined;
    if (char === AMPERSAND || char === BANG) {
      props = this.properties();
      this.toToken();
      char = this.text.charCodeAt(this.pos);
    }
    if (char === COMMA || char === CLOSE_BRACE || char === CLOSE_BRACKET || char === COLON) return this.finish(this.nullAt(from), props);
    if (char !== char || this.atDocumentMarker()) throw this.flowError(open);
    if (char === PIPE || char === GREATER) throw this.badStart();
    return this.inlineValue(-1, props) ?? this.rawNode(props);
  }

  /**
   * A value that is no block collection. @param indent  column of the enclosing block, for plain scalars over several lines
   * @returns undefined for a scalar, which is then in the `raw` fields
   */
  protected inlineValue(indent: number, props: Properties | undefined): Node | undefined {
    const char = this.text.charCodeAt(this.pos);
    this.keyAllowed = false;
    switch (char) {
      case SINGLE_QUOTE:
      case DOUBLE_QUOTE:
        scanQuoted(this);
        return undefined;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        return this.finish(this.flowCollection(), props);
      case ASTERISK:
        if (props) throw new YamlSyntaxError('an alias can have neither a tag nor an anchor', { start: props.start });
        return this.alias();
      default:
        if (!this.canStartPlain(char)) throw this.badStart();
        scanPlain(this, indent);
        return undefined;
    }
  }

  private canStartPlain(char: number): boolean {
    switch (char) {
      case DASH:
        return !isBlankOrEnd(this.text.charCodeAt(this.pos + 1));
      case QUESTION:
      case COLON:
        return this.flow === 0 && !isBlankOrEnd(this.text.charCodeAt(this.pos + 1));
      case COMMA:
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
      case PERCENT:
      case AT:
      case BACKTICK:
      case PIPE:
      case GREATER:
      case AMPERSAND:
      case BANG:
      case HASH:
      case TAB:
        return false;
      default:
        return char === char;
    }
  }

  protected badStart(): YamlSyntaxError {
    const start = this.pos;
    const char = this.text.charCodeAt(start);
    if (char === TAB) return tabError(start);
    if (char === DASH) return this.misplaced('a list item');
    if (char === COLON) return new YamlSyntaxError('a mapping key is missing before ":"', { start });
    if (char === PERCENT || char === AT || char === BACKTICK) {
      return new YamlSyntaxError(`a value cannot start with "${this.text.charAt(start)}"`, { start, hint: 'quote the value' });
    }
    return new YamlSyntaxError(`unexpected "${this.text.charAt(start)}"`, { start, hint: 'quote the value if the character belongs to it' });
  }

  protected misplaced(what: string): YamlSyntaxError {
    return new YamlSyntaxError(`${what} cannot start here`, { start: this.pos, hint: 'put it on a line of its own, indented' });
  }

  private missingItem(): YamlSyntaxError {
    return new YamlSyntaxError('a value is missing before this comma', { start: this.pos, hint: 'remove the comma, or write "" for an empty value' });
  }

  private flowError(open: number): YamlSyntaxError {
    const isMap = this.text.charCodeAt(open) === OPEN_BRACE;
    const what = isMap ? 'mapping' : 'list';
    const close = isMap ? '}' : ']';
    if (this.atEnd || this.atDocumentMarker()) {
      return new YamlSyntaxError(`this ${what} is never closed`, { start: open, hint: `add the missing "${close}"` });
    }
    return new YamlSyntaxError(`"," or "${close}" is expected here`, {
      start: this.pos,
      hint: `separate entries by commas, close the ${what} with "${close}", and quote values that contain any of , [ ] { } ?`,
      related: { message: `the ${what} starts here`, start: open, end: open + 1 },
    });
  }
}
