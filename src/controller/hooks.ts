/** `post_start` and `pre_stop`: commands that run inside a container at a turn of its life. */
import { UserError } from '../base/index.ts';
import type { Hook } from '../compose/index.ts';
import { decodeOutput } from '../engine-api/index.ts';
import { callOptions, type EngineContext } from './context.ts';
import { environmentList } from './create-request.ts';

export interface HookRun {
  readonly service: string;
  readonly name: string;
  readonly id: string;
  readonly hook: Hook;
  readonly phase: 'post_start' | 'pre_stop' | 'watch';
}

const KEPT_OUTPUT_BYTES = 4096;

/** Runs a hook to its end. @throws UserError `hook.failed` with the end of its output when it exits with another code than 0 */
export async function runHook(context: EngineContext, run: HookRun): Promise<void> {
  const { engine } = context;
  const o = callOptions(context);
  const { Id } = await engine.exec.create(run.id, {
    Cmd: [...(run.hook.command ?? [])],
    AttachStdout: true,
    AttachStderr: true,
    Env: environmentList(run.hook),
    ...(run.hook.user !== undefined && { User: run.hook.user }),
    ...(run.hook.working_dir !== undefined && { WorkingDir: run.hook.working_dir }),
    ...(run.hook.privileged && { Privileged: true }),
  }, o);
  const { stream } = await engine.exec.start(Id, { Tty: false }, o);
  stream.end();
  let output = '';
  for await (const frames of decodeOutput(stream)) {
    for (const { data } of frames) output = (output + data.toString('utf8')).slice(-KEPT_OUTPUT_BYTES);
  }
  const { ExitCode } = await engine.exec.inspect(Id, o);
  if (ExitCode === 0) return;
  const tail = output.trim() === '' ? '' : `\n${output.trimEnd().split('\n').map((line) => `  ${line}`).join('\n')}`;
  throw new UserError(`${run.phase} hook of ${run.name} exited with ${ExitCode ?? 'an unknown code'}: ${(run.hook.command ?? []).join(' ')}${tail}`, { code: 'hook.failed' });
}
