/** The shape of the command table: what `--help`, the parser and shell completion are made from. */
import type { Cli } from './context.ts';
import type { CommandInput } from './input.ts';

/**
 * flag: present or absent, also `--flag=false`; value: one value, the last one wins; list: every value in order.
 * A whole number is a value that must be an integer.
 */
export type OptionKind = 'flag' | 'value' | 'list' | 'integer';

export interface OptionSpec {
  /** `-t, --timeout <SECONDS>`; the long name is what the command asks for. */
  readonly flags: string;
  readonly text: string;
  readonly kind: OptionKind;
  /** Accepted but not shown. */
  readonly hidden?: boolean;
  /** Every accepted value. */
  readonly choices?: readonly string[];
  /** What shell completion offers for the value; the default is files. */
  readonly completes?: 'service' | 'nothing';
}

export type CommandGroup = 'Run' | 'Look' | 'Change' | 'Build' | 'Project' | 'Engine';

export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: CommandGroup;
  readonly summary: string;
  /** `[SERVICE...]`, `<SERVICE> [COMMAND] [ARGS...]`: required ones in angle brackets. */
  readonly args?: string;
  /** What shell completion offers for arguments. */
  readonly completes?: 'service' | 'file' | readonly string[];
  /** Options end at the first argument; the rest belongs to a program in a container. */
  readonly passThrough?: boolean;
  readonly hidden?: boolean;
  /** Shown under the options in `--help`. */
  readonly notes?: string;
  /** A function, so that only the options of the command that runs are made. */
  readonly options?: () => readonly OptionSpec[];
  /** Loads the code of the command. */
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  /** @returns the exit code */
  run(cli: Cli, input: CommandInput): Promise<number>;
}

type Extra = Partial<Omit<OptionSpec, 'flags' | 'text' | 'kind'>>;

export const flag = (flags: string, text: string, extra?: Extra): OptionSpec => ({ flags, text, kind: 'flag', ...extra });
export const value = (flags: string, text: string, extra?: Extra): OptionSpec => ({ flags, text, kind: 'value', ...extra });
export const integer = (flags: string, text: string, extra?: Extra): OptionSpec => ({ flags, text, kind: 'integer', ...extra });
export const list = (flags: string, text: string, extra?: Extra): OptionSpec => ({ flags, text, kind: 'list', ...extra });

/** The names that a flags text declares: `{ short: '-t', long: '--timeout' }`. */
export function namesOf(spec: OptionSpec): { short: string | undefined; long: string } {
  const [, short, long] = /^(?:(-\w), )?(--[\w-]+)/.exec(spec.flags) ?? [];
  if (long === undefined) throw new Error(`option without a long name: ${spec.flags}`);
  return { short, long };
}
