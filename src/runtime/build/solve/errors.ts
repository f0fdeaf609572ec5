import { EngineError } from '../../../base/index.ts';
import { excerpt, type SourceText, type Span } from '../dockerfile/index.ts';

/** A RUN that ended with a non-zero code. */
export class RunFailed extends EngineError {
  readonly exitCode: number;
  /** BuildKit's words; the message is the classic builder's, which clients of its API know. */
  readonly summary: string;
  /** The end of what the command wrote. */
  readonly output: string;

  constructor(command: string, exitCode: number, oomKilled: boolean, output: string) {
    const killed = oomKilled ? ' (killed: out of memory)' : '';
    super('internal', `The command '${command}' returned a non-zero code: ${exitCode}${killed}`);
    this.name = 'RunFailed';
    this.summary = `process ${JSON.stringify(command)} did not complete successfully: exit code: ${exitCode}${killed}`;
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** A step that failed, with its place in the Dockerfile. The cause is what went wrong; its message is this one's. */
export class StepFailed extends EngineError {
  readonly source: SourceText;
  readonly span: Span;
  readonly stage: number;
  readonly instruction: string;

  constructor(cause: EngineError, place: { source: SourceText; span: Span; stage: number; instruction: string }) {
    super(cause.kind, cause.message, { cause });
    this.name = 'StepFailed';
    this.source = place.source;
    this.span = place.span;
    this.stage = place.stage;
    this.instruction = place.instruction;
  }

  get excerpt(): string {
    return excerpt(this.source, this.span);
  }
}

