import type { Cli } from './context.ts';
import type { DiagnosticOptions } from './render/diagnostics.ts';
import { readSourceText } from './source-text.ts';

/** How problems of the user's files are shown on stderr. */
export function diagnosticOptions(cli: Cli): DiagnosticOptions {
  return { style: cli.err, workingDirectory: cli.cwd, readSource: (file) => readSourceText(file, cli.cwd), width: () => cli.stderr.width() };
}
