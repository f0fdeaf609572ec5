import { EngineError } from '../../base/index.ts';
import type { LogsQuery } from '../../engine-api/index.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { logStamp } from './logs/log-format.ts';
import { readLog } from './logs/log-reader.ts';
import { hasProcess } from './record.ts';

/**
 * What a container wrote, as frames (raw with a terminal). Following ends when the container does.
 * @throws EngineError invalid without a stream, notImplemented for a container that keeps no log
 */
export function containerLogs(room: Containers, container: Container, query: LogsQuery, signal?: AbortSignal): AsyncIterable<Buffer> {
  if (!query.stdout && !query.stderr) throw new EngineError('invalid', 'Bad parameters: you must choose at least one stream');
  if (container.record.hostConfig.LogConfig?.Type === 'none') {
    throw new EngineError('notImplemented', 'configured logging driver does not support reading');
  }
  const running = hasProcess(container.state);
  return readLog({
    file: room.ctx.layout.containerLog(container.id),
    tty: container.record.config.Tty ?? false,
    stdout: query.stdout ?? false,
    stderr: query.stderr ?? false,
    timestamps: query.timestamps ?? false,
    ...(query.since !== undefined && query.since > 0 && { since: logStamp(query.since) }),
    ...(query.until !== undefined && query.until > 0 && { until: logStamp(query.until) }),
    ...(query.tail !== undefined && query.tail >= 0 && { tail: query.tail }),
    follow: (query.follow ?? false) && running,
    isComplete: () => !hasProcess(container.state),
    onComplete: (wake) => void container.ended.then(wake),
    ...(signal && { signal }),
  });
}
