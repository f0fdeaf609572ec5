import { EngineError } from '../../base/index.ts';
import type { EndpointSettings, Engine, NetworkCreateRequest, VolumeCreateRequest } from '../../engine-api/index.ts';
import { NETWORK_CONNECT, NETWORK_CREATE, NETWORK_DISCONNECT, VOLUME_CREATE } from '../bodies.ts';
import { param, readBody, type Route } from '../call.ts';
import { sendEmpty, sendJson } from '../respond.ts';

export function networkRoutes({ networks }: Engine): readonly Route[] {
  return [
    ['GET', '/networks', async (call) => {
      sendJson(call, 200, await networks.list(call.query.filters(), call.options));
    }],
    ['GET', '/networks/:id', async (call) => {
      const [verbose, scope] = [call.query.strictBool('verbose'), call.query.text('scope')];
      sendJson(call, 200, await networks.inspect(param(call, 'id'), { ...(verbose !== undefined && { verbose }), ...(scope && { scope }) }, call.options));
    }],
    ['POST', '/networks/create', async (call) => {
      const body = await readBody<Partial<NetworkCreateRequest>>(call, NETWORK_CREATE, 'NetworkCreateRequest');
      sendJson(call, 201, await networks.create({ ...body, Name: body.Name ?? '' }, call.options));
    }],
    ['POST', '/networks/:id/connect', async (call) => {
      const body = await readBody<{ Container?: string; EndpointConfig?: EndpointSettings }>(call, NETWORK_CONNECT, 'NetworkConnect');
      await networks.connect(param(call, 'id'), { ...body, Container: body.Container ?? '' }, call.options);
      sendEmpty(call, 200);
    }],
    ['POST', '/networks/:id/disconnect', async (call) => {
      const body = await readBody<{ Container?: string; Force?: boolean }>(call, NETWORK_DISCONNECT, 'NetworkDisconnect');
      await networks.disconnect(param(call, 'id'), { ...body, Container: body.Container ?? '' }, call.options);
      sendEmpty(call, 200);
    }],
    ['DELETE', '/networks/:id', async (call) => {
      await networks.remove(param(call, 'id'), call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/networks/prune', async (call) => {
      const { NetworksDeleted } = await networks.prune(call.query.filters(), call.options);
      sendJson(call, 200, { NetworksDeleted: NetworksDeleted ?? null });
    }],
  ];
}

export function volumeRoutes({ volumes }: Engine): readonly Route[] {
  return [
    ['GET', '/volumes', async (call) => {
      sendJson(call, 200, await volumes.list(call.query.filters(), call.options));
    }],
    ['GET', '/volumes/:name', async (call) => {
      sendJson(call, 200, await volumes.inspect(param(call, 'name'), call.options));
    }],
    ['POST', '/volumes/create', async (call) => {
      sendJson(call, 201, await volumes.create(await readBody<VolumeCreateRequest>(call, VOLUME_CREATE, 'volume.CreateOptions'), call.options));
    }],
    ['PUT', '/volumes/:name', () =>
      Promise.reject(new EngineError('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable'))],
    ['DELETE', '/volumes/:name', async (call) => {
      await volumes.remove(param(call, 'name'), { force: call.query.bool('force') }, call.options);
      sendEmpty(call, 204);
    }],
    ['POST', '/volumes/prune', async (call) => {
      const { VolumesDeleted, SpaceReclaimed } = await volumes.prune(call.query.filters(), call.options);
      sendJson(call, 200, { VolumesDeleted: VolumesDeleted ?? null, SpaceReclaimed });
    }],
  ];
}
