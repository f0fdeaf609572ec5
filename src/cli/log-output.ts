/** Output of containers on stdout, for `logs` and `up`. */
import type { LogSink, LogSource } from '../controller/index.ts';
import type { Cli } from './context.ts';
import { LogPrinter } from './render/log-printer.ts';

export interface LogOutput {
  readonly sink: LogSink;
  /** Makes a container known before its first line. */
  add(source: { readonly name: string }): void;
  /** What a container is called in front of its lines: `web-1`. */
  nameOf(source: { readonly name: string }): string;
  /** A line of our own about a container. */
  say(source: LogSource, text: string): void;
}

export function createLogOutput(cli: Cli, project: string, options: { readonly noColour?: boolean; readonly noPrefix?: boolean }): LogOutput {
  const colours = cli.out.enabled && !options.noColour;
  const printer = new LogPrinter({ output: cli.stdout, colours, prefix: !options.noPrefix });
  const nameOf = ({ name }: { readonly name: string }): string => (/^[-_]/.test(name.slice(project.length)) && name.startsWith(project) ? name.slice(project.length + 1) : name);
  return {
    sink: { output: (source, _stream, lines) => printer.print(nameOf(source), lines) },
    add: (source) => printer.add(nameOf(source)),
    nameOf,
    say: (source, text) => printer.say(nameOf(source), text),
  };
}
