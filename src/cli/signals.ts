/** Ctrl-C and SIGTERM: the first asks to stop, the second forces. Handlers are installed only by commands that have something to undo. */

export interface Interrupts {
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP, with the signal's name as reason. From the first call on signals no longer
   * end the process by themselves.
   */
  abortSignal(): AbortSignal;
  /**
   * Takes over from here: `onSignal` gets the 1st, 2nd ... signal since. `abortSignal()` is not aborted meanwhile.
   * @returns puts back what was before
   */
  handle(onSignal: (count: number, name: NodeJS.Signals) => void): () => void;
  /** Ends the process at once; for a second Ctrl-C. */
  exitNow(code: number): never;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export interface SignalSource {
  on(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  off(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
}

export class ProcessInterrupts implements Interrupts {
  readonly #source: SignalSource;
  readonly #exit: (code: number) => never;
  readonly #controller = new AbortController();
  #installed = false;
  #count = 0;
  #handler: ((count: number, name: NodeJS.Signals) => void) | undefined;

  constructor(source: SignalSource, exit: (code: number) => never) {
    this.#source = source;
    this.#exit = exit;
  }

  abortSignal(): AbortSignal {
    this.#install();
    return this.#controller.signal;
  }

  handle(onSignal: (count: number, name: NodeJS.Signals) => void): () => void {
    this.#install();
    const before = { handler: this.#handler, count: this.#count };
    this.#handler = onSignal;
    this.#count = 0;
    return () => {
      this.#handler = before.handler;
      this.#count = before.count;
    };
  }

  exitNow(code: number): never {
    return this.#exit(code);
  }

  #install(): void {
    if (this.#installed) return;
    this.#installed = true;
    for (const name of SIGNALS) this.#source.on(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    this.#count++;
    if (this.#handler) return this.#handler(this.#count, name);
    if (this.#count > 1) return this.#exit(exitCodeOf(name));
    this.#controller.abort(new Interrupted(name));
  };
}

/** The reason of an abort by a signal. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(name: NodeJS.Signals) {
    super(`interrupted by ${name}`);
    this.name = 'Interrupted';
    this.exitCode = exitCodeOf(name);
  }
}

function exitCodeOf(name: NodeJS.Signals): number {
  return name === 'SIGTERM' ? 143 : name === 'SIGHUP' ? 129 : 130;
}
