import type { ContainerRecord, ContainerState } from './record.ts';

/** Somebody who waits for a container to end. */
export interface Waiter {
  readonly condition: 'not-running' | 'next-exit' | 'removed';
  resolve(exitCode: number, error?: string): void;
}

/**
 * A container in memory: its record and state as they are on disk, and what lives only as long as this engine.
 * `record` and `state` are replaced, never changed.
 */
export class Container {
  record: ContainerRecord;
  state: ContainerState;
  /** Waits that were registered and not yet answered. */
  readonly waiters = new Set<Waiter>();
  /**
   * Called between the creation of the next process and its first instruction: attached clients connect here. With undefined when
   * there will be no process, because the start failed or the container goes.
   */
  readonly beforeStart = new Set<(bundle: string | undefined) => void>();
  readonly execIds = new Set<string>();
  /** Resolved when the current process has ended and everything of it is cleaned up. */
  ended: Promise<void> = Promise.resolve();
  markEnded: () => void = () => {};
  /** Resolves when the exit file of the last run has been removed. */
  exitFileGone: Promise<void> = Promise.resolve();
  /** Ends the health monitor. */
  stopHealth: (() => void) | undefined;
  /** The pending restart by policy. */
  restartTimer: NodeJS.Timeout | undefined;
  /** Current back-off. */
  restartDelayMs = 0;
  /** A stop is going on: the policy must not bring it back. */
  stopping = false;
  /** Nothing of a former run is left on the machine. False after a restart of the engine: then nobody knows. */
  isClean = false;
  /** Open views of its files while it does not run: they keep the root mounted. */
  views = 0;
  /** Reading the exit file is under way. */
  settling = false;
  /** Since when (monotonic) the process is known to have ended without a word from its conmon. */
  silentSinceMs: number | undefined;

  constructor(record: ContainerRecord, state: ContainerState) {
    this.record = record;
    this.state = state;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  /** A new process begins: `ended` will tell its end. */
  begin(): void {
    this.silentSinceMs = undefined;
    this.ended = new Promise((resolve) => {
      this.markEnded = resolve;
    });
  }

  /** Answers the waiters of the given conditions. */
  answer(conditions: readonly Waiter['condition'][], exitCode: number, error?: string): void {
    for (const waiter of this.waiters) {
      if (!conditions.includes(waiter.condition)) continue;
      this.waiters.delete(waiter);
      waiter.resolve(exitCode, error);
    }
  }
}
