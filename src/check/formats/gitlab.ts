import { createHash } from 'node:crypto';
import { type Report, findingsOf } from '../report.ts';
import type { FormatContext } from './index.ts';
import { fileOf, fullMessage } from './place.ts';

const SEVERITIES = { error: 'major', warning: 'minor', info: 'info' } as const;

/** A Code Quality report. @see GitLab documentation, "Code Quality report format" */
export function gitlabFormat(report: Report, context: FormatContext): string {
  const seen = new Map<string, number>();
  const issues = findingsOf(report).map((finding) => {
    const path = fileOf(finding, context) ?? '.';
    // without the line: a finding that moves stays the same; the same one again on purpose is numbered
    const identity = [finding.code, path, finding.path ?? '', finding.message].join('\0');
    const number = seen.get(identity) ?? 0;
    seen.set(identity, number + 1);
    return {
      description: fullMessage(finding),
      check_name: finding.code,
      fingerprint: createHash('sha256').update(`${identity}\0${number}`).digest('hex').slice(0, 40),
      severity: SEVERITIES[finding.severity],
      location: { path, lines: { begin: finding.range?.start.line ?? 1, end: finding.range?.end.line ?? 1 } },
    };
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}
