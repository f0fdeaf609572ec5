/** What a thrown error means to the user: text for stderr and an exit code. */
import { EngineError, errnoCode, ExitCode, UserError } from '../base/index.ts';
import { OutputClosed } from './output.ts';
import { type DiagnosticOptions, renderDiagnostics } from './render/diagnostics.ts';
import type { Style } from './render/style.ts';
import { sanitize } from './render/text.ts';
import { Interrupted } from './signals.ts';
import { VERSION } from './version.ts';

export interface FailureOptions extends DiagnosticOptions {
  readonly verbose: boolean;
}

export interface Failure {
  readonly exitCode: number;
  /** Ends in a newline unless empty. */
  readonly text: string;
}

const QUIET_PIPE_EXIT = 141; // as a program that SIGPIPE ended

/** Expected failures are shown without a stack; everything else is a bug and is shown with all that a report needs. */
export function describeFailure(error: unknown, options: FailureOptions): Failure {
  if (error instanceof OutputClosed) return { exitCode: QUIET_PIPE_EXIT, text: '' };
  if (error instanceof Interrupted) return { exitCode: error.exitCode, text: '' };
  if (error instanceof UserError) return { exitCode: error.exitCode, text: userErrorText(error, options) };
  if (error instanceof EngineError) return engineFailure(error, options);
  if (error instanceof AggregateError) return aggregateFailure(error, options);
  if (isMachineError(error)) return { exitCode: ExitCode.failure, text: `${options.style.red('error:')} ${sanitize(error.message)}\n${options.verbose ? causeText(error) : ''}` };
  return { exitCode: ExitCode.failure, text: bugText(error, options) };
}

/** What no program is to blame for: rights, room, limits of the machine. Node's message names the call and the path. */
const MACHINE_ERRORS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'ELOOP', 'ENAMETOOLONG']);

function isMachineError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && MACHINE_ERRORS.has(errnoCode(error) ?? '');
}

function userErrorText(error: UserError, options: FailureOptions): string {
  const { style } = options;
  const errors = error.diagnostics.length > 0;
  let text = errors ? renderDiagnostics(error.diagnostics, options) : `${style.red('error:')} ${sanitize(error.message)}\n`;
  if (error.hint !== undefined) text += `  ${style.cyan('hint:')} ${sanitize(error.hint)}\n`;
  if (options.verbose) text += causeText(error.cause);
  return text;
}

function engineFailure(error: EngineError, options: FailureOptions): Failure {
  if (error.kind === 'cancelled') {
    const cause = error.cause instanceof Interrupted ? error.cause : undefined;
    return { exitCode: cause?.exitCode ?? ExitCode.interrupted, text: `${options.style.red('error:')} cancelled\n` };
  }
  const text = `${options.style.red('error:')} ${sanitize(error.message)}\n${options.verbose ? causeText(error.cause) : ''}`;
  return { exitCode: ExitCode.failure, text };
}

/** Several at once: the first one decides the exit code; equal texts are shown once. */
function aggregateFailure(error: AggregateError, options: FailureOptions): Failure {
  const all = error.errors.map((one: unknown) => describeFailure(one, options));
  if (all.length === 0) return { exitCode: ExitCode.failure, text: bugText(error, options) };
  return { exitCode: all[0]?.exitCode ?? ExitCode.failure, text: [...new Set(all.map((one) => one.text))].join('') };
}

function bugText(error: unknown, { style }: FailureOptions): string {
  const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return (
    `${style.red('internal error')} in tscompose ${VERSION} (Node ${process.version}, ${process.platform} ${process.arch})\n` +
    `${sanitize(stack)}\n${error instanceof Error ? causeText(error.cause) : ''}` +
    'This is a bug. Please report it with the text above, the command line, and what you expected.\n'
  );
}

function causeText(cause: unknown): string {
  if (cause === undefined) return '';
  const text = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause);
  return `caused by: ${sanitize(text)}\n${cause instanceof Error ? causeText(cause.cause) : ''}`;
}
