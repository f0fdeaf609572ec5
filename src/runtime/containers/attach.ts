import type { AttachedStream, AttachQuery } from '../../engine-api/index.ts';
import { attachSocket } from '../host/conmon.ts';
import { connectSeqpacket } from '../host/seqpacket.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { DetachScanner, parseDetachKeys } from './detach-keys.ts';
import { containerLogs } from './container-logs.ts';
import { OutputStream } from './output-stream.ts';
import { hasProcess } from './record.ts';

/**
 * Joins a container's streams. One that does not run yet is joined when it starts, before its first instruction.
 * With `logs` the past comes first, out of the log file; output then goes on from the same file, so that nothing is doubled or lost.
 */
export function attachContainer(room: Containers, container: Container, query: AttachQuery, signal?: AbortSignal): AttachedStream {
  const tty = container.record.config.Tty ?? false;
  const scanner = new DetachScanner(parseDetachKeys(query.detachKeys));
  const stream = new OutputStream();
  const fromLog = (query.logs ?? false) && container.record.hostConfig.LogConfig?.Type !== 'none';
  const select = {
    stdin: (query.stdin ?? false) && (container.record.config.OpenStdin ?? false),
    stdout: !fromLog && (query.stdout ?? false),
    stderr: !fromLog && (query.stderr ?? false),
  };
  const connect = (bundle: string): void => {
    try {
      stream.connectConmon(connectSeqpacket(attachSocket(bundle)), tty, select, scanner, fromLog);
    } catch {
      stream.finish(); // it has just ended
    }
  };
  if (query.stream) {
    stream.on('detached', () => announce(room, container, 'detach'));
    announce(room, container, 'attach');
    if (hasProcess(container.state)) connect(room.ctx.layout.bundle(container.id));
    else connectAtStart(container, stream, connect);
  }
  if (fromLog) void copyLog(room, container, query, stream, signal);
  else if (!query.stream) stream.finish();
  signal?.addEventListener('abort', () => stream.destroy(), { once: true });
  return { stream, tty };
}

function connectAtStart(container: Container, stream: OutputStream, connect: (bundle: string) => void): void {
  const once = (bundle: string | undefined): void => {
    container.beforeStart.delete(once);
    if (stream.destroyed) return;
    if (bundle === undefined) stream.finish(); // the start failed, or the container went
    else connect(bundle);
  };
  container.beforeStart.add(once);
  stream.on('close', () => container.beforeStart.delete(once));
}

async function copyLog(room: Containers, container: Container, query: AttachQuery, stream: OutputStream, signal: AbortSignal | undefined): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  stream.on('close', stop);
  signal?.addEventListener('abort', stop, { once: true });
  const log = containerLogs(
    room,
    container,
    { stdout: query.stdout ?? false, stderr: query.stderr ?? false, follow: query.stream ?? false },
    abort.signal,
  );
  for await (const chunk of log) {
    if (stream.destroyed) break;
    if (!stream.emitOutput(chunk)) await new Promise<void>((resume) => stream.onceDrained(resume));
  }
  stream.finish();
}
