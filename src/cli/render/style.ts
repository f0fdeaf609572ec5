/** ANSI styles as plain functions; switched off they return their argument. */
export interface Style {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
  cyan(text: string): string;
}

export function createStyle(enabled: boolean): Style {
  const wrap = (open: number, close: number) => (text: string) => (enabled && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  return {
    enabled,
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    blue: wrap(34, 39),
    cyan: wrap(36, 39),
  };
}

/** @see https://no-color.org: any value but the empty one switches colours off */
export function wantsColour(options: {
  ansi: 'auto' | 'never' | 'always';
  isTerminal: boolean;
  environment: Readonly<Record<string, string>>;
}): boolean {
  if (options.ansi !== 'auto') return options.ansi === 'always';
  return options.isTerminal && !options.environment['NO_COLOR'] && options.environment['TERM'] !== 'dumb';
}
