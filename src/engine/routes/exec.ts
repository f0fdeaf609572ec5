import { EngineError } from '../../base/index.ts';
import type { Engine, ExecCreateRequest } from '../../engine-api/index.ts';
import { EXEC_CREATE, EXEC_START } from '../bodies.ts';
import { param, readBody, type Route } from '../call.ts';
import { joinStreams } from '../hijack.ts';
import { sendEmpty, sendJson } from '../respond.ts';
import { streamType } from './container-streams.ts';

interface ExecStart {
  Detach?: boolean;
  Tty?: boolean;
  ConsoleSize?: number[];
}

export function execRoutes({ exec }: Engine): readonly Route[] {
  return [
    ['POST', '/containers/:id/exec', async (call) => {
      const body = await readBody<Partial<ExecCreateRequest>>(call, EXEC_CREATE, 'ExecConfig', { required: true });
      const { Cmd } = body;
      if (Cmd === undefined || Cmd.length === 0) throw new EngineError('invalid', 'No exec command specified');
      sendJson(call, 201, await exec.create(param(call, 'id'), { ...body, Cmd }, call.options));
    }],
    ['POST', '/exec/:id/start', async (call) => {
      const { Detach, Tty, ConsoleSize } = await readBody<ExecStart>(call, EXEC_START, 'ExecStartCheck');
      const id = param(call, 'id');
      if (Detach) {
        await exec.startDetached(id, call.options);
        return sendEmpty(call, 200);
      }
      const [height, width] = ConsoleSize ?? [];
      const size: [number, number] | undefined = height !== undefined && width !== undefined ? [height, width] : undefined;
      const { stream, tty } = await exec.start(id, { Tty: Tty ?? false, ...(size && { ConsoleSize: size }) }, call.options);
      await joinStreams(call.hijack(streamType(call, tty)), stream);
    }],
    ['POST', '/exec/:id/resize', async (call) => {
      await exec.resize(param(call, 'id'), { h: call.query.requiredInt('h'), w: call.query.requiredInt('w') }, call.options);
      sendEmpty(call, 200);
    }],
    ['GET', '/exec/:id/json', async (call) => {
      sendJson(call, 200, await exec.inspect(param(call, 'id'), call.options));
    }],
  ];
}
