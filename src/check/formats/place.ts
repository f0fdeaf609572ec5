import { isAbsolute, relative } from 'node:path';
import type { Finding } from '../finding.ts';
import type { FormatContext } from './index.ts';

/** The file of a finding for tools that know the working directory only: relative when below it. Findings without a place give undefined. */
export function fileOf({ range }: Finding, { workingDirectory }: FormatContext): string | undefined {
  if (!range || range.file.startsWith('<')) return undefined;
  if (!isAbsolute(range.file)) return range.file;
  const short = relative(workingDirectory, range.file);
  return short.startsWith('..') ? range.file : short;
}

/** The message with its path and hint in one line or two. */
export function fullMessage({ message, path, hint }: Finding): string {
  const start = path === undefined || message.startsWith(path) ? message : `${path}: ${message}`;
  return hint === undefined ? start : `${start} (${hint})`;
}
