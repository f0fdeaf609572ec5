/** Sends the same raw requests to a dockerd and to our server in front of it: statuses, headers and messages must agree. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineServer, MAX_API_VERSION, serveEngine } from '../../../src/engine/index.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';
import { type Dockerd, noDockerd, startDockerd } from '../../support/dockerd.ts';
import { title } from '../../support/host.ts';
import { type RawAnswer, type RawRequest, rawRequests, send } from './raw-requests.ts';

const reason = noDockerd() ?? tooOld();
const container = `tscraw${process.pid}`;
let dockerd: Dockerd;
let dockerdVersion: string;
let engine: HttpEngine;
let server: EngineServer;
let directory: string;
let socket: string;

const docker = (...args: string[]) => spawnSync('docker', ['-H', `unix://${dockerd.socket}`, ...args], { encoding: 'utf8' });

beforeAll(async () => {
  if (reason) return;
  dockerd = await startDockerd();
  directory = mkdtempSync(join(tmpdir(), 'tsc-raw-'));
  socket = join(directory, 'p.sock');
  engine = new HttpEngine({ endpoint: { kind: 'unix', path: dockerd.socket, source: '--host' } });
  dockerdVersion = (await engine.system.ping()).apiVersion;
  server = await serveEngine(engine, { socketPath: socket });
  docker('run', '-d', '--name', container, 'busybox:latest', 'sh', '-c', 'echo hi; exec sleep 10000');
});

afterAll(async () => {
  if (reason) return;
  docker('rm', '-f', container);
  await server.close(0);
  await engine.close();
  await dockerd.stop();
  rmSync(directory, { recursive: true });
});

/** Before 25 dockerd worded many errors differently, and gave 500 for malformed bodies. */
function tooOld(): string | undefined {
  const socket = process.env['TSCOMPOSE_TEST_DOCKER_SOCK'];
  const version = socket
    ? spawnSync('docker', ['-H', `unix://${socket}`, 'version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' }).stdout
    : spawnSync('dockerd', ['--version'], { encoding: 'utf8' }).stdout.replace(/^\D*/, '');
  return Number.parseInt(version, 10) >= 25 ? undefined : `needs dockerd 25 or newer, not ${version.trim()}`;
}

const ask = (to: string, raw: RawRequest): Promise<RawAnswer> =>
  send(to, { ...raw, path: raw.path.replaceAll('@', container), ...(raw.body && { body: raw.body.replaceAll('@', container) }) });

/** What may differ between two engines: versions, and the wording of Go's type errors. */
function comparable(answer: RawAnswer): RawAnswer {
  const body = answer.body
    .replaceAll(MAX_API_VERSION, '<version>')
    .replaceAll(dockerdVersion, '<version>')
    .replace(/cannot unmarshal (\w+) into .*/s, 'cannot unmarshal $1');
  return { ...answer, headers: { ...answer.headers, ...(answer.headers['api-version'] && { 'api-version': '<version>' }) }, body };
}

describe.skipIf(reason)(title('raw requests get the answers of dockerd', reason), () => {
  it.each(rawRequests.map((raw) => [`${raw.method ?? 'GET'} ${raw.path} ${raw.body ?? ''}`.trim(), raw] as const))('%s', async (_name, raw) => {
    const [direct, served] = [comparable(await ask(dockerd.socket, raw)), comparable(await ask(socket, raw))];
    expect(served).toEqual(direct);
  });
});
