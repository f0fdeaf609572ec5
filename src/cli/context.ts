/** Everything that a command may touch of the process around it, as values, so that tests can give their own. */
import type { GlobalOptions } from './globals.ts';
import type { Output } from './output.ts';
import type { Interrupts } from './signals.ts';
import { createStyle, wantsColour, type Style } from './render/style.ts';

export interface Cli {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly globals: GlobalOptions;
  readonly interrupts: Interrupts;
  /** Styles for stdout and for stderr; each follows its own terminal. */
  readonly out: Style;
  readonly err: Style;
  /** Folder of the bundles (`engine.cjs` ...); the source folder when run from sources. */
  readonly home: string;
}

/** Standard input, touched only when a command reads it. */
export interface Input {
  readonly isTerminal: boolean;
  /** The whole of it; a second call gives the same. */
  readAll(): Promise<Uint8Array>;
  stream(): NodeJS.ReadStream;
}

/** Adds the styles, which ask the terminal and are therefore made when first used. */
export function createCli(parts: Omit<Cli, 'out' | 'err'>): Cli {
  const styleOf = (output: Output): Style =>
    createStyle(wantsColour({ ansi: parts.globals.ansi, isTerminal: output.isTerminal, environment: parts.env }));
  let out: Style | undefined;
  let err: Style | undefined;
  return {
    ...parts,
    get out() {
      return (out ??= styleOf(parts.stdout));
    },
    get err() {
      return (err ??= styleOf(parts.stderr));
    },
  };
}
