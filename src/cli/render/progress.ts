/** What the controller tells, shown as it happens: a live table, plain lines, or JSON. */
import type { BuildOutputEvent, ControllerEvent, ResourceEvent, WarningEvent } from '../../controller/index.ts';
import { isTruthy } from '../globals.ts';
import type { Cli } from '../context.ts';
import type { Output } from '../output.ts';
import { diagnosticOptions } from '../diagnostic-options.ts';
import { renderDiagnostic } from './diagnostics.ts';
import { createStyle, wantsColour, type Style } from './style.ts';
import { sanitize } from './text.ts';

/** Takes events one after another. Nothing else writes to the same terminal until `finish`. */
export interface ProgressDisplay {
  readonly onEvent: (event: ControllerEvent) => void;
  /** Brings the display to rest. Safe to call twice. */
  finish(): Promise<void>;
}

export interface ProgressOptions {
  /** No rows of resources: `--quiet` of a command. Warnings stay. */
  readonly quiet?: boolean;
  readonly quietPull?: boolean;
  readonly quietBuild?: boolean;
  /** Lines even on a terminal: something else is written to it meanwhile. */
  readonly plain?: boolean;
}

/**
 * The display that `--progress` and the terminal ask for. It goes to stderr, or to stdout with COMPOSE_STATUS_STDOUT, as docker
 * compose does, so that a pipe of the command's own output stays clean.
 */
export function createProgress(cli: Cli, options: ProgressOptions = {}): ProgressDisplay {
  const output = isTruthy(cli.env['COMPOSE_STATUS_STDOUT']) ? cli.stdout : cli.stderr;
  const style = createStyle(wantsColour({ ansi: cli.globals.ansi, isTerminal: output.isTerminal, environment: cli.env }));
  return placed(filtered(displayFor(cli, output, style, options.plain ?? false), options, cli.globals.dryRun), cli, style);
}

/** Warnings about a line of the user's file show that line. */
function placed(display: ProgressDisplay, cli: Cli, style: Style): ProgressDisplay {
  return {
    onEvent: (event) => display.onEvent(event.type === 'warning' && event.range ? { ...event, ...shown(event, cli, style) } : event),
    finish: () => display.finish(),
  };
}

function shown(event: WarningEvent, cli: Cli, style: Style): { readonly shown: string } {
  return { shown: renderDiagnostic({ ...event, severity: 'warning' }, { ...diagnosticOptions(cli), style }) };
}

function displayFor(cli: Cli, output: Output, style: Style, plain: boolean): ProgressDisplay {
  const { progress, ansi } = cli.globals;
  if (progress === 'quiet') return new QuietDisplay(output, style);
  if (progress === 'json') return new JsonDisplay(output);
  const live = progress === 'tty' || (progress === 'auto' && output.isTerminal && ansi !== 'never' && cli.env['TERM'] !== 'dumb');
  return live && output.isTerminal && !plain ? new LiveDisplay(output, style, output === cli.stderr) : new PlainDisplay(output, style);
}

function filtered(display: ProgressDisplay, options: ProgressOptions, dryRun: boolean): ProgressDisplay {
  const { quiet = false, quietPull = false, quietBuild = false } = options;
  if (!quiet && !quietPull && !quietBuild && !dryRun) return display;
  const isHidden = (event: ControllerEvent): boolean => {
    if (event.type === 'warning') return false;
    if (event.type === 'build') return quiet || quietBuild;
    return event.state !== 'error' && (quiet || (quietPull && (event.parent !== undefined || /^Pull/.test(event.text))));
  };
  return {
    onEvent: (event) => {
      if (isHidden(event)) return;
      display.onEvent(dryRun && event.type === 'resource' ? { ...event, name: `DRY-RUN MODE - ${event.name}` } : event);
    },
    finish: () => display.finish(),
  };
}

/** `Container demo-web-1`; what the first column of a row says. */
export function titleOf(event: ResourceEvent): string {
  const kind = event.kind.charAt(0).toUpperCase() + event.kind.slice(1);
  return `${event.parent === undefined ? `${kind} ` : ''}${sanitize(event.name)}`;
}

/** @param event.shown  the whole text, when it was made already */
export function warningLine(event: WarningEvent & { readonly shown?: string }, style: Style): string {
  return event.shown ?? `${style.yellow('warning')} ${style.dim(event.code)}  ${sanitize(event.message)}\n`;
}

/** One line for each change of a row, without layers of images; output of builds as it comes. */
class PlainDisplay implements ProgressDisplay {
  readonly #output: Output;
  readonly #style: Style;
  readonly #shown = new Map<string, string>();
  readonly #builds = new BuildLines();

  constructor(output: Output, style: Style) {
    this.#output = output;
    this.#style = style;
  }

  readonly onEvent = (event: ControllerEvent): void => {
    const text = this.#textOf(event);
    if (text !== '') void this.#output.write(text);
  };

  async finish(): Promise<void> {
    const rest = this.#builds.rest();
    if (rest !== '') await this.#output.write(rest);
  }

