/** `.tscompose-check.yaml`: which rules count, and how much. */
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../base/index.ts';
import { type MapNode, type Place, Source, parseText, rangeOf, suggest } from '../compose/inspect/index.ts';
import type { Finding, Level } from './finding.ts';
import { RULES } from './registry.ts';

export const SETTINGS_FILE = '.tscompose-check.yaml';

export interface Settings {
  /** By rule id, or by a prefix such as `security.*`. */
  readonly levels: ReadonlyMap<string, Level | 'off'>;
  /** What is wrong with the settings file itself. */
  readonly findings: readonly Finding[];
}

export const NO_SETTINGS: Settings = { levels: new Map(), findings: [] };

const LEVELS: readonly string[] = ['off', 'info', 'warning', 'error'];

/** The nearest settings file, from a directory upwards. @param read  the text of a file, undefined when there is none */
export function findSettings(directory: string, read: (path: string) => string | undefined): Source | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, SETTINGS_FILE);
    const text = read(path);
    if (text !== undefined) return new Source(path, path, text);
    if (dirname(at) === at) return undefined;
  }
}

/**
 * ```yaml
 * rules:
 *   image.latest: error
 *   security.*: off
 * ```
 */
export function parseSettings(source: Source): Settings {
  const { documents, diagnostics } = parseText(source);
  const findings: Finding[] = diagnostics.filter((one: Diagnostic) => one.code !== 'yaml.empty').map((one) => ({ ...one, code: 'check.settings' }));
  const levels = new Map<string, Level | 'off'>();
  for (const document of documents) readDocument(document, levels, findings);
  return { levels, findings };
}

function readDocument(document: MapNode, levels: Map<string, Level | 'off'>, findings: Finding[]): void {
  const report = (message: string, place: Place, hint: string) =>
    findings.push({ code: 'check.settings', severity: 'error', message, range: rangeOf(place), hint });
  for (const entry of document.entries) if (entry.key !== 'rules') report(`unknown setting "${entry.key}"`, entry, 'known here: rules');
  const rules = document.get('rules');
  if (rules !== undefined && rules.kind !== 'map') report('"rules" must be a mapping of rule ids', rules, 'write "rule.id: off"');
  for (const entry of rules?.kind === 'map' ? rules.entries : []) {
    const { key, value } = entry;
    const level = value.kind === 'scalar' ? (value.type === 'bool' && value.value === false ? 'off' : value.text) : '';
    if (!LEVELS.includes(level)) report(`"${level}" is not a level for ${key}`, value, `one of ${LEVELS.join(', ')}`);
    else if (!isKnown(key)) report(`there is no rule "${key}"`, entry, hintFor(key));
    else levels.set(key, level as Level | 'off'); // LEVELS has it
  }
}

/** Does a pattern (`port.clash`, `port.*`, `all`) name any rule? */
export function isKnown(pattern: string): boolean {
  return RULES.some((rule) => matches(pattern, rule.id));
}

export function hintFor(id: string): string {
  const similar = suggest(id, RULES.map((rule) => rule.id));
  return similar === undefined ? '"tscompose check rules" lists them' : `did you mean "${similar}"?`;
}

export function matches(pattern: string, id: string): boolean {
  return pattern === id || pattern === 'all' || pattern === '*' || (pattern.endsWith('.*') && id.startsWith(pattern.slice(0, -1)));
}

/** The level of a finding after settings; an exact id wins over a pattern. */
export function levelOf(id: string, level: Level, settings: Settings): Level | 'off' {
  const exact = settings.levels.get(id);
  if (exact !== undefined) return exact;
  for (const [pattern, found] of settings.levels) if (matches(pattern, id)) return found;
  return level;
}
