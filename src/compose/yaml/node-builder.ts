import { Entry, MapNode, type Node, ScalarNode, SeqNode } from '../tree.ts';
import { AMPERSAND, AT, BACKTICK, BANG, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET } from './chars.ts';
import { PERCENT, QUESTION, isBlankOrEnd, isDigit, isWord } from './chars.ts';
import { Cursor } from './cursor.ts';
import { collectionAsKey, duplicateKey, keyIsNoString, mergeOfNoMapping } from './key-problems.ts';
import { LIMITS } from './limits.ts';
import { plainScalar } from './resolve.ts';
import { type YamlProblem, YamlSyntaxError } from './syntax-error.ts';
import { taggedScalar } from './tagged-scalar.ts';

/** Above this many entries a mapping being read is searched through an index. */
const LARGE_MAPPING = 16;

/** The tag and the anchor written before a value. */
export interface Properties {
  readonly start: number;
  tag: string | undefined;
  anchor: string | undefined;
}

/** The part of the parser that makes nodes: scalars with their types, mappings with merge keys, anchors and aliases, and the limits. */
export class NodeBuilder extends Cursor {
  readonly problems: YamlProblem[] = [];
  protected anchors = new Map<string, Node | 'open'>();
  /** Tags other than YAML's own types, by the node they were written before: `!reset`, `!override`. */
  readonly tags = new Map<Node, string>();
  /** Entries and items of the collections that are open, innermost last; a collection remembers where its own begin. */
  protected readonly pendingEntries: Entry[] = [];
  protected entryCount = 0;
  protected readonly pendingItems: Node[] = [];
  protected itemCount = 0;
  /** Merge keys among the pending entries: each keeps its place there until its mapping ends, so that nested mappings stay apart. */
  private readonly merges = new Set<Entry>();
  protected depth = 0;
  /** Nodes written in this document so far, and nodes its aliases stand for. */
  protected written = 0;
  private aliased = 0;

  protected resetDocument(): void {
    this.anchors = new Map();
    this.written = 0;
    this.aliased = 0;
  }

  /** The node of the scalar that was just scanned. */
  protected rawNode(props: Properties | undefined): ScalarNode {
    this.written++;
    const node =
      props?.tag !== undefined
        ? taggedScalar(this, props.tag)
        : this.rawStyle === 'plain'
          ? plainScalar(this.source, this.rawStart, this.rawEnd, this.rawText)
          : new ScalarNode(this.source, this.rawStart, this.rawEnd, 'str', this.rawText, this.rawText, this.rawStyle);
    return props === undefined ? node : this.finish(node, props);
  }

  protected nullAt(offset: number): ScalarNode {
    return new ScalarNode(this.source, offset, offset, 'null', null, '', 'plain');
  }

  /** Gives a finished collection or empty value the properties written before it. */
  protected finish<N extends Node>(node: N, props: Properties | undefined): N {
    if (props === undefined) return node;
    if (props.tag !== undefined && !props.tag.startsWith('!!')) this.tags.set(node, props.tag);
    if (props.anchor !== undefined) this.anchors.set(props.anchor, node);
    return node;
  }

  /**
   * Adds a pair to the innermost mapping. A second pair with the same key and a key that is no string are problems, but not the end.
   * @param base  `entryCount` when the mapping began
   */
  protected addPair(base: number, key: ScalarNode, value: Node): void {
    if (key.type !== 'str') this.problems.push(keyIsNoString(key));
    const before = this.entryCount;
    this.addSimplePair(base, key.text, key.start, key.end, value);
    if (key.text !== '<<' || key.style !== 'plain' || this.entryCount === before) return;
    const entry = this.pendingEntries[before];
    if (entry) this.merges.add(entry);
  }

  /** As addPair, for a key that is known to be a string. */
  protected addSimplePair(base: number, text: string, start: number, end: number, value: Node): void {
    const existing = this.pendingEntry(base, text);
    if (existing) this.problems.push(duplicateKey({ source: this.source, start, end }, text, existing));
    else this.pendingEntries[this.entryCount++] = new Entry(text, this.source, start, end, value);
  }

  private pendingEntry(base: number, key: string): Entry | undefined {
    if (this.entryCount - base > LARGE_MAPPING) return this.largeEntry(base, key);
    for (let i = base; i < this.entryCount; i++) {
      const entry = this.pendingEntries[i];
      if (entry !== undefined && entry.key === key) return entry;
    }
    return undefined;
  }

  /** The index of the innermost large mapping, so that a mapping of n keys does not cost n². */
  private largeIndexes: { readonly base: number; readonly keys: Map<string, Entry>; filled: number }[] = [];

  private largeEntry(base: number, key: string): Entry | undefined {
    let index = this.largeIndexes.at(-1);
    if (index === undefined || index.base !== base) {
      index = { base, keys: new Map(), filled: base };
      this.largeIndexes.push(index);
    }
    if (index.filled > this.entryCount) index.filled = this.entryCount;
    for (; index.filled < this.entryCount; index.filled++) {
      const entry = this.pendingEntries[index.filled];
      if (entry) index.keys.set(entry.key, entry);
    }
    return index.keys.get(key);
  }

  /** Ends a mapping: applies its merge key. Keys written in it win over merged ones; of several merged mappings the first wins. */
  protected endMapping(base: number, start: number, end: number): MapNode {
    if (this.merges.size > 0) this.applyMerge(base);
    const entries = this.pendingEntries.slice(base, this.entryCount);
    this.entryCount = base;
    if (this.largeIndexes.at(-1)?.base === base) this.largeIndexes.pop();
    let weight = 1;
    for (let i = 0; i < entries.length; i++) weight += weightOf((entries[i] as Entry).value);
    return new MapNode(this.source, start, end, entries, weight);
  }

