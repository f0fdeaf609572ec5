/** What every command that changes something does around the controller's verb: connection, progress, interrupts. */
import type { EngineContext } from '../controller/index.ts';
import { connect } from './connection.ts';
import type { Cli } from './context.ts';
import { createProgress, type ProgressOptions } from './render/progress.ts';

export interface VerbOptions extends ProgressOptions {
  /** False leaves Ctrl-C to the system: for commands that only read. Default true. */
  readonly abortable?: boolean;
}

/** Runs a body with an engine and a progress display, and brings both to rest whatever happens. */
export async function withVerb<T>(cli: Cli, options: VerbOptions, body: (context: EngineContext) => Promise<T>): Promise<T> {
  const { engine, isOwn } = connect(cli);
  const progress = createProgress(cli, options);
  const { parallel } = cli.globals;
  const signal = options.abortable === false ? undefined : cli.interrupts.abortSignal();
  try {
    return await body({
      engine,
      ownEngine: isOwn,
      onEvent: progress.onEvent,
      credentials: async (registry) => (await import('./credentials.ts')).registryCredentials(cli.env, registry),
      ...(signal && { signal }),
      ...(parallel !== undefined && { parallel }),
    });
  } finally {
    await progress.finish();
    await engine.close();
  }
}
