/** `explain`: where a value comes from, every other source of it, and why it lost. */
import { ExitCode, UserError } from '../../base/index.ts';
import { explain } from '../../check/index.ts';
import { inspectProject } from '../../compose/inspect/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { loadError, loadOptions } from '../project.ts';
import { renderExplanation } from '../render/explanation.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [path, ...more] = input.args;
  if (path === undefined || path === '' || more.length > 0) throw new UserError('explain takes one path', { code: 'usage.arguments', hint: 'for example web.environment.DB_URL' });
  const options = loadOptions(cli, {});
  const inspection = await inspectProject(options);
  const { project, diagnostics } = inspection.loaded;
  if (project === undefined) throw loadError(diagnostics);
  const explanation = explain(inspection, project, path, options.environment);
  if (input.flag('json')) await cli.stdout.write(`${JSON.stringify(explanation, withBigInts, 2)}\n`);
  else await cli.stdout.write(renderExplanation(explanation, { style: cli.out, workingDirectory: cli.cwd, width: cli.stdout.width() ?? 120 }));
  return ExitCode.ok;
}

function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
