/** Output of a project's containers: one stream each, cut into whole lines, in the order of arrival. */
import type { NamedContext } from './context.ts';
import { findContainers } from './find-containers.ts';
import { Follow } from './log-follow.ts';
import { queryOf, readOnce, type LogsOptions, type LogSink } from './log-stream.ts';

export type { LogsOptions, LogSink, LogSource } from './log-stream.ts';

const PARALLEL_STREAMS = 32;

/**
 * Reads the logs of the project's containers; with `follow` until none of them runs any more, or the signal says so.
 * @throws EngineError, also when a broken stream cannot be opened again within half a minute
 */
export async function logs(context: NamedContext, options: LogsOptions, sink: LogSink): Promise<void> {
  if (options.follow) return new Follow(context, options, sink).run();
  const containers = await findContainers(context, { services: options.services ?? [], all: true, ...(options.index !== undefined && { index: options.index }) });
  const pending = [...containers];
  const reader = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      await readOnce(context, next, queryOf(options), sink, undefined);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_STREAMS, containers.length) }, reader));
}