  private applyMerge(base: number): void {
    let at = base;
    while (at < this.entryCount && !this.merges.has(this.pendingEntries[at] as Entry)) at++; // below entryCount all are set
    const merge = this.pendingEntries[at];
    if (at === this.entryCount || merge === undefined) return;
    this.merges.delete(merge);
    this.pendingEntries.copyWithin(at, at + 1, this.entryCount--);
    this.mergeInto(base, merge.value);
  }

  private mergeInto(base: number, value: Node): void {
    for (const merged of value.kind === 'seq' ? value.items : [value]) {
      if (merged.kind !== 'map') {
        this.problems.push(mergeOfNoMapping(merged));
        continue;
      }
      for (const entry of merged.entries) {
        if (this.pendingEntry(base, entry.key)) continue;
        if (entry.value.kind !== 'scalar') entry.value.shared = true;
        this.pendingEntries[this.entryCount++] = new Entry(entry.key, entry.source, entry.start, entry.end, entry.value);
      }
    }
  }

  protected addItem(item: Node): void {
    this.pendingItems[this.itemCount++] = item;
  }

  protected endSequence(base: number, start: number, end: number): SeqNode {
    const items = this.pendingItems.slice(base, this.itemCount);
    this.itemCount = base;
    let weight = 1;
    for (let i = 0; i < items.length; i++) weight += weightOf(items[i] as Node);
    return new SeqNode(this.source, start, end, items, weight);
  }

  /** A collection as a key: YAML allows it, Compose does not. */
  protected refuseKey(key: Node): void {
    this.problems.push(collectionAsKey(key));
  }

  /** Reads anchors and tags; the cursor ends after the last one. */
  protected properties(): Properties {
    const props: Properties = { start: this.pos, tag: undefined, anchor: undefined };
    for (;;) {
      const start = this.pos;
      const char = this.text.charCodeAt(start);
      if (char === AMPERSAND && props.anchor === undefined) {
        props.anchor = this.anchorName('anchor');
        this.anchors.set(props.anchor, 'open');
      } else if (char === BANG && props.tag === undefined) props.tag = this.tagText();
      else throw new YamlSyntaxError('a value can have only one tag and one anchor', { start });
      this.tokenLine = this.lineStart;
      const next = this.afterBlanks(this.pos);
      const following = this.text.charCodeAt(next);
      if (following !== AMPERSAND && following !== BANG) return props;
      this.pos = next;
    }
  }

  private tagText(): string {
    const start = this.pos;
    let i = start + 1;
    const verbatim = this.text.charAt(i) === '<';
    for (let c = this.text.charCodeAt(i); !isBlankOrEnd(c); c = this.text.charCodeAt(++i)) {
      const ends = c === COMMA || c === OPEN_BRACE || c === CLOSE_BRACE || c === OPEN_BRACKET || c === CLOSE_BRACKET;
      if (ends && !verbatim && this.flow > 0) break;
    }
    this.pos = i;
    return this.text.slice(start, i);
  }

  private anchorName(what: 'anchor' | 'alias'): string {
    const start = ++this.pos;
    while (isWord(this.text.charCodeAt(this.pos))) this.pos++;
    const c = this.text.charCodeAt(this.pos);
    const closed = c === COLON || c === COMMA || c === CLOSE_BRACKET || c === CLOSE_BRACE || c === QUESTION || c === PERCENT || c === AT;
    if (this.pos > start && (closed || c === BACKTICK || isBlankOrEnd(c))) return this.text.slice(start, this.pos);
    const sign = what === 'anchor' ? '&' : '*';
    throw new YamlSyntaxError(`"${sign}" starts an ${what}, whose name may have letters, digits, "-" and "_"`, {
      start: start - 1,
      end: Math.min(this.pos + 1, this.text.length),
      hint: `quote the value if it should begin with "${sign}"`,
    });
  }

  /** The node an alias stands for: the very node of its anchor. */
  protected alias(): Node {
    const start = this.pos;
    const name = this.anchorName('alias');
    this.tokenLine = this.lineStart;
    const target = this.anchors.get(name);
    if (target === 'open') throw new YamlSyntaxError(`the value of anchor "&${name}" contains itself`, { code: 'yaml.alias', start, end: this.pos });
    if (target === undefined) {
      const known = [...this.anchors.keys()].slice(0, 8).join(', ');
      const hint = known === '' ? `define it first: key: &${name} ...` : `anchors known here: ${known}`;
      throw new YamlSyntaxError(`no anchor "&${name}" comes before this alias`, { code: 'yaml.alias', start, end: this.pos, hint });
    }
    if (target.kind !== 'scalar') target.shared = true;
    this.aliased += weightOf(target);
    if (this.aliased > Math.max(LIMITS.aliasedNodes, 10 * this.written)) {
      throw new YamlSyntaxError('the aliases of this document expand to too many values', { code: 'yaml.limit', start, end: this.pos });
    }
    return target;
  }

  /** Counts a collection that begins. */
  protected enter(): void {
    this.written++;
    if (++this.depth <= LIMITS.depth) return;
    throw new YamlSyntaxError(`collections are nested more than ${LIMITS.depth} deep`, { code: 'yaml.limit', start: this.pos });
  }
}

export function weightOf(node: Node): number {
  return node.kind === 'scalar' ? 1 : node.weight;
}

/** Could this text as a plain scalar be anything but a string? Errs on the side of yes. */
export function mayBeTyped(text: string): boolean {
  const c = text.charCodeAt(0);
  if (isDigit(c) || c === 43 || c === 45 || c === 46 || c === 126 || text === '' || text === '<<') return true;
  return text.length <= 5 && (c === 110 || c === 78 || c === 116 || c === 84 || c === 102 || c === 70);
}
