/**
 * `up` in the foreground. Everything is made first, under a progress display; then the output of containers is followed while they
 * start, so that nothing of it is missed. The first Ctrl-C stops the containers, the second kills them.
 */
import { ExitCode, UserError } from '../../base/index.ts';
import type { Project } from '../../compose/index.ts';
import { create, findContainers, kill, logs, stop, up, watch, type LogSource, type Plan, type ProjectContext, type UpVerbOptions } from '../../controller/index.ts';
import { connect } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { createLogOutput, type LogOutput } from '../log-output.ts';
import { isTruthy } from '../globals.ts';
import { listenForKeys } from '../keys.ts';
import { createProgress } from '../render/progress.ts';
import { withVerb } from '../verb.ts';
import { watchReporter } from '../watch-report.ts';

export async function runAttached(cli: Cli, input: CommandInput, project: Project, options: UpVerbOptions): Promise<number> {
  const exitCodeFrom = input.value('exit-code-from');
  if (exitCodeFrom !== undefined && !(exitCodeFrom in project.services)) {
    throw new UserError(`no such service: ${exitCodeFrom}`, { code: 'service.unknown' });
  }
  const quiet = { quietPull: input.flag('quiet-pull'), quietBuild: input.flag('quiet-build') };
  const { services } = await withVerb(cli, quiet, (context) => create({ ...context, project }, options));
  const attached = attachedServices(input, project, services);
  return new AttachedUp(cli, project, {
    services,
    attached,
    start: startOptions(options),
    output: createLogOutput(cli, project.name, { noColour: input.flag('no-color'), noPrefix: input.flag('no-log-prefix') }),
    timestamps: input.flag('timestamps'),
    stopOn: stopCondition(input),
    exitCodeFrom,
    watches: input.flag('watch'),
    hasMenu: input.flag('menu', isTruthy(cli.env['COMPOSE_MENU'])),
  }).run();
}

/** Named services, or all; `--attach`, `--no-attach`, `attach: false` and `--attach-dependencies` change that. */
function attachedServices(input: CommandInput, project: Project, started: readonly string[]): string[] {
  const only = input.list('attach');
  const without = input.list('no-attach');
  for (const name of [...only, ...without]) if (!(name in project.services)) throw new UserError(`no such service: ${name}`, { code: 'service.unknown' });
  const base = only.length > 0 ? only : input.args.length > 0 && !input.flag('attach-dependencies') ? input.args : started;
  return base.filter((name) => !without.includes(name) && (only.includes(name) || project.services[name]?.attach !== false)).sort();
}

const SEEN_DEADLINE_MS = 2000;

type StopCondition = 'never' | 'exit' | 'failure';

function stopCondition(input: CommandInput): StopCondition {
  if (input.flag('abort-on-container-failure')) return 'failure';
  return input.flag('abort-on-container-exit') || input.has('exit-code-from') ? 'exit' : 'never';
}

/** Images are there and containers are made: what is left is to start them. */
function startOptions(options: UpVerbOptions): UpVerbOptions {
  const { build, forceRecreate, alwaysRecreateDeps, renewAnonVolumes, removeOrphans, ...rest } = options;
  void build, forceRecreate, alwaysRecreateDeps, renewAnonVolumes, removeOrphans; // done
  return { ...rest, noBuild: true, pull: 'never', ignoreOrphans: true };
}

interface Session {
  readonly services: readonly string[];
  readonly attached: readonly string[];
  readonly start: UpVerbOptions;
  readonly output: LogOutput;
  readonly timestamps: boolean;
  readonly stopOn: StopCondition;
  readonly exitCodeFrom: string | undefined;
  readonly watches: boolean;
  readonly hasMenu: boolean;
}

class AttachedUp {
  readonly #cli: Cli;
  readonly #project: Project;
  readonly #session: Session;
  readonly #following = new AbortController();
  /** Names of the containers whose output is followed or was. */
  readonly #seen = new Set<string>();
  #onSeen: () => void = () => {};
  #onWatch: () => void = () => {};
  #stopping: Promise<void> | undefined;
  #exitCode: number = ExitCode.ok;
  /** The service whose exit code is ours. */
  #codeFrom: string | undefined;

  constructor(cli: Cli, project: Project, session: Session) {
    this.#cli = cli;
    this.#project = project;
    this.#session = session;
    this.#codeFrom = session.exitCodeFrom;
  }

