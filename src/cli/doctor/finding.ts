/** What `doctor` found out about one thing. */

/** ok; problem: containers do not run without it; advice: something works less well; note: worth knowing. */
export type FindingStatus = 'ok' | 'problem' | 'advice' | 'note';

export interface Finding {
  /** Stable and dotted: `program.conmon`, `kernel.overlay`. */
  readonly id: string;
  readonly status: FindingStatus;
  /** What was looked at, a few words. */
  readonly title: string;
  /** What was seen. */
  readonly detail?: string;
  /** What it is needed for; given when it is not ok. */
  readonly reason?: string;
  /** How to mend it, for people. */
  readonly mend?: string;
  /** How `--fix` mends it. */
  readonly fix?: Fix;
}

export type Fix =
  /** Names of what is to be installed; `packages.ts` knows the packages of each distribution. */
  | { readonly kind: 'install'; readonly programs: readonly string[] }
  | { readonly kind: 'run'; readonly commands: readonly (readonly string[])[] };
