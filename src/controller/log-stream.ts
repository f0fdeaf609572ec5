/** One log stream, read to its end: the part that following and plain reading share. */
import { decodeOutput, type LogsQuery, STDERR } from '../engine-api/index.ts';
import { shared, type NamedContext } from './context.ts';
import { LineBuffer, type TimestampStripper } from './log-lines.ts';

export interface LogSource {
  readonly id: string;
  /** `demo-web-1` */
  readonly name: string;
  readonly service: string;
  readonly number: number;
}

/** Where output goes. A promise that `output` answers holds that container's stream back until it settles. */
export interface LogSink {
  /** @param lines  whole lines with their newlines; the memory is used again after the call, or after its promise */
  output(source: LogSource, stream: 'stdout' | 'stderr', lines: Buffer): void | Promise<void>;
  /** When following, once: the output of whatever starts from now on will be seen. */
  ready?(): void;
  attached?(source: LogSource): void;
  /** After the container's last line. `restarting`: it will come back. */
  exited?(source: LogSource, exitCode: number, restarting: boolean): void;
}

export interface LogsOptions {
  readonly services?: readonly string[];
  readonly index?: number;
  readonly follow?: boolean;
  /** Lines from the end of each container's log; undefined: all. */
  readonly tail?: number;
  /** Unix seconds, fractions allowed. */
  readonly since?: number;
  readonly until?: number;
  readonly timestamps?: boolean;
  /** False, for `up`: containers that run already are followed from now on. Default true. */
  readonly history?: boolean;
  /** While this is pending a follow does not end, although nothing runs yet. */
  readonly whilePending?: Promise<unknown>;
}

export function queryOf(options: LogsOptions): LogsQuery {
  return {
    stdout: true,
    stderr: true,
    ...(options.tail !== undefined && { tail: options.tail }),
    ...(options.since !== undefined && { since: options.since }),
    ...(options.until !== undefined && { until: options.until }),
    ...(options.timestamps && { timestamps: true }),
  };
}

/** Reads one log stream to its end. @throws EngineError when it breaks */
export async function readOnce(context: NamedContext, source: LogSource, query: LogsQuery, sink: LogSink, stripper: TimestampStripper | undefined, signal = context.signal): Promise<void> {
  const { output, tty } = await context.engine.containers.logs(source.id, query, signal ? { signal: shared(signal) } : {});
  const buffers = { stdout: new LineBuffer(), stderr: new LineBuffer() };
  const show = (stream: 'stdout' | 'stderr', lines: Buffer | undefined): void | Promise<void> => {
    const shown = lines && stripper ? stripper.push(lines) : lines;
    return shown && sink.output(source, stream, shown);
  };
  for await (const frames of decodeOutput(output, { tty, merge: true })) {
    for (const { stream: id, data } of frames) {
      const stream = id === STDERR ? 'stderr' : 'stdout';
      const held = show(stream, buffers[stream].push(data));
      if (held) await held;
    }
  }
  await show('stdout', buffers.stdout.finish());
  await show('stderr', buffers.stderr.finish());
}
