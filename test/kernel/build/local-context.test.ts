/** What the build routes do by who calls: through a real socket, as different users, and as buildx. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveEngine, type EngineServer } from '../../../src/engine/index.ts';
import { openBuildLab, type BuildLab } from './support.ts';

const CLIENT = `
const [socketPath, path] = process.argv.slice(1);
require('node:http').request({ socketPath, path, method: 'POST' }, (answer) => {
  let text = '';
  answer.on('data', (chunk) => (text += chunk)).on('end', () => console.log(JSON.stringify({ status: answer.statusCode, text })));
}).end();`;

describe('a context in place', () => {
  let lab: BuildLab;
  let server: EngineServer;
  let directory = '';
  beforeAll(async () => {
    lab = await openBuildLab();
    directory = mkdtempSync(join(tmpdir(), 'tsc-peer-'));
    chmodSync(directory, 0o755);
    mkdirSync(join(directory, 'context'), { mode: 0o700 });
    writeFileSync(join(directory, 'context/Dockerfile'), 'FROM scratch\nCOPY secret /\n');
    writeFileSync(join(directory, 'context/secret'), 'for root alone', { mode: 0o600 });
    server = await serveEngine(lab.runtime, { socketPath: join(directory, 'engine.sock'), socketMode: 0o666 });
  });
  afterAll(async () => {
    await server.close(0);
    rmSync(directory, { recursive: true });
    await lab.close();
  });

  async function buildAs(uid: number): Promise<{ status: number; text: string }> {
    const { dev, ino } = statSync(join(directory, 'context'), { bigint: true });
    const extra = { localContexts: { '': { path: join(directory, 'context'), device: String(dev), inode: String(ino) } } };
    const child = spawn(process.execPath, ['-e', CLIENT, join(directory, 'engine.sock'), `/build?x-tscompose=${encodeURIComponent(JSON.stringify(extra))}`], { uid, gid: uid, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of child.stdout) output += String(chunk);
    return JSON.parse(output) as { status: number; text: string };
  }

  it('is read for the engine\'s own user', async () => {
    const { status, text } = await buildAs(0);
    expect([status, text]).toEqual([200, expect.stringContaining('Successfully built')]);
  });

  it('is not read for another user, whatever the socket allows', async () => {
    const { status, text } = await buildAs(65534);
    expect([status, text]).toEqual([409, expect.stringContaining('for its own user only')]);
  });

  it('leaves no doubt to a client that wants BuildKit', async () => {
    const socketPath = join(directory, 'engine.sock');
    const socket = await new Promise<Duplex>((resolve, reject) => {
      const call = request({ socketPath, path: '/v1.44/grpc', method: 'POST', headers: { Connection: 'Upgrade', Upgrade: 'h2c' } });
      call.on('upgrade', (_answer, upgraded, head) => {
        if (head.length > 0) upgraded.unshift(head); // the server's first frame may come with the answer
        resolve(upgraded);
      }).on('error', reject).end();
    });
    const session = connect('http://engine', { createConnection: () => socket });
    const headers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
      session.request({ ':method': 'POST', ':path': '/moby.buildkit.v1.Control/ListWorkers', 'content-type': 'application/grpc' }).on('response', resolve).on('error', reject).end();
    });
    session.destroy();
    expect(headers['grpc-status']).toBe('12');
    expect(decodeURIComponent(String(headers['grpc-message']))).toBe('BuildKit is not supported by this engine: build with DOCKER_BUILDKIT=0');
  });
});
