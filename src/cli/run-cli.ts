/** One invocation from argument list to exit code. It never ends the process; `main.ts` does. */
import { ExitCode } from '../base/index.ts';
import { COMMANDS } from './command-table.ts';
import { createCli, type Cli, type Input } from './context.ts';
import { describeFailure } from './failure.ts';
import { resolveGlobals, type GlobalOptions } from './globals.ts';
import { OutputClosed, type Output } from './output.ts';
import { parseArguments } from './parse.ts';
import { createStyle, wantsColour } from './render/style.ts';
import type { Interrupts } from './signals.ts';
import { readSourceText } from './source-text.ts';

/** What the process is to a command. */
export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly interrupts: Interrupts;
  /** Folder of the bundles. */
  readonly home: string;
}

const MAX_HELP_COLUMNS = 120;
const DEFAULT_HELP_COLUMNS = 100;

/**
 * @param argv  without the program's name
 * @returns the exit code; everything that went wrong was told on stderr
 */
export async function runCli(argv: readonly string[], around: Surroundings): Promise<number> {
  let cli: Cli | undefined;
  let code: number;
  try {
    const width = Math.min(around.stdout.width() ?? DEFAULT_HELP_COLUMNS, MAX_HELP_COLUMNS);
    const line = parseArguments(argv, COMMANDS, width);
    if (line.kind === 'help') {
      await around.stdout.write(line.text);
      return ExitCode.ok;
    }
    const globals = resolveGlobals(line.globals, around.env);
    if (line.kind === 'version') {
      cli = createCli({ ...around, globals });
      code = await printVersion(cli);
    } else {
      const dryRun = globals.dryRun || line.input.flag('dry-run');
      cli = createCli({ ...around, globals: { ...globals, dryRun } });
      if (globals.compatibility) await tellUnsupported(cli);
      const command = await line.spec.load();
      code = await command.run(cli, line.input);
    }
  } catch (error) {
    code = report(error, around, cli?.globals);
  }
  return flushed(code, around, cli?.globals);
}

/** A feature that we lack is a warning, never silence. */
async function tellUnsupported(cli: Cli): Promise<void> {
  await cli.stderr.write(`${cli.err.yellow('warning')} --compatibility has no effect: names are joined with "-"\n`);
}

async function printVersion(cli: Cli): Promise<number> {
  const { printVersion: print } = await import('./commands/version.ts');
  return print(cli, 'pretty');
}

async function flushed(code: number, around: Surroundings, globals: GlobalOptions | undefined): Promise<number> {
  try {
    await around.stdout.flush();
    await around.stderr.flush();
    return code;
  } catch (error) {
    return report(error, around, globals);
  }
}

function report(error: unknown, around: Surroundings, globals: GlobalOptions | undefined): number {
  const isTerminal = around.stderr.isTerminal;
  const failure = describeFailure(error, {
    style: createStyle(wantsColour({ ansi: globals?.ansi ?? 'auto', isTerminal, environment: around.env })),
    workingDirectory: around.cwd,
    readSource: (file) => readSourceText(file, around.cwd),
    width: () => around.stderr.width(),
    verbose: globals?.verbose ?? false,
  });
  try {
    void around.stderr.write(failure.text);
  } catch (closed) {
    if (!(closed instanceof OutputClosed)) throw closed;
  }
  return failure.exitCode;
}
