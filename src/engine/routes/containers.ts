import { EngineError } from '../../base/index.ts';
import type { ContainerCreateRequest, Engine, UpdateRequest } from '../../engine-api/index.ts';
import { CONTAINER_CREATE, CONTAINER_UPDATE } from '../bodies.ts';
import { type ApiCall, param, readBody, type Route } from '../call.ts';
import { sendEmpty, sendJson } from '../respond.ts';

/** What happens to a container as a whole: list, create, inspect, lifecycle, rename, update, remove, prune. */
export function containerRoutes({ containers }: Engine): readonly Route[] {
  return [
    ['GET', '/containers/json', async (call) => {
      const { query } = call;
      const limit = query.int('limit');
      const filters = withLegacy(query.filters(), { before: query.text('before'), since: query.text('since') });
      sendJson(call, 200, await containers.list(
        { all: query.bool('all'), size: query.bool('size'), ...(limit !== undefined && { limit }), ...(filters && { filters }) },
        call.options,
      ));
    }],
    ['POST', '/containers/create', async (call) => {
      const body = await readBody<ContainerCreateRequest>(call, CONTAINER_CREATE, 'ContainerConfigWrapper', { required: true });
      const [name, platform] = [call.query.text('name'), call.query.text('platform')];
      sendJson(call, 201, await containers.create(body, { ...(name && { name }), ...(platform && { platform }) }, call.options));
    }],
    ['GET', '/containers/:id/json', async (call) => {
      sendJson(call, 200, await containers.inspect(param(call, 'id'), { size: call.query.bool('size') }, call.options));
    }],
    ['POST', '/containers/:id/start', async (call) => {
      const detachKeys = call.query.text('detachKeys');
      sendEmpty(call, (await containers.start(param(call, 'id'), { ...(detachKeys && { detachKeys }) }, call.options)) ? 204 : 304);
    }],
    ['POST', '/containers/:id/stop', async (call) => {
      sendEmpty(call, (await containers.stop(param(call, 'id'), stopQuery(call), call.options)) ? 204 : 304);
    }],
    ['POST', '/containers/:id/restart', async (call) => {
      await containers.restart(param(call, 'id'), stopQuery(call), call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/:id/kill', async (call) => {
      const signal = call.query.text('signal');
      await containers.kill(param(call, 'id'), { ...(signal && { signal }) }, call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/:id/pause', async (call) => {
      await containers.pause(param(call, 'id'), call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/:id/unpause', async (call) => {
      await containers.unpause(param(call, 'id'), call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/:id/rename', async (call) => {
      const name = call.query.text('name');
      if (name === undefined) throw new EngineError('invalid', 'Neither old nor new names may be empty');
      await containers.rename(param(call, 'id'), name, call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/:id/update', async (call) => {
      const body = await readBody<UpdateRequest>(call, CONTAINER_UPDATE, 'UpdateConfig');
      sendJson(call, 200, await containers.update(param(call, 'id'), body, call.options));
    }],
    ['POST', '/containers/:id/resize', async (call) => {
      await containers.resize(param(call, 'id'), { h: call.query.requiredInt('h'), w: call.query.requiredInt('w') }, call.options);
      sendEmpty(call, 200);
    }],
    ['GET', '/containers/:id/top', async (call) => {
      const arguments_ = call.query.text('ps_args');
      sendJson(call, 200, await containers.top(param(call, 'id'), { ...(arguments_ && { ps_args: arguments_ }) }, call.options));
    }],
    ['GET', '/containers/:id/changes', async (call) => {
      sendJson(call, 200, await containers.changes(param(call, 'id'), call.options));
    }],
    ['DELETE', '/containers/:id', async (call) => {
      const { query } = call;
      await containers.remove(param(call, 'id'), { v: query.bool('v'), force: query.bool('force'), link: query.bool('link') }, call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/containers/prune', async (call) => {
      const { ContainersDeleted, SpaceReclaimed } = await containers.prune(call.query.filters(), call.options);
      sendJson(call, 200, { ContainersDeleted: ContainersDeleted ?? null, SpaceReclaimed });
    }],
  ];
}

function stopQuery(call: ApiCall): { signal?: string; t?: number } {
  const [signal, t] = [call.query.text('signal'), call.query.int('t')];
  return { ...(signal && { signal }), ...(t !== undefined && { t }) };
}

/** Query values from before filters existed. */
function withLegacy(filters: Record<string, string[]> | undefined, legacy: Record<string, string | undefined>): Record<string, string[]> | undefined {
  const given = Object.entries(legacy).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? filters : { ...filters, ...Object.fromEntries(given.map(([key, value]) => [key, [value]])) };
}
