/**
 * `.dockerignore` files: which paths of a build context are left out.
 * Used on both sides: by who packs a context, and by the builder that receives one.
 * @see Docker's "dockerignore file" documentation; patterns follow Go's filepath.Match plus `**`
 */
import { posix } from 'node:path';
import { UserError } from './errors.ts';
import { globToRegExpSource } from './glob.ts';

interface Rule {
  readonly text: string;
  readonly include: boolean;
  readonly matches: (path: string) => boolean;
}

/** Answers for paths relative to the context root, with `/` as separator and no leading slash. */
export interface IgnoreMatcher {
  /** No rule at all: nothing is left out. */
  readonly isEmpty: boolean;
  /** Whether the path is left out: the last rule that matches it or one of its parents decides. */
  isIgnored(path: string): boolean;
  /** Whether a directory that is left out can be skipped whole because no `!` rule can reach below it. */
  canSkipDirectory(path: string): boolean;
}

/** The patterns of an ignore file, cleaned: comments, blanks, byte order mark and leading slashes are gone. */
export function parseIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    if (line.startsWith('#')) continue;
    const trimmed = line.trim();
    const include = trimmed.startsWith('!');
    const body = include ? trimmed.slice(1).trim() : trimmed;
    if (trimmed === '') continue;
    patterns.push((include ? '!' : '') + cleanPattern(body));
  }
  return patterns;
}

function cleanPattern(body: string): string {
  if (body === '') return '';
  const clean = posix.normalize(body).replace(/(.)\/$/, '$1');
  return clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
}

/**
 * @param patterns  as `parseIgnoreFile` gives them
 * @throws UserError `ignore.pattern` for a pattern that Go's filepath.Match refuses
 */
export function createIgnoreMatcher(patterns: readonly string[]): IgnoreMatcher {
  const rules = patterns.map((pattern) => compileRule(pattern.trim())).filter((rule) => rule !== undefined);
  const includes = rules.filter((rule) => rule.include);
  return {
    isEmpty: rules.length === 0,
    isIgnored(path) {
      let ignored = false;
      for (const rule of rules) {
        // A rule that would not change the verdict need not be tried.
        if (rule.include === ignored && matchesPathOrParent(rule, path)) ignored = !rule.include;
      }
      return ignored;
    },
    canSkipDirectory: (path) => !includes.some((rule) => couldReachBelow(rule.text, path)),
  };
}

function compileRule(pattern: string): Rule | undefined {
  if (pattern === '') return undefined;
  const include = pattern.startsWith('!');
  const text = cleanPattern(include ? pattern.slice(1) : pattern);
  if (text === '') throw badPattern(pattern);
  if (!/[*?[\\]/.test(text)) return { text, include, matches: (path) => path === text };
  const source = globToRegExpSource(text, { doubleStar: true });
  if (source === undefined) throw badPattern(pattern);
  const expression = new RegExp(`^${source}$`, 'su');
  return { text, include, matches: (path) => expression.test(path) };
}

function badPattern(pattern: string): UserError {
  return new UserError(`invalid ignore pattern ${JSON.stringify(pattern)}`, { code: 'ignore.pattern' });
}

function matchesPathOrParent(rule: Rule, path: string): boolean {
  if (rule.matches(path)) return true;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (rule.matches(path.slice(0, slash))) return true;
  }
  return false;
}

/** Compares component by component as far as both go; a wildcard component may match anything. */
function couldReachBelow(pattern: string, directory: string): boolean {
  const wanted = pattern.split('/');
  const have = directory.split('/');
  for (let i = 0; i < have.length && i < wanted.length; i++) {
    const part = wanted[i] ?? '';
    if (part.includes('**')) return true;
    if (!/[*?[\\]/.test(part) && part !== have[i]) return false;
  }
  return true;
}
