import { EngineError } from '../../base/index.ts';
import { param, type Route } from '../call.ts';
import { sendJson } from '../respond.ts';

/** What we do not have, in the words that clients know from a dockerd without it. */
export function refusedRoutes(): readonly Route[] {
  return [
    ...SWARM_READS.map((pattern): Route => ['GET', pattern, () => Promise.reject(notManager())]),
    ...SWARM_WRITES.map((pattern): Route => ['POST', pattern, () => Promise.reject(notManager())]),
    ...SWARM_DELETES.map((pattern): Route => ['DELETE', pattern, () => Promise.reject(notManager())]),
    ['POST', '/swarm/init', () => Promise.reject(new EngineError('notImplemented', 'swarm mode is not supported by this engine'))],
    ['POST', '/swarm/join', () => Promise.reject(new EngineError('notImplemented', 'swarm mode is not supported by this engine'))],
    ['POST', '/swarm/leave', () => Promise.reject(new EngineError('unavailable', 'This node is not part of a swarm'))],
    ['GET', '/plugins', async (call) => sendJson(call, 200, [])],
    ['GET', '/plugins/:name*/json', (call) => Promise.reject(new EngineError('notFound', `plugin "${param(call, 'name')}" not found`))],
    ...['GET', 'POST', 'DELETE'].map((method): Route => [method, '/plugins/:any*', () => Promise.reject(noPlugins())]),
    ['GET', '/containers/:id/checkpoints', () => Promise.reject(noCheckpoints())],
    ['POST', '/containers/:id/checkpoints', () => Promise.reject(noCheckpoints())],
    ['DELETE', '/containers/:id/checkpoints/:checkpoint', () => Promise.reject(noCheckpoints())],
    ['GET', '/containers/:id/attach/ws', () => Promise.reject(new EngineError('notImplemented', 'attaching over a websocket is not supported; use POST attach'))],
  ];
}

const KINDS = ['services', 'nodes', 'tasks', 'secrets', 'configs'] as const;
const SWARM_READS = ['/swarm', '/swarm/unlockkey', ...KINDS.flatMap((kind) => [`/${kind}`, `/${kind}/:id`]), '/services/:id/logs', '/tasks/:id/logs'];
const SWARM_WRITES = ['/swarm/update', '/swarm/unlock', ...KINDS.flatMap((kind) => [`/${kind}/create`, `/${kind}/:id/update`])];
const SWARM_DELETES = KINDS.map((kind) => `/${kind}/:id`);

function notManager(): EngineError {
  return new EngineError(
    'unavailable',
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}

function noPlugins(): EngineError {
  return new EngineError('notImplemented', 'plugins are not supported by this engine');
}

function noCheckpoints(): EngineError {
  return new EngineError(
    'notImplemented',
    'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.',
  );
}
