/** The filters of `GET /images/json` and of prune, with dockerd's rules and messages. */
import { EngineError, parseDurationNs } from '../../base/index.ts';
import type { Filters } from '../../engine-api/index.ts';
import type { ImageIndex, StoredImage } from './image-index.ts';
import { familiarName, familiarString, parseReference } from './reference.ts';

/** @throws EngineError invalid for a filter outside `accepted` */
export function checkFilters(filters: Filters, accepted: readonly string[]): void {
  for (const key of Object.keys(filters)) if (!accepted.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
}

/** @returns undefined when the filter is not given @throws EngineError invalid */
export function booleanFilter(filters: Filters, key: string): boolean | undefined {
  const values = filters[key];
  if (!values || values.length === 0) return undefined;
  const bad = new EngineError('invalid', `invalid filter '${key}=[${values.join(' ')}]'`);
  const truths = values.map((value) => (/^(?:1|true|True|TRUE|t|T)$/.test(value) ? true : /^(?:0|false|False|FALSE|f|F)$/.test(value) ? false : undefined));
  if (truths.includes(undefined) || new Set(truths).size > 1) throw bad;
  return truths[0];
}

/** Every `label` must be there, no `label!` may be: `key` or `key=value`. */
export function matchesLabels(labels: Readonly<Record<string, string>> | undefined, filters: Filters): boolean {
  const has = (wanted: string) => {
    const equals = wanted.indexOf('=');
    const key = equals < 0 ? wanted : wanted.slice(0, equals);
    const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && (equals < 0 || value === wanted.slice(equals + 1));
  };
  return (filters['label'] ?? []).every(has) && !(filters['label!'] ?? []).some(has);
}

/** `until`: a duration back from now, unix seconds, or RFC 3339. @returns milliseconds @throws EngineError invalid */
export function untilFilter(filters: Filters): number | undefined {
  const values = filters['until'];
  if (!values || values.length === 0) return undefined;
  if (values.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const text = values[0] ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const ago = parseDurationNs(text);
  if (ago !== undefined) return Date.now() - ago / 1e6;
  const time = Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(time)) throw new EngineError('invalid', `invalid value for until filter: "${text}"`);
  return time;
}

/** Creation times (ms) of the images that `before` and `since` name. @throws EngineError notFound */
export function createdBounds(index: ImageIndex, filters: Filters): { before: number; since: number } {
  const times = (key: string) => (filters[key] ?? []).map((name) => Date.parse(index.find(name).record.createdAt));
  return { before: Math.min(Number.POSITIVE_INFINITY, ...times('before')), since: Math.max(Number.NEGATIVE_INFINITY, ...times('since')) };
}

/** The names that a `reference` filter leaves; undefined when it leaves none. */
export function matchReferences(image: StoredImage, patterns: readonly string[] | undefined): { tags: string[]; digests: string[] } | undefined {
  const { tags, repoDigests } = image.record;
  if (!patterns || patterns.length === 0) return { tags: [...tags], digests: [...repoDigests] };
  const expressions = patterns.map(globExpression);
  const matches = (name: string) => {
    const reference = parseReference(name);
    return expressions.some((expression) => expression.test(familiarString(reference)) || expression.test(familiarName(reference)));
  };
  const left = { tags: tags.filter(matches), digests: repoDigests.filter(matches) };
  return left.tags.length + left.digests.length > 0 ? left : undefined;
}

/** Go's `path.Match`: `*` and `?` stop at slashes, `[…]` with `^`. @throws EngineError invalid `syntax error in pattern` */
export function globExpression(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) throw new EngineError('invalid', 'syntax error in pattern');
      source += `[${pattern.slice(i + 1, end).replace(/[\\\]&~|[]/g, '\\$&')}]`;
      i = end;
    } else if (char === '\\' && i + 1 < pattern.length) source += escape(pattern[++i] ?? '');
    else source += escape(char);
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch (cause) {
    throw new EngineError('invalid', 'syntax error in pattern', { cause });
  }
}

function escape(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
