import { EngineError } from '../../base/index.ts';
import type { Engine, RegistryAuth } from '../../engine-api/index.ts';
import { REGISTRY_AUTH } from '../bodies.ts';
import { type ApiCall, readBody, type Route } from '../call.ts';
import { sendJson, sendLines } from '../respond.ts';
import { MAX_API_VERSION, MIN_API_VERSION } from '../version.ts';

export function systemRoutes({ system }: Engine): readonly Route[] {
  return [
    ['GET', '/_ping', ping],
    ['HEAD', '/_ping', ping],
    ['GET', '/version', async (call) => {
      // the server decides what it speaks, whatever engine is behind it
      const version = await system.version(call.options);
      const components = version.Components.map((one) =>
        one.Name === 'Engine' ? { ...one, Details: { ...one.Details, ApiVersion: MAX_API_VERSION, MinAPIVersion: MIN_API_VERSION } } : one,
      );
      sendJson(call, 200, { ...version, Components: components, ApiVersion: MAX_API_VERSION, MinAPIVersion: MIN_API_VERSION });
    }],
    ['GET', '/info', async (call) => {
      sendJson(call, 200, await system.info(call.options));
    }],
    ['GET', '/events', async (call) => {
      const [since, until, filters] = [call.query.timestamp('since'), call.query.timestamp('until'), call.query.filters()];
      if (since !== undefined && until !== undefined && since > until) {
        throw new EngineError('invalid', `\`since\` time (${call.query.text('since')}) cannot be after \`until\` time (${call.query.text('until')})`);
      }
      const query = { ...(since !== undefined && { since }), ...(until !== undefined && { until }), ...(filters && { filters }) };
      await sendLines(call, await system.events(query, call.options));
    }],
    ['GET', '/system/df', async (call) => {
      const types = call.query.list('type');
      const unknown = types?.find((type) => !DF_TYPES.includes(type));
      if (unknown !== undefined) throw new EngineError('invalid', `unknown object type: ${unknown}`);
      sendJson(call, 200, await system.diskUsage(types ? { types } : {}, call.options));
    }],
    ['POST', '/auth', async (call) => {
      sendJson(call, 200, await system.auth(await readBody<RegistryAuth>(call, REGISTRY_AUTH, 'AuthConfig', { required: true }), call.options));
    }],
  ];
}

const DF_TYPES: readonly string[] = ['container', 'image', 'volume', 'build-cache'];

/** Negotiation: clients read only the headers, most of which every answer has. Builder-Version 1: the classic builder. */
async function ping(call: ApiCall): Promise<void> {
  call.response.writeHead(200, {
    'Builder-Version': '1',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Swarm: 'inactive',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': call.method === 'HEAD' ? 0 : 2,
  });
  call.response.end(call.method === 'HEAD' ? undefined : 'OK');
}
