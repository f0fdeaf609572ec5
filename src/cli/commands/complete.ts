/** `__complete WORDS...`: candidates for the last word, one a line, with a description after a tab; `:files` for a file name. */
import { ExitCode } from '../../base/index.ts';
import { loadProject } from '../../compose/index.ts';
import { namesOf, type CommandSpec, type OptionSpec } from '../command-spec.ts';
import { COMMANDS } from '../command-table.ts';
import type { Cli } from '../context.ts';
import { globalOptions } from '../globals.ts';
import type { CommandInput } from '../input.ts';
import { loadOptions } from '../project.ts';

type Candidates = 'files' | readonly (readonly [word: string, description: string])[];

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const found = await complete(cli, input.args[0] === '--' ? input.args.slice(1) : input.args);
  const text = found === 'files' ? ':files\n' : found.map(([word, description]) => `${word}\t${description}\n`).join('');
  await cli.stdout.write(text);
  return ExitCode.ok;
}

async function complete(cli: Cli, words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const line = readLine(words.slice(0, -1));
  if (line.pending) return valuesOf(cli, line.pending, line.files);
  const options = line.command ? (line.command.options?.() ?? []) : globalOptions();
  if (current.startsWith('-')) return visible(options).map((option) => [namesOf(option).long, option.text] as const);
  if (line.command === undefined) return COMMANDS.filter((spec) => !spec.hidden).map((spec) => [spec.name, spec.summary] as const);
  const { completes } = line.command;
  if (line.command.passThrough && line.arguments > 0) return 'files';
  if (completes === 'service') return serviceNames(cli, line.files);
  if (completes === 'file') return 'files';
  return (completes ?? []).map((word) => [word, ''] as const);
}

interface Line {
  command: CommandSpec | undefined;
  /** An option that waits for its value. */
  pending: OptionSpec | undefined;
  arguments: number;
  files: string[];
}

/** Reads the words before the current one, as far as completion needs to know them. */
function readLine(words: readonly string[]): Line {
  const line: Line = { command: undefined, pending: undefined, arguments: 0, files: [] };
  for (const word of words) {
    if (line.pending) {
      if (namesOf(line.pending).long === '--file') line.files.push(word);
      line.pending = undefined;
    } else if (word.startsWith('-') && word !== '-') {
      const options = line.command ? (line.command.options?.() ?? []) : globalOptions();
      const option = options.find((spec) => namesOf(spec).long === word || namesOf(spec).short === word);
      if (option && option.kind !== 'flag') line.pending = option;
    } else if (line.command === undefined) {
      line.command = COMMANDS.find((spec) => spec.name === word || spec.aliases?.includes(word));
    } else line.arguments++;
  }
  return line;
}

function visible(options: readonly OptionSpec[]): OptionSpec[] {
  return options.filter((option) => !option.hidden);
}

async function valuesOf(cli: Cli, option: OptionSpec, files: readonly string[]): Promise<Candidates> {
  if (option.choices) return option.choices.map((choice) => [choice, ''] as const);
  if (option.completes === 'service') return serviceNames(cli, files);
  return option.completes === 'nothing' ? [] : 'files';
}

/** Names from the file; none when it cannot be read, for a key press must not print errors. */
async function serviceNames(cli: Cli, files: readonly string[]): Promise<Candidates> {
  const options = loadOptions({ ...cli, globals: { ...cli.globals, files } }, { consistency: false, resolveEnv: false });
  const { project } = await loadProject(options);
  if (!project) return [];
  const services = Object.values({ ...project.disabledServices, ...project.services });
  return services.map((service) => [service.name, service.image ?? ''] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}
