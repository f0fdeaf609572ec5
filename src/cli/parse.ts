/** From the argument list to a command and its input, by commander. Errors are told in the words of docker compose. */
import { Command, CommanderError, Option } from 'commander';
import { ExitCode, UserError } from '../base/index.ts';
import { namesOf, type CommandSpec, type OptionSpec } from './command-spec.ts';
import { globalOptions } from './globals.ts';
import { CommandInput } from './input.ts';
import { normalizeFlags } from './normalize-flags.ts';
import { wrapText } from './render/text.ts';

export type ParsedLine =
  | { readonly kind: 'run'; readonly spec: CommandSpec; readonly globals: CommandInput; readonly input: CommandInput }
  /** `--help`, or nothing at all. */
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly globals: CommandInput };

/** `--dry-run` is the one global flag that docker compose also takes after the command. */
const EVERYWHERE: readonly OptionSpec[] = [{ flags: '--dry-run', text: 'Show what would be done and do nothing', kind: 'flag', hidden: true }];

const ROOT_ARGUMENTS = '[OPTIONS] COMMAND';
const ROOT_USAGE = `Usage: tscompose ${ROOT_ARGUMENTS}`;

const HELP_FOOTER = `
Run 'tscompose COMMAND --help' for more about a command.

Exit codes: 0 done, 1 failed, 2 changes planned, 14 file not found,
15 invalid file, 16 unknown command or flag, 18 pull failed, 130 interrupted.`;

/**
 * @param argv  without the program's name
 * @param width  columns that help may use
 * @throws UserError code `usage.*` for what cannot be understood
 */
export function parseArguments(argv: readonly string[], specs: readonly CommandSpec[], width = 100): ParsedLine {
  const words = withoutHelpCommand(argv, specs);
  const isNamed = (spec: CommandSpec): boolean => words.includes(spec.name) || (spec.aliases ?? []).some((alias) => words.includes(alias));
  try {
    // Making all commands takes 2 ms; what is written names the one that is meant, and a few more by chance.
    return parseWith(specs.filter(isNamed), words, width, false);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  try {
    return parseWith(specs, words, width, true);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw usageError(error, argv, specs);
  }
}

/** @throws CommanderError for what these commands do not explain */
function parseWith(specs: readonly CommandSpec[], words: readonly string[], width: number, isAll: boolean): ParsedLine {
  let selected: { spec: CommandSpec; command: SpecCommand } | undefined;
  let help = '';
  const program = createProgram(specs, width, (text) => (help += text));
  for (const spec of specs) {
    const command = commandFor(spec, width);
    command.copyInheritedSettings(program);
    command.action(() => {
      selected = { spec, command };
    });
    program.addCommand(command, { hidden: spec.hidden ?? false });
  }
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (program.input().flag('version')) return { kind: 'version', globals: program.input() };
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
    if (!isAll && help.startsWith(ROOT_USAGE)) throw error; // help about everything needs everything
    return { kind: 'help', text: help };
  }
  if (selected === undefined) throw new CommanderError(1, 'commander.help', 'no command given');
  return { kind: 'run', spec: selected.spec, globals: program.input(), input: selected.command.input() };
}

function createProgram(specs: readonly CommandSpec[], width: number, onHelp: (text: string) => void): SpecCommand {
  const program = new SpecCommand('tscompose', globalOptions, false);
  program.usage(ROOT_ARGUMENTS).description('Runs multi-container applications from Compose files, with an engine of its own.');
  program.enablePositionalOptions().exitOverride();
  program.configureOutput({
    writeOut: onHelp,
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => width,
    getErrHelpWidth: () => width,
  });
  program.helpOption('-h, --help', 'Show help').helpCommand(false).addHelpText('after', HELP_FOOTER);
  program.configureHelp({
    subcommandTerm: (command) => command.name(),
    visibleCommands: (command) => command.commands.filter((one) => !specs.find((spec) => spec.name === one.name())?.hidden),
  });
  return program;
}

/** `help up` is `up --help`; nothing at all is `--help`. */
function withoutHelpCommand(argv: readonly string[], specs: readonly CommandSpec[]): string[] {
  if (argv.length === 0) return ['--help'];
  const [first, name] = argv;
  if (first !== 'help') return [...argv];
  if (name === undefined) return ['--help'];
  return specs.some((spec) => spec.name === name || spec.aliases?.includes(name)) ? [name, '--help'] : [name];
}

function commandFor(spec: CommandSpec, width: number): SpecCommand {
  const options = (): readonly OptionSpec[] => [...(spec.options?.() ?? []), ...EVERYWHERE];
  const command = new SpecCommand(spec.name, options, spec.passThrough ?? false);
  command.summary(spec.summary).description(spec.summary).helpGroup(`${GROUP_TITLES[spec.group]}:`);
  if (spec.args !== undefined) command.arguments(spec.args);
  for (const alias of spec.aliases ?? []) command.alias(alias);
  if (spec.passThrough) command.passThroughOptions();
  if (spec.notes !== undefined) command.addHelpText('after', `\n${wrapText(spec.notes, width)}`);
  return command;
}

