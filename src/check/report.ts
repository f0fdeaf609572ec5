import type { CheckedProject } from './check-project.ts';
import type { Finding, Level } from './finding.ts';

/** The outcome of one run. */
export interface Report {
  readonly projects: readonly CheckedProject[];
  /** With --strict a warning is a failure. */
  readonly strict: boolean;
}

export type Counts = Readonly<Record<Level, number>>;

export function countOf(report: Report): Counts {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findingsOf(report)) counts[severity]++;
  return counts;
}

/** Findings of all projects; what two projects share (a file that both include) comes up once. */
export function findingsOf(report: Report): Finding[] {
  if (report.projects.length === 1) return [...(report.projects[0]?.findings ?? [])];
  const unique = new Map<string, Finding>();
  for (const { name, findings } of report.projects) {
    for (const finding of findings) {
      const place = finding.range ? `${finding.range.file}:${finding.range.start.offset}` : name;
      unique.set(`${finding.code}\0${finding.message}\0${place}`, finding);
    }
  }
  return [...unique.values()];
}

export function isClean(report: Report): boolean {
  const { error, warning } = countOf(report);
  return error === 0 && (!report.strict || warning === 0);
}
