/**
 * The live table. Rows are listr2 tasks whose states are set from events instead of by functions that run: the controller runs its plan
 * itself, and what there is to do (layers, replicas, waits) shows only on the way.
 */
import { DefaultRenderer, Listr, ListrEventManager, ListrLogger, ListrTaskState, ProcessOutput, Spinner } from 'listr2';
import { formatBytes, monotonicMs } from '../../base/index.ts';
import type { BuildOutputEvent, ControllerEvent, ResourceEvent, WarningEvent } from '../../controller/index.ts';
import type { Output } from '../output.ts';
import { BuildLines, titleOf, warningLine, type ProgressDisplay } from './progress.ts';
import type { Style } from './style.ts';
import { displayWidth, pad, sanitize } from './text.ts';

type TaskList = Listr<unknown, 'default', 'silent'>;
type Task = TaskList['tasks'][number];

interface Row {
  readonly task: Task;
  readonly startedAt: number;
  event: ResourceEvent;
  endedAt?: number;
  /** Rows below it, once it has some. */
  children?: TaskList;
}

const BUILD_LINES = 6;
const STATES = {
  working: ListrTaskState.STARTED,
  done: ListrTaskState.COMPLETED,
  warning: ListrTaskState.COMPLETED,
  error: ListrTaskState.FAILED,
  skipped: ListrTaskState.SKIPPED,
} as const;

/** @param output  gets warnings after the table was put to rest */
export async function createBoard(stream: NodeJS.WriteStream, output: Output, style: Style): Promise<ProgressDisplay> {
  const board = new Board(stream, output, style);
  await board.open();
  return board;
}

class Board implements ProgressDisplay {
  readonly #output: Output;
  readonly #style: Style;
  readonly #list = newList();
  readonly #rows = new Map<string, Row>();
  readonly #renderer: DefaultRenderer;
  readonly #builds = new BuildLines();
  readonly #warnings: WarningEvent[] = [];
  #nameWidth = 0;
  #isOpen = false;

  constructor(stream: NodeJS.WriteStream, output: Output, style: Style) {
    this.#output = output;
    this.#style = style;
    this.#renderer = new DefaultRenderer(
      this.#list.tasks,
      {
        formatOutput: 'truncate',
        collapseErrors: false,
        showErrorMessage: false,
        collapseSkips: false,
        showSkipMessage: false,
        logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream, { leaveEmptyLine: false }) }),
        spinner: new TitleSpinner(() => this.#retitle()),
      },
      new ListrEventManager(), // not the list's own: it would redraw for every event; the spinner redraws ten times a second
    );
  }

  async open(): Promise<void> {
    await this.#renderer.render();
    this.#isOpen = true;
  }

  readonly onEvent = (event: ControllerEvent): void => {
    if (event.type === 'warning') this.#warnings.push(event);
    else if (event.type === 'build') this.#onBuildOutput(event);
    else this.#onResource(event);
  };

  async finish(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await new Promise((resolve) => setImmediate(resolve)); // lets the last rows become enabled
    this.#retitle();
    this.#renderer.end();
    for (const warning of this.#warnings) await this.#output.write(warningLine(warning, this.#style));
  }

  #onResource(event: ResourceEvent): void {
    const row = this.#rows.get(event.id) ?? this.#addRow(event);
    row.event = event;
    if (event.state === 'working') delete row.endedAt;
    else row.endedAt ??= monotonicMs();
    row.task.state$ = STATES[event.state];
  }

  #addRow(event: ResourceEvent): Row {
    const parent = event.parent === undefined ? undefined : this.#rows.get(event.parent);
    const list = parent ? (parent.children ??= childList(parent.task)) : this.#list;
    const title = titleOf(event);
    list.add({ title, task: () => {}, rendererOptions: { outputBar: BUILD_LINES } });
    const task = list.tasks.at(-1);
    if (task === undefined) throw new Error('listr2 added no task');
    void task.check({}); // a task is drawn once it is enabled
    const row: Row = { task, startedAt: monotonicMs(), event };
    this.#rows.set(event.id, row);
    if (!parent) this.#nameWidth = Math.max(this.#nameWidth, displayWidth(title));
    return row;
  }

  #onBuildOutput(event: BuildOutputEvent): void {
    const row = this.#rows.get(`image ${event.image}`);
    if (!row) return;
    for (const line of this.#builds.take(event).split('\n')) if (line !== '') row.task.output$ = line.replace(/^ [^:]*: /, '');
  }

  #retitle(): void {
    for (const row of this.#rows.values()) row.task.title = this.#titleOf(row);
  }

  #titleOf({ event, startedAt, endedAt }: Row): string {
    const { dim, green, yellow, red, cyan } = this.#style;
    const paint = { working: cyan, done: green, warning: yellow, error: red, skipped: yellow }[event.state];
    const name = event.parent === undefined ? pad(titleOf(event), this.#nameWidth) : titleOf(event);
    const bytes = event.progress ? ` ${formatBytes(event.progress.current)}${event.progress.total ? `/${formatBytes(event.progress.total)}` : ''}` : '';
    const seconds = ((endedAt ?? monotonicMs()) - startedAt) / 1000;
    const time = seconds < 0.05 ? '' : dim(`${seconds.toFixed(1)}s`);
    const reason = saysWhy(event) ? dim(sanitize(event.reason ?? '').replaceAll('\n', ' ')) : '';
    return [name, ` ${paint(event.text)}${bytes}`, time, reason].filter((part) => part !== '').join(' ');
  }
}

/** A reason is shown where something is wrong, waits, or is made anew; "created by #2" says nothing to a user. */
function saysWhy({ state, text, reason }: ResourceEvent): boolean {
  return reason !== undefined && (state === 'error' || state === 'warning' || /^(Recreat|Wait)/.test(text));
}

/** Titles hold the time that a row takes, so they are made anew for every frame. */
class TitleSpinner extends Spinner {
  readonly #beforeFrame: () => void;

  constructor(beforeFrame: () => void) {
    super();
    this.#beforeFrame = beforeFrame;
  }

  override spin(): void {
    this.#beforeFrame();
    super.spin();
  }
}

function newList(parent?: Task): TaskList {
  return new Listr<unknown, 'default', 'silent'>([], { exitOnError: false, registerSignalListeners: false }, parent);
}

function childList(parent: Task): TaskList {
  const list = newList(parent);
  parent.subtasks = list.tasks;
  return list;
}
