import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SourceRange } from '../../base/index.ts';
import type { Finding } from '../finding.ts';
import { RULES } from '../registry.ts';
import { type Report, findingsOf } from '../report.ts';
import type { FormatContext } from './index.ts';
import { fileOf } from './place.ts';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/** SARIF 2.1.0. @see OASIS, "Static Analysis Results Interchange Format" */
export function sarifFormat(report: Report, context: FormatContext): string {
  const findings = findingsOf(report);
  const ids = [...new Set(findings.map((finding) => finding.code))].sort();
  const rules = ids.map((id) => {
    const rule = RULES.find((one) => one.id === id);
    return rule
      ? { id, shortDescription: { text: rule.summary }, fullDescription: { text: rule.why }, defaultConfiguration: { level: LEVELS[rule.level] } }
      : { id, shortDescription: { text: 'the file is not valid' }, defaultConfiguration: { level: 'error' } };
  });
  const results = findings.map((finding) => resultOf(finding, ids, context));
  const run = { tool: { driver: { name: 'tscompose', version: context.version, rules } }, columnKind: 'utf16CodeUnits', results };
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

function resultOf(finding: Finding, ids: readonly string[], context: FormatContext): object {
  const file = fileOf(finding, context);
  const hint = finding.hint === undefined ? '' : `\n${finding.hint}`;
  const related = (finding.related ?? []).map(({ message, range }, id) => ({ id, message: { text: message }, ...locationOf(range, range.file) }));
  return {
    ruleId: finding.code,
    ruleIndex: ids.indexOf(finding.code),
    level: LEVELS[finding.severity],
    message: { text: `${finding.message}${hint}` },
    ...(finding.range && file !== undefined && { locations: [locationOf(finding.range, file)] }),
    ...(related.length > 0 && { relatedLocations: related }),
  };
}

function locationOf({ start, end }: SourceRange, file: string): object {
  const uri = isAbsolute(file) ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/');
  const region = { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
  return { physicalLocation: { artifactLocation: { uri }, region } };
}