const GROUP_TITLES: Readonly<Record<CommandSpec['group'], string>> = {
  Run: 'Start and stop',
  Look: 'Look',
  Change: 'Work inside containers',
  Build: 'Images',
  Project: 'Compose files',
  Engine: 'Engine and machine',
};

/** A command whose options are made when its arguments are parsed: of some 50 commands only one is needed. */
class SpecCommand extends Command {
  readonly #specs: () => readonly OptionSpec[];
  readonly #passThrough: boolean;
  #declared: readonly OptionSpec[] | undefined;
  #off: ReadonlySet<string> = new Set();

  constructor(name: string, specs: () => readonly OptionSpec[], passThrough: boolean) {
    super(name);
    this.#specs = specs;
    this.#passThrough = passThrough;
  }

  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const stopAtArgument = this.#passThrough || this.parent === null;
    const normal = normalizeFlags(argv, this.#declare(), { stopAtArgument });
    this.#off = normal.off;
    return super.parseOptions(normal.argv);
  }

  input(): CommandInput {
    const values = new Map<string, string | boolean | readonly string[]>();
    const options: Record<string, unknown> = this.opts();
    for (const option of this.options) {
      const found = options[option.attributeName()];
      if (typeof found === 'string' || typeof found === 'boolean' || Array.isArray(found)) values.set(option.name(), found);
    }
    for (const name of this.#off) values.set(name, false);
    return new CommandInput(this.args, values, this.#declare());
  }

  #declare(): readonly OptionSpec[] {
    if (this.#declared) return this.#declared;
    this.#declared = this.#specs();
    for (const spec of this.#declared) this.addOption(toOption(spec));
    return this.#declared;
  }
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.text).hideHelp(spec.hidden ?? false);
  option.negate = false; // `--no-deps` is a flag of its own, not the opposite of `--deps`
  const { short, long } = namesOf(spec);
  const shown = short === undefined ? long : `${short}, ${long}`;
  const check = (text: string): string => checkValue(spec, text, shown);
  if (spec.kind === 'list') option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), check(text)]);
  else if (spec.kind !== 'flag') option.argParser(check);
  return option;
}

function checkValue(spec: OptionSpec, text: string, shown: string): string {
  if (spec.kind === 'integer' && !/^-?\d+$/.test(text)) {
    throw new UserError(`invalid argument "${text}" for "${shown}" flag: not a whole number`, {
      code: 'usage.value',
      exitCode: ExitCode.unknownCommand,
    });
  }
  if (spec.choices && !spec.choices.includes(text)) {
    throw new UserError(`invalid argument "${text}" for "${shown}" flag`, {
      code: 'usage.value',
      hint: `one of ${spec.choices.join(', ')}`,
    });
  }
  return text;
}

/** Commander's error in our words, with docker compose's exit codes: 16 for an unknown command or flag, else 1; `check` has its own, 2. */
function usageError(error: CommanderError, argv: readonly string[], specs: readonly CommandSpec[]): UserError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const suggestion = /\(Did you mean (?:one of )?(.*?)\?\)/.exec(error.message)?.[1];
  const command = specs.find((spec) => argv.includes(spec.name))?.name;
  const see = `see 'tscompose ${command === undefined ? '' : `${command} `}--help'`;
  const hint = suggestion === undefined ? see : `did you mean ${suggestion}?`;
  const own = command === 'check' ? { exitCode: ExitCode.checkUsage } : {};
  const syntax = { exitCode: ExitCode.unknownCommand, ...own };
  switch (error.code) {
    case 'commander.unknownCommand':
      return new UserError(`unknown command: "${quoted}"`, { code: 'usage.command', ...syntax, hint });
    case 'commander.unknownOption':
      return new UserError(`unknown flag: ${quoted}`, { code: 'usage.flag', ...syntax, hint: globalHint(quoted, command) ?? hint });
    case 'commander.optionMissingArgument':
      return new UserError(`flag needs an argument: ${quoted.split(' <')[0]}`, { code: 'usage.flag', ...syntax, hint: see });
    case 'commander.missingArgument':
      return new UserError(`missing argument: ${quoted}`, { code: 'usage.arguments', hint: see, ...own });
    case 'commander.excessArguments':
      return new UserError(error.message.replace(/^error: /, ''), { code: 'usage.arguments', hint: see, ...own });
    case 'commander.help': // `tscompose --verbose` and nothing more
      return new UserError('no command given', { code: 'usage.command', hint: see });
    default:
      return new UserError(error.message.replace(/^error: /, ''), { code: 'usage.arguments', hint: see, ...own });
  }
}

function globalHint(written: string, command: string | undefined): string | undefined {
  const name = written.split('=')[0];
  const found = globalOptions().find((spec) => {
    const { short, long } = namesOf(spec);
    return !spec.hidden && (name === short || name === long);
  });
  return found && command !== undefined ? `it goes before the command: tscompose ${written} ... ${command}` : undefined;
}
