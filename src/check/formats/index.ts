/** A report as text for other programs. */
import type { Report } from '../report.ts';
import { githubFormat } from './github.ts';
import { gitlabFormat } from './gitlab.ts';
import { jsonFormat } from './json.ts';
import { junitFormat } from './junit.ts';
import { sarifFormat } from './sarif.ts';

/** What a format needs to know beside the report. */
export interface FormatContext {
  /** Absolute; files below it are named relative to it. */
  readonly workingDirectory: string;
  /** Of this program. */
  readonly version: string;
}

/** Each gives text that ends in a newline, or nothing. */
export const FORMATS = {
  json: jsonFormat,
  github: githubFormat,
  gitlab: gitlabFormat,
  sarif: sarifFormat,
  junit: junitFormat,
} as const satisfies Readonly<Record<string, (report: Report, context: FormatContext) => string>>;
