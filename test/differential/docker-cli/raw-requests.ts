/** Requests that no well-meaning client sends, and those whose exact answer clients depend on. */
import { request } from 'node:http';

export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface RawAnswer {
  status: number;
  /** Lower-case names to values; only those that clients look at. */
  headers: Record<string, string>;
  body: string;
}

const SEEN_HEADERS = ['content-type', 'api-version', 'ostype', 'docker-experimental', 'swarm', 'cache-control', 'pragma'];

/** Sends a request as it is, over a connection of its own. */
export function send(socketPath: string, { method = 'GET', path, headers = {}, body = '' }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers: { ...(body && { 'Content-Length': String(body.length) }), ...headers }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        const seen = SEEN_HEADERS.filter((name) => response.headers[name] !== undefined).map((name) => [name, String(response.headers[name])]);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(seen) as Record<string, string>, body: text });
      });
      response.on('error', reject);
    });
    call.setTimeout(15_000, () => call.destroy(new Error(`${method} ${path}: no answer`)));
    call.on('error', reject);
    call.end(body);
  });
}

const json = { 'Content-Type': 'application/json' };

/** Its name in the recorded answers. */
export function nameOf({ method = 'GET', path, headers = {}, body = '' }: RawRequest): string {
  return `${method} ${path} ${body}${headers['Upgrade'] ? ` (Upgrade: ${headers['Upgrade']})` : ''}`.trim();
}

/** Sends a request with a container's name in place of `@`, and blanks out names, ids, versions and the wording of Go's type errors. */
export async function ask(socket: string, raw: RawRequest, container: string, version: string): Promise<RawAnswer> {
  const answer = await send(socket, { ...raw, path: raw.path.replaceAll('@', container), ...(raw.body && { body: raw.body.replaceAll('@', container) }) });
  const body = answer.body
    .replaceAll(container, '@')
    .replaceAll(version, '<version>')
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/cannot unmarshal (\w+) into .*/s, 'cannot unmarshal $1');
  const headers = { ...answer.headers, ...(answer.headers['api-version'] && { 'api-version': '<version>' }) };
  return { ...answer, headers, body };
}

/** `@` stands for a running container. */
export const rawRequests: readonly RawRequest[] = [
  { path: '/_ping' },
  { path: '/v1.24/_ping' },
  { method: 'HEAD', path: '/_ping' },
  { path: '/nope' },
  { path: '/v1.30/nope' },
  { method: 'PUT', path: '/containers/json' },
  { method: 'OPTIONS', path: '/anything/at/all' },
  { path: '/v9.99/containers/json' },
  { path: '/v1.2/info' },
  { path: '/containers/json?limit=x' },
  { path: '/containers/json?limit=&filters=%7B%22label%22%3A%5B%22none%3Dnone%22%5D%7D' },
  { path: '/containers/json?filters=x' },
  { path: '/containers/json?filters=%7B%22label%22%3A5%7D' },
  { path: '/containers/json?filters=%7B%22label%22%3A%5B%22none%3Dnone%22%5D%7D' },
  { path: '/containers/json?filters=%7B%22label%22%3A%7B%22none%3Dnone%22%3Atrue%7D%7D' },
  { path: '/containers/nope/json' },
  { method: 'POST', path: '/containers/create' },
  { method: 'POST', path: '/containers/create', headers: { 'Content-Type': 'text/plain' }, body: 'x' },
  { method: 'POST', path: '/containers/create', headers: json, body: '{"Image":5}' },
  { method: 'POST', path: '/containers/create', headers: json, body: '{"HostConfig":{"Memory":"x"}}' },
  { method: 'POST', path: '/containers/create', headers: json, body: '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}' },
  { method: 'POST', path: '/containers/create', headers: json, body: '{"Env":"A=b"}' },
  { method: 'POST', path: '/containers/create', headers: json, body: '{"Image":"no-such-image","Cmd":"true"}' },
  { method: 'POST', path: '/containers/create?name=a%20b', headers: json, body: '{"Image":"busybox","Cmd":["true"]}' },
  { method: 'POST', path: '/containers/create', headers: { ...json, Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'x' }, body: '{"Image":"no-such-image"}' },
  { path: '/containers/@/logs' },
  { path: '/containers/@/logs?stdout=1&since=x' },
  { path: '/containers/@/logs?stdout=1&tail=x' },
  { path: '/containers/@/logs?stdout=true&stderr=0&tail=all' },
  { path: '/v1.40/containers/@/logs?stdout=1' },
  { path: '/events?since=x' },
  { path: '/events?since=20&until=10' },
  { path: '/events?since=1&until=2' },
  { method: 'POST', path: '/containers/@/wait?condition=x' },
  { method: 'POST', path: '/containers/@/start' },
  { method: 'POST', path: '/containers/@/stop?t=x' },
  { method: 'POST', path: '/containers/@/restart?t=1.5' },
  { method: 'POST', path: '/containers/@/kill?signal=x' },
  { method: 'POST', path: '/containers/@/resize?h=x&w=1' },
  { method: 'POST', path: '/containers/@/resize' },
  { method: 'POST', path: '/containers/@/rename' },
  { method: 'POST', path: '/containers/@/exec', body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
  { method: 'POST', path: '/containers/@/exec', body: '{}', headers: json },
  { method: 'POST', path: '/containers/@/update', headers: json, body: '{}' },
  { path: '/containers/@/stats?stream=1&one-shot=1' },
  { path: '/containers/@/archive?path=/nope' },
  { method: 'HEAD', path: '/containers/@/archive?path=/nope' },
  { method: 'PUT', path: '/containers/@/archive?path=/nope', body: 'x' },
  { method: 'DELETE', path: '/containers/@' },
  { method: 'DELETE', path: '/containers/nope?force=1' },
  { method: 'POST', path: '/exec/nope/start', headers: json, body: '{}' },
  { method: 'POST', path: '/exec/nope/start', headers: { ...json, Connection: 'Upgrade', Upgrade: 'tcp' }, body: '{"Detach":false}' },
  { method: 'POST', path: '/exec/nope/resize?h=a' },
  { path: '/exec/nope/json' },
  { path: '/images/busybox:latest/nope' },
  { path: '/images/no/such/image:tag/json' },
  { method: 'DELETE', path: '/images/%20' },
  { method: 'POST', path: '/images/prune?filters=%5B%5D' },
  { path: '/networks/bridge?verbose=x' },
  { method: 'DELETE', path: '/networks/bridge' },
  { method: 'POST', path: '/networks/create', headers: json, body: '{"Name":5}' },
  { method: 'POST', path: '/networks/nope/connect', headers: json, body: '{"Container":"@"}' },
  { path: '/volumes/nope' },
  { method: 'POST', path: '/volumes/create', headers: json, body: '[]' },
  { method: 'PUT', path: '/volumes/x', headers: json, body: '{}' },
  { path: '/system/df?type=x' },
  { method: 'POST', path: '/commit' },
  { method: 'POST', path: '/build/cancel' },
  ...['swarm', 'services', 'nodes', 'tasks', 'secrets', 'configs', 'plugins', 'swarm/unlockkey', 'plugins/x/json', 'containers/@/checkpoints'].map((path) => ({ path: `/${path}` })),
  { method: 'POST', path: '/swarm/leave' },
];
