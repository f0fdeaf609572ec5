import type { Diagnostic } from './diagnostic.ts';

/**
 * Exit codes as `docker compose` gives them.
 * @see the README, "Exit codes"
 */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 1,
  changesPlanned: 2,
  checkUsage: 2,
  fileNotFound: 14,
  invalidFile: 15,
  unknownCommand: 16,
  pullFailed: 18,
  interrupted: 130,
} as const;

/** An expected failure: the user can mend it. Shown without a stack. */
export class UserError extends Error {
  readonly code: string;
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { code: string; exitCode?: number; diagnostics?: readonly Diagnostic[]; hint?: string; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'UserError';
    this.code = options.code;
    this.exitCode = options.exitCode ?? ExitCode.failure;
    this.diagnostics = options.diagnostics ?? [];
    this.hint = options.hint;
  }
}

/** What went wrong in an engine, independent of HTTP. `engine-api/status.ts` maps it to a status, both ways. */
export type EngineErrorKind =
  | 'notFound'
  | 'conflict'
  | 'invalid'
  | 'notModified'
  | 'forbidden'
  | 'unauthorized'
  | 'unavailable'
  | 'notImplemented'
  | 'cancelled'
  | 'internal';

/** A refusal or failure that an engine reports. The message is the engine's own and is shown to the user as it is. */
export class EngineError extends Error {
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
  }
}

/** Narrows an unknown error to an EngineError of one of the given kinds (any kind when none is given). */
export function isEngineError(error: unknown, ...kinds: EngineErrorKind[]): error is EngineError {
  return error instanceof EngineError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export function errnoCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends a `switch` over a closed union: a new member becomes a type error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