  async run(): Promise<number> {
    const { engine, isOwn } = connect(this.#cli);
    const progress = createProgress(this.#cli, { quiet: true });
    const release = this.#cli.interrupts.handle((count) => this.#onInterrupt(count));
    const closeKeys = this.#session.hasMenu ? listenForKeys(this.#cli, (key) => this.#onKey(key)) : undefined;
    try {
      if (closeKeys) await this.#cli.stderr.write(this.#cli.err.dim(`Keys: d detach${this.#canWatch() ? ', w watch' : ''}, Ctrl-C stop\n`));
      await this.#follow({ engine, ownEngine: isOwn, project: this.#project, onEvent: progress.onEvent });
      await this.#stopping;
      return this.#exitCode;
    } finally {
      closeKeys?.();
      release();
      await progress.finish();
      await engine.close();
    }
  }

  /** Until no container runs any more. */
  async #follow(context: ProjectContext): Promise<void> {
    const { attached, output, timestamps, start } = this.#session;
    await this.#announce(context);
    let isReady: () => void = () => {};
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const starting = ready.then(() => up(context, start)).then((result) => this.#allSeen(result.plan));
    const watching = starting.then(() => this.#watch(context));
    const failed = watching.then(() => undefined, (error: unknown) => ({ error }));
    void failed.then((failure) => failure && this.#following.abort());
    await logs(
      { ...context, signal: this.#following.signal },
      { services: attached, follow: true, history: false, timestamps, whilePending: starting },
      {
        ...output.sink,
        ready: () => isReady(),
        attached: (source) => this.#onAttached(source),
        exited: (source, code, restarting) => this.#onExit(source, code, restarting),
      },
    );
    isReady(); // when the follow itself was cut short
    this.#following.abort();
    const failure = await failed;
    if (failure && !this.#stopping) throw failure.error;
  }

  /** At once with `--watch`, or when the key is pressed. */
  async #watch(context: ProjectContext): Promise<void> {
    const { signal } = this.#following;
    const asked = new Promise<boolean>((resolve) => {
      this.#onWatch = () => resolve(true);
      if (this.#session.watches) resolve(true);
      if (!this.#session.hasMenu || signal.aborted) resolve(false);
      signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    if (!(await asked)) return;
    await watch({ ...context, signal: this.#following.signal }, { services: this.#session.services, ...watchReporter(this.#cli) });
  }

  /** Says whose output will come, and lines up the prefixes from the first line on. */
  async #announce(context: ProjectContext): Promise<void> {
    const { attached, output } = this.#session;
    const containers = attached.length === 0 ? [] : await findContainers(context, { services: attached });
    for (const container of containers) output.add(container);
    await this.#cli.stdout.write(`Attaching to ${containers.map((container) => output.nameOf(container)).join(', ')}\n`);
  }

  #onAttached(source: LogSource): void {
    this.#seen.add(source.name);
    this.#session.output.add(source);
    this.#onSeen();
  }

  /**
   * The news that a container has started travels on another connection than the answer to its start, and may come later: the follow
   * must not end before. Bounded, for a container that is removed at once is never seen.
   */
  async #allSeen(plan: Plan): Promise<void> {
    const started = plan.steps.flatMap(({ action }) =>
      action.kind === 'startContainer' && this.#session.attached.includes(action.service) ? [action.container.name] : [],
    );
    const deadline = Date.now() + SEEN_DEADLINE_MS;
    while (started.some((name) => !this.#seen.has(name)) && Date.now() < deadline && !this.#following.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SEEN_DEADLINE_MS);
        this.#onSeen = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #onExit(source: LogSource, code: number, restarting: boolean): void {
    const { output, stopOn } = this.#session;
    output.say(source, `exited with code ${code}${restarting ? ' (restarting)' : ''}`);
    if (restarting || stopOn === 'never') return;
    if (stopOn === 'exit' || code !== 0) {
      this.#codeFrom ??= source.service;
      if (!this.#stopping) void this.#cli.stderr.write(stopOn === 'exit' ? 'Aborting on container exit...\n' : `Aborting on failure of ${output.nameOf(source)}...\n`);
      this.#stop();
    }
    if (this.#codeFrom === source.service) this.#exitCode = code;
  }

  #canWatch(): boolean {
    return !this.#session.watches && this.#session.services.some((name) => this.#project.services[name]?.develop?.watch?.length);
  }

  #onKey(key: string): void {
    if (key === 'd') {
      this.#following.abort(); // what runs goes on
      this.#onSeen();
    }
    if (key === 'w' && this.#canWatch()) this.#onWatch();
  }

  #onInterrupt(count: number): void {
    if (count > 2) this.#cli.interrupts.exitNow(ExitCode.interrupted);
    this.#exitCode = ExitCode.interrupted;
    if (count === 1) {
      void this.#cli.stderr.write(`${this.#cli.stderr.isTerminal ? '\n' : ''}Gracefully stopping... (press Ctrl+C again to force)\n`);
      this.#stop();
      return;
    }
    if (this.#cli.stderr.isTerminal) void this.#cli.stderr.write('\n'); // the terminal has written ^C
    void this.#kill();
  }

  #stop(): void {
    const { services, start } = this.#session;
    const { timeoutSeconds } = start;
    this.#stopping ??= withVerb(this.#cli, { plain: true, abortable: false }, async (context) => {
      await stop({ ...context, project: this.#project }, { services, ...(timeoutSeconds !== undefined && { timeoutSeconds }) });
    });
    this.#stopping.catch(() => this.#following.abort()); // shown when it is awaited
  }

  async #kill(): Promise<void> {
    try {
      await withVerb(this.#cli, { plain: true, abortable: false }, (context) => kill({ ...context, project: this.#project }, { services: this.#session.services }));
    } catch {
      this.#cli.interrupts.exitNow(ExitCode.interrupted); // the engine does not answer; the user wants to leave
    }
  }
}
