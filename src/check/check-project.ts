/** One project through all rules. */
import type { Diagnostic, SourceRange } from '../base/index.ts';
import type { LoadOptions, SourceReader } from '../compose/index.ts';
import { type Inspection, inspectProject } from '../compose/inspect/index.ts';
import type { Finding } from './finding.ts';
import { fixOf } from './loader-fixes.ts';
import { RULES } from './registry.ts';
import { secretRanges } from './rules/environment.ts';
import { RuleContext } from './rule.ts';
import { NO_SETTINGS, type Settings, levelOf } from './settings.ts';
import { Suppressions } from './suppressions.ts';

export interface CheckedProject {
  /** What was checked, as the user would write it. */
  readonly name: string;
  readonly findings: readonly Finding[];
  /** Absolute paths of every file that was read; for --watch. */
  readonly files: readonly string[];
  /** Where secrets stand in the files; not to be shown. */
  readonly secrets?: readonly SourceRange[];
  /** Number of findings that comments or settings silenced. */
  readonly silenced: number;
}

export interface CheckOptions {
  readonly name: string;
  readonly load: LoadOptions;
  readonly settings?: Settings;
  readonly kindOf: SourceReader['kindOf'];
}

/** Loads a project, applies every rule, and takes out what is switched off. Never throws for what a user can mend. */
export async function checkProject(options: CheckOptions): Promise<CheckedProject> {
  const inspection = await inspectProject(options.load);
  const settings = options.settings ?? NO_SETTINGS;
  const found = [...loaderFindings(inspection), ...ruleFindings(inspection, settings, options.kindOf)];
  const sources = [...inspection.files.map((file) => file.source), ...inspection.envFiles, ...inspection.serviceFiles];
  const suppressions = new Map(sources.map((source) => [source.file, new Suppressions(source)]));
  const findings: Finding[] = [];
  for (const finding of found) {
    const isFixed = finding.severity === 'error' && !RULES.some((rule) => rule.id === finding.code && (rule.files ?? rule.project));
    const level = isFixed ? 'error' : levelOf(finding.code, finding.severity, settings);
    const silenced = level === 'off' || (!isFixed && finding.range && suppressions.get(finding.range.file)?.covers(finding));
    if (!silenced) findings.push(level === finding.severity ? finding : { ...finding, severity: level });
  }
  const silenced = found.length - findings.length;
  for (const suppression of suppressions.values()) findings.push(...suppression.unknown);
  return { name: options.name, findings: sorted(findings), files: sources.map((source) => source.path), secrets: secretRanges(inspection), silenced };
}

function loaderFindings(inspection: Inspection): Finding[] {
  return inspection.loaded.diagnostics.map((diagnostic: Diagnostic) => {
    const fix = fixOf(diagnostic, inspection);
    return fix ? { ...diagnostic, fix } : diagnostic;
  });
}

function ruleFindings(inspection: Inspection, settings: Settings, kindOf: CheckOptions['kindOf']): Finding[] {
  const { project } = inspection.loaded;
  return RULES.flatMap((rule) => {
    if (settings.levels.get(rule.id) === 'off') return [];
    const context = new RuleContext(rule, inspection, kindOf);
    rule.files?.(context);
    if (project) rule.project?.(context, project);
    return context.findings;
  });
}

/** By file (as first met) and position; the same finding twice (a file that is extended twice) is kept once. */
function sorted(findings: readonly Finding[]): Finding[] {
  const files = new Map<string, number>();
  const unique = new Map<string, Finding>();
  for (const finding of findings) {
    const { range } = finding;
    if (range && !files.has(range.file)) files.set(range.file, files.size);
    unique.set(`${finding.code}\0${finding.message}\0${range?.file}\0${range?.start.offset}`, finding);
  }
  const rank = ({ range }: Finding) => (range ? (files.get(range.file) ?? 0) : -1);
  return [...unique.values()].sort((a, b) => rank(a) - rank(b) || (a.range?.start.offset ?? 0) - (b.range?.start.offset ?? 0));
}
