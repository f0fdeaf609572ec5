import { type Report, findingsOf } from '../report.ts';
import type { FormatContext } from './index.ts';
import { fileOf, fullMessage } from './place.ts';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** Workflow commands, which GitHub shows at the line. @see GitHub documentation, "Workflow commands" */
export function githubFormat(report: Report, context: FormatContext): string {
  return findingsOf(report)
    .map((finding) => {
      const { range } = finding;
      const file = fileOf(finding, context);
      const properties: Record<string, string | number> = {
        ...(range && file !== undefined && { file, line: range.start.line, col: range.start.column, endLine: range.end.line }),
        ...(range && range.end.line === range.start.line && file !== undefined && { endColumn: range.end.column }),
        title: finding.code,
      };
      const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
      return `::${COMMANDS[finding.severity]} ${list.join(',')}::${escapeData(fullMessage(finding))}\n`;
    })
    .join('');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
