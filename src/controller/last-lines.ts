/** The end of a container's log, for messages about its failure. */
import { decodeOutput, type Engine } from '../engine-api/index.ts';

const MAX_BYTES = 64 * 1024;
const TIMEOUT_MS = 2000;

/** The last lines of both streams, without trailing blanks; empty when the log cannot be had. Never throws. */
export async function lastLines(engine: Engine, container: string, count = 10): Promise<string[]> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { output, tty } = await engine.containers.logs(container, { stdout: true, stderr: true, tail: count }, { signal });
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const frames of decodeOutput(output, { tty })) {
      for (const { data } of frames) {
        parts.push(Buffer.from(data));
        bytes += data.length;
      }
      if (bytes > MAX_BYTES) break;
    }
    const lines = Buffer.concat(parts).toString('utf8').split(/\r?\n/);
    return lines.map((line) => line.trimEnd()).filter((line) => line !== '').slice(-count);
  } catch {
    return []; // a message without the log is better than none
  }
}
