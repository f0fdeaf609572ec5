/** The program: gives the process to `runCli` and ends it. The only place that calls `process.exit`. */
import { writeSync } from 'node:fs';
import { ExitCode } from '../base/index.ts';
import { DescriptorOutput } from './output.ts';
import { runCli } from './run-cli.ts';
import { ProcessInterrupts } from './signals.ts';
import { ProcessInput } from './stdin.ts';
import { workingDirectory } from './working-directory.ts';

export { runCli };

/**
 * @param home  folder of the bundles
 * @param beforeExit  called when all output is written; may not throw
 */
export async function main(home: string, beforeExit?: () => void): Promise<never> {
  // A command that waits for something that can no longer come would end with 0 and without a word.
  process.once('beforeExit', () => {
    writeSync(2, 'internal error: the command has come to nothing. This is a bug; please report it.\n');
    process.exit(ExitCode.failure);
  });
  const code = await runCli(process.argv.slice(2), {
    stdout: new DescriptorOutput(1),
    stderr: new DescriptorOutput(2),
    stdin: new ProcessInput(),
    cwd: workingDirectory(process.cwd(), process.env['PWD']),
    env: process.env as Record<string, string>, // the values that exist are strings
    interrupts: new ProcessInterrupts(process, (exitCode) => process.exit(exitCode)),
    home,
  });
  beforeExit?.();
  return process.exit(code);
}