  #textOf(event: ControllerEvent): string {
    if (event.type === 'warning') return warningLine(event, this.#style);
    if (event.type === 'build') return this.#builds.take(event);
    if (event.parent !== undefined || this.#shown.get(event.id) === event.text) return '';
    this.#shown.set(event.id, event.text);
    const reason = event.state === 'error' || event.state === 'warning' ? sanitize((event.reason ?? '').split('\n')[0] ?? '') : '';
    const { red, yellow } = this.#style;
    const text = event.state === 'error' ? red(event.text) : event.state === 'warning' ? yellow(event.text) : event.text;
    return ` ${titleOf(event)}  ${text}${reason === '' ? '' : `  ${reason}`}\n`;
  }
}

/** Lines of a builder, put together from pieces and marked with the service they are for. */
export class BuildLines {
  readonly #open = new Map<string, string>();

  /** @returns the lines that are complete now, each ending in a newline */
  take(event: BuildOutputEvent): string {
    const { message, service } = event;
    const piece = message.error ?? message.stream ?? (message.status === undefined ? '' : `${message.id === undefined ? '' : `${message.id}: `}${message.status}\n`);
    const lines = `${this.#open.get(service) ?? ''}${piece}`.split('\n');
    this.#open.set(service, lines.pop() ?? '');
    return lines.map((line) => (line.trim() === '' ? '' : ` ${service}: ${sanitize(line.trimEnd())}\n`)).join('');
  }

  rest(): string {
    const text = [...this.#open].map(([service, line]) => (line.trim() === '' ? '' : ` ${service}: ${sanitize(line)}\n`)).join('');
    this.#open.clear();
    return text;
  }
}

/** One JSON object a line: the fields of docker compose's `--progress json`, and ours. */
class JsonDisplay implements ProgressDisplay {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  readonly onEvent = (event: ControllerEvent): void => {
    void this.#output.write(`${JSON.stringify(toJson(event))}\n`);
  };

  async finish(): Promise<void> {}
}

const STATUS = { working: 'Working', done: 'Done', warning: 'Warning', error: 'Error', skipped: 'Skipped' } as const;

function toJson(event: ControllerEvent): Record<string, unknown> {
  if (event.type === 'warning') {
    const { code, message, path, range } = event;
    return { type: 'warning', level: 'warning', code, message, ...(path !== undefined && { path }), ...(range && { file: range.file, line: range.start.line, column: range.start.column }) };
  }
  if (event.type === 'build') return { type: 'build', id: event.image, service: event.service, ...event.message };
  const { id, kind, name, service, state, text, reason, progress, parent } = event;
  return {
    id,
    ...(parent !== undefined && { parent_id: parent }),
    kind,
    name,
    ...(service !== undefined && { service }),
    status: STATUS[state],
    text,
    ...(reason !== undefined && { details: reason }),
    ...(progress && { current: progress.current, ...(progress.total !== undefined && { total: progress.total }) }),
  };
}

class QuietDisplay implements ProgressDisplay {
  readonly #output: Output;
  readonly #style: Style;

  constructor(output: Output, style: Style) {
    this.#output = output;
    this.#style = style;
  }

  readonly onEvent = (event: ControllerEvent): void => {
    if (event.type === 'warning') void this.#output.write(warningLine(event, this.#style));
  };

  async finish(): Promise<void> {}
}

/**
 * A live table, drawn by listr2. It is loaded when the first row starts to work: when there is nothing to do, the rows are printed
 * at the end and 15 ms of start-up are saved.
 */
class LiveDisplay implements ProgressDisplay {
  readonly #output: Output;
  readonly #style: Style;
  readonly #toStderr: boolean;
  #early: ControllerEvent[] = [];
  #board: Promise<ProgressDisplay> | undefined;
  #ready: ProgressDisplay | undefined;

  constructor(output: Output, style: Style, toStderr: boolean) {
    this.#output = output;
    this.#style = style;
    this.#toStderr = toStderr;
  }

  readonly onEvent = (event: ControllerEvent): void => {
    if (this.#ready) return this.#ready.onEvent(event);
    this.#early.push(event);
    if (event.type === 'build' || (event.type === 'resource' && event.state === 'working')) this.#board ??= this.#open();
  };

  async finish(): Promise<void> {
    const board = await this.#board;
    if (board) return board.finish();
    const { green, yellow, red } = this.#style;
    const marks = { working: ' ', done: green('✔'), warning: yellow('!'), error: red('✘'), skipped: yellow('↓') };
    for (const event of this.#early.splice(0)) {
      if (event.type === 'warning') await this.#output.write(warningLine(event, this.#style));
      else if (event.type === 'resource') await this.#output.write(`${marks[event.state]} ${titleOf(event)}  ${event.text}\n`);
    }
  }

  async #open(): Promise<ProgressDisplay> {
    const { createBoard } = await import('./progress-board.ts');
    const board = await createBoard(this.#toStderr ? process.stderr : process.stdout, this.#output, this.#style);
    this.#ready = board;
    for (const event of this.#early.splice(0)) board.onEvent(event);
    return board;
  }
}
