import { type Report, countOf, isClean } from '../report.ts';

/** Everything, as one object; `format` grows when a reader would have to change. */
export function jsonFormat(report: Report): string {
  const projects = report.projects.map(({ name, findings, silenced }) => ({
    name,
    findings: findings.map(({ fix, ...finding }) => ({ ...finding, fixable: fix !== undefined })),
    silenced,
  }));
  return `${JSON.stringify({ format: 1, ok: isClean(report), counts: countOf(report), projects }, null, 2)}\n`;
}
