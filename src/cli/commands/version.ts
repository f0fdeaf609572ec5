import { ExitCode, UserError } from '../../base/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { VERSION } from '../version.ts';

/** `version`: ours only; no engine is asked. */
export async function run(cli: Cli, input: CommandInput): Promise<number> {
  if (input.flag('short')) {
    await cli.stdout.write(`${VERSION}\n`);
    return ExitCode.ok;
  }
  return printVersion(cli, input.value('format') ?? 'pretty');
}

/** @throws UserError for an unknown format */
export async function printVersion(cli: Cli, format: string): Promise<number> {
  if (format === 'json') await cli.stdout.write(`${JSON.stringify({ version: VERSION })}\n`);
  else if (format === 'pretty' || format === '') await cli.stdout.write(`tscompose version ${VERSION}\n`);
  else throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'pretty or json' });
  return ExitCode.ok;
}
