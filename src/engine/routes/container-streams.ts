import { EngineError, errorMessage } from '../../base/index.ts';
import { compareApiVersions, type ContainerStats, type ContainerWaitResponse, type Engine, type LogsQuery, type PathStat } from '../../engine-api/index.ts';
import { type ApiCall, param, type Route } from '../call.ts';
import { joinStreams } from '../hijack.ts';
import { sendBytes, sendEmpty, sendLines } from '../respond.ts';

/** What streams: wait, attach, logs, stats, export and archives. */
export function containerStreamRoutes({ containers }: Engine): readonly Route[] {
  return [
    ['POST', '/containers/:id/wait', async (call) => {
      const condition = waitCondition(call.query.text('condition'));
      const { exit } = await containers.wait(param(call, 'id'), condition ? { condition } : {}, call.options);
      call.response.writeHead(200, { 'Content-Type': 'application/json' });
      call.response.flushHeaders(); // clients start the container only when they have seen these
      const answer = await exit.catch((error: unknown): ContainerWaitResponse => ({ StatusCode: -1, Error: { Message: errorMessage(error) } }));
      call.response.end(`${JSON.stringify(answer)}\n`);
    }],
    ['POST', '/containers/:id/attach', async (call) => {
      const { query } = call;
      const detachKeys = query.text('detachKeys');
      const { stream, tty } = await containers.attach(param(call, 'id'), {
        logs: query.bool('logs'),
        stream: query.bool('stream'),
        stdin: query.bool('stdin'),
        stdout: query.bool('stdout'),
        stderr: query.bool('stderr'),
        ...(detachKeys && { detachKeys }),
      }, call.options);
      await joinStreams(call.hijack(streamType(call, tty)), stream);
    }],
    ['GET', '/containers/:id/logs', async (call) => {
      const { output, tty } = await containers.logs(param(call, 'id'), logsQuery(call), call.options);
      await sendBytes(call, streamType(call, tty), output);
    }],
    ['GET', '/containers/:id/stats', async (call) => {
      const [stream, oneShot] = [call.query.bool('stream', true), call.query.bool('one-shot')];
      if (stream && oneShot) throw new EngineError('invalid', 'cannot have stream=true and one-shot=true');
      await sendLines(call, clamped(await containers.stats(param(call, 'id'), { stream, oneShot }, call.options)));
    }],
    ['GET', '/containers/:id/export', async (call) => {
      await sendBytes(call, 'application/octet-stream', await containers.export(param(call, 'id'), call.options));
    }],
    ['HEAD', '/containers/:id/archive', async (call) => {
      setPathStat(call, await containers.statPath(param(call, 'id'), archivePath(call), call.options));
      sendEmpty(call, 200);
    }],
    ['GET', '/containers/:id/archive', async (call) => {
      const { stat, archive } = await containers.getArchive(param(call, 'id'), archivePath(call), call.options);
      setPathStat(call, stat);
      await sendBytes(call, 'application/x-tar', archive);
    }],
    ['PUT', '/containers/:id/archive', async (call) => {
      const { query } = call;
      const options = { noOverwriteDirNonDir: query.bool('noOverwriteDirNonDir'), copyUIDGID: query.bool('copyUIDGID') };
      await containers.putArchive(param(call, 'id'), { path: archivePath(call), ...options }, call.body, call.options);
      sendEmpty(call, 200);
    }],
  ];
}

const WAIT_CONDITIONS = ['not-running', 'next-exit', 'removed'] as const;

function waitCondition(text: string | undefined): (typeof WAIT_CONDITIONS)[number] | undefined {
  if (text === undefined) return undefined;
  const condition = WAIT_CONDITIONS.find((one) => one === text);
  if (condition === undefined) throw new EngineError('invalid', `invalid condition: ${JSON.stringify(text)}`);
  return condition;
}

/** Before 1.42 every stream was called raw, whatever it was. */
export function streamType(call: ApiCall, tty: boolean): string {
  const isFramed = !tty && compareApiVersions(call.version, '1.42') >= 0;
  return `application/vnd.docker.${isFramed ? 'multiplexed' : 'raw'}-stream`;
}

function logsQuery({ query }: ApiCall): LogsQuery {
  const [stdout, stderr] = [query.bool('stdout'), query.bool('stderr')];
  if (!stdout && !stderr) throw new EngineError('invalid', 'Bad parameters: you must choose at least one stream');
  const [since, until, tail] = [query.timestamp('since'), query.timestamp('until'), query.text('tail')];
  const lines = tail !== undefined && /^\d{1,15}$/.test(tail) ? Number(tail) : undefined; // anything else means all
  return {
    stdout,
    stderr,
    follow: query.bool('follow'),
    timestamps: query.bool('timestamps'),
    ...(since !== undefined && { since }),
    ...(until !== undefined && until !== 0 && { until }),
    ...(lines !== undefined && { tail: lines }),
  };
}

function archivePath(call: ApiCall): string {
  const path = call.query.text('path');
  if (path === undefined) throw new EngineError('invalid', 'bad parameter: path cannot be empty');
  return path;
}

function setPathStat(call: ApiCall, stat: PathStat): void {
  call.response.setHeader('X-Docker-Container-Path-Stat', Buffer.from(JSON.stringify(stat)).toString('base64'));
}

/** The largest double that Go reads as a uint64: "no limit" (2^64 - 1) becomes 2^64 in JavaScript, which it refuses. */
const MAX_UINT64_DOUBLE = 18446744073709549568;

async function* clamped(samples: AsyncIterable<ContainerStats>): AsyncGenerator<ContainerStats> {
  for await (const sample of samples) {
    const { limit } = sample.pids_stats ?? {};
    if (limit !== undefined && limit > MAX_UINT64_DOUBLE) sample.pids_stats.limit = MAX_UINT64_DOUBLE;
    yield sample;
  }
}
