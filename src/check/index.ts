/** Checks of Compose files beyond validity, and explanations of values. */
export { checkProject, type CheckedProject, type CheckOptions } from './check-project.ts';
export { rulesDocument } from './docs.ts';
export type { Finding, Level } from './finding.ts';
export { applyEdits, applyFixes } from './fixes.ts';
export { FORMATS, type FormatContext } from './formats/index.ts';
export { RULES } from './registry.ts';
export { countOf, findingsOf, isClean, type Report } from './report.ts';
export type { Rule } from './rule.ts';
export { NO_SETTINGS, SETTINGS_FILE, type Settings, findSettings, parseSettings } from './settings.ts';
export { explain, type Explanation, type Origin, type OriginKind } from './explain/explain.ts';
export type { VariableSource, VariableUse } from './explain/variables.ts';
