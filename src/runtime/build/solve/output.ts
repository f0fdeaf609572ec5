/**
 * What a build says while it runs, in the classic builder's form: `Step 2/5 : RUN x`, output, ` ---> id`. Stages run at once, but are
 * told one after the other, in the order of the file: the first unfinished stage speaks live, the others wait.
 */
import type { ProgressMessage } from '../../../engine-api/index.ts';

/** Output that waits for an earlier stage is dropped beyond this. */
const MAX_WAITING = 32 << 20;

export class BuildOutput {
  readonly #emit: (message: ProgressMessage) => void;
  readonly #channels = new Map<number, Channel>();
  readonly #order: number[] = [];
  readonly #quiet: boolean;
  readonly total: number;

  /**
   * @param stages  numbers of the stages that are built, in the order of the file
   * @param total  number of steps
   */
  constructor(emit: (message: ProgressMessage) => void, stages: readonly number[], total: number, quiet: boolean) {
    this.#emit = emit;
    this.#quiet = quiet;
    this.total = total;
    for (const stage of stages) this.channel(stage);
  }

  /** Where a stage writes. A stage that was not foreseen comes last. */
  channel(stage: number): Channel {
    let channel = this.#channels.get(stage);
    if (!channel) {
      channel = new Channel(this.#quiet ? () => {} : this.#emit, this.#order.length === 0);
      this.#channels.set(stage, channel);
      this.#order.push(stage);
    }
    return channel;
  }

  /** The stage is done: the next ones may speak. */
  finish(stage: number): void {
    this.channel(stage).finished = true;
    for (const next of this.#order) {
      const channel = this.channel(next);
      channel.speak();
      if (!channel.finished) return;
    }
  }

  /** After a failure everything that waits is told, the failing stage last. */
  flush(failed: number): void {
    for (const stage of this.#order) if (stage !== failed) this.channel(stage).speak();
    this.channel(failed).speak();
  }

  /** Beside the stages: warnings, the result. Not silenced by `quiet` when `always`. */
  say(message: ProgressMessage, always = false): void {
    if (!this.#quiet || always) this.#emit(message);
  }
}

export class Channel {
  readonly #emit: (message: ProgressMessage) => void;
  #live: boolean;
  #waiting: ProgressMessage[] = [];
  #bytes = 0;
  finished = false;

  constructor(emit: (message: ProgressMessage) => void, live: boolean) {
    this.#emit = emit;
    this.#live = live;
  }

  send(message: ProgressMessage): void {
    if (this.#live) return this.#emit(message);
    this.#bytes += message.stream?.length ?? 0;
    if (this.#bytes < MAX_WAITING) this.#waiting.push(message);
  }

  line(text: string): void {
    this.send({ stream: `${text}\n` });
  }

  speak(): void {
    this.#live = true;
    for (const message of this.#waiting.splice(0)) this.#emit(message);
  }
}
