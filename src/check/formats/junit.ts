import type { CheckedProject } from '../check-project.ts';
import type { Finding } from '../finding.ts';
import type { Report } from '../report.ts';
import type { FormatContext } from './index.ts';
import { fileOf, fullMessage } from './place.ts';

/** One suite for each project, one case for each finding; a clean project has one case that passed. */
export function junitFormat(report: Report, context: FormatContext): string {
  const fails = ({ severity }: Finding) => severity === 'error' || (report.strict && severity === 'warning');
  const count = (projects: readonly CheckedProject[], test: (finding: Finding) => boolean) => projects.flatMap((one) => one.findings).filter(test).length;
  const suites = report.projects.map((project) => {
    const cases = project.findings.map((finding) => caseOf(finding, fails(finding), context));
    if (cases.length === 0) cases.push(`    <testcase classname="tscompose.check" name="${escapeXml(project.name)}"/>\n`);
    const failures = count([project], fails);
    return `  <testsuite name="${escapeXml(project.name)}" tests="${cases.length}" failures="${failures}">\n${cases.join('')}  </testsuite>\n`;
  });
  const tests = report.projects.reduce((sum, { findings }) => sum + Math.max(1, findings.length), 0);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tscompose check" tests="${tests}" failures="${count(report.projects, fails)}">\n${suites.join('')}</testsuites>\n`;
}

function caseOf(finding: Finding, failed: boolean, context: FormatContext): string {
  const file = fileOf(finding, context);
  const place = finding.range ? `${file ?? finding.range.file}:${finding.range.start.line}:${finding.range.start.column}` : '';
  const text = escapeXml(fullMessage(finding));
  const attributes = `classname="${escapeXml(finding.code)}" name="${escapeXml(place === '' ? finding.message : `${place} ${finding.message}`)}"`;
  const location = file === undefined || !finding.range ? '' : ` file="${escapeXml(file)}" line="${finding.range.start.line}"`;
  const body = failed
    ? `<failure type="${finding.severity}" message="${text}">${escapeXml(`${place} ${finding.code} `.trimStart())}${text}</failure>`
    : `<system-out>${finding.severity}: ${text}</system-out>`;
  return `    <testcase ${attributes}${location}>${body}</testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' };

/** Control characters, which XML cannot hold, become question marks. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?')
    .replaceAll(/[&<>"'\n\r\t]/g, (character) => ENTITIES[character] ?? character);
}
