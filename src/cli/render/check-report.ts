import { countOf, findingsOf, type Report } from '../../check/index.ts';
import { readSourceText } from '../source-text.ts';
import { type DiagnosticOptions, renderDiagnostic } from './diagnostics.ts';
import type { Style } from './style.ts';

/** Findings as diagnostics with their lines, then one line that sums up. */
export function renderReport(report: Report, options: Omit<DiagnosticOptions, 'readSource'>): string {
  const { style, workingDirectory } = options;
  const texts = new Map<string, string | undefined>();
  const readSource = (file: string): string | undefined => {
    if (!texts.has(file)) texts.set(file, masked(readSourceText(file, workingDirectory), file, report));
    return texts.get(file);
  };
  const findings = findingsOf(report);
  const body = findings.map((finding) => renderDiagnostic(finding, { ...options, readSource })).join('');
  return `${body}${summary(report, style)}\n`;
}

/** The text with every plain secret hidden, so that none gets into a log. Lines and columns stay. */
function masked(text: string | undefined, file: string, report: Report): string | undefined {
  const ranges = report.projects.flatMap((project) => (project.secrets ?? []).filter((range) => range.file === file));
  return text === undefined ? undefined : ranges.reduce((shown, { start, end }) => shown.slice(0, start.offset) + shown.slice(start.offset, end.offset).replaceAll(/[^\s"']/g, '*') + shown.slice(end.offset), text);
}

function summary(report: Report, style: Style): string {
  const { error, warning, info } = countOf(report);
  const parts = [
    ...(error > 0 ? [style.red(count(error, 'error'))] : []),
    ...(warning > 0 ? [style.yellow(count(warning, 'warning'))] : []),
    ...(info > 0 ? [style.cyan(count(info, 'note'))] : []),
  ];
  const files = new Set(report.projects.flatMap((project) => (project.files.length > 0 ? project.files : [project.name]))).size; // one that is no text was looked at, too
  const silenced = report.projects.reduce((sum, project) => sum + project.silenced, 0);
  const where = `${count(files, 'file')}${silenced > 0 ? `, ${silenced} silenced` : ''}`;
  if (parts.length === 0) return `${style.green('no problems')} in ${where}`;
  const fixable = findingsOf(report).filter((finding) => finding.fix).length;
  const mend = fixable > 0 ? `; --fix mends ${fixable}` : '';
  return `${parts.join(', ')} in ${where}${mend}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
