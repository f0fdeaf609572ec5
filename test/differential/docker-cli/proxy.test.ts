/**
 * Proves client and server by making them invisible: `serveEngine` in front of `HttpEngine` in front of a real dockerd must look,
 * to a plain docker CLI, exactly like that dockerd.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineServer, serveEngine } from '../../../src/engine/index.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';
import { type Dockerd, noDockerd, startDockerd } from '../../support/dockerd.ts';
import { lacks, title } from '../../support/host.ts';
import { scenarios } from './scenarios.ts';
import { play } from './transcript.ts';

const reason = noDockerd() ?? lacks('docker', 'script');
let dockerd: Dockerd;
let engine: HttpEngine;
let server: EngineServer;
let directory: string;

beforeAll(async () => {
  if (reason) return;
  dockerd = await startDockerd();
  directory = mkdtempSync(join(tmpdir(), 'tsc-proxy-'));
  engine = new HttpEngine({ endpoint: { kind: 'unix', path: dockerd.socket, source: '--host' } });
  server = await serveEngine(engine, { socketPath: join(directory, 'p.sock') });
});

afterAll(async () => {
  if (reason) return;
  await server.close(0);
  await engine.close();
  await dockerd.stop();
  rmSync(directory, { recursive: true });
});

describe.skipIf(reason)(title('the docker CLI sees no difference between dockerd and our server and client in front of it', reason), () => {
  it.each(scenarios)('$title', async (scenario) => {
    const apiVersion = await commonVersion();
    const direct = await play(scenario, { socket: dockerd.socket, cwd: directory, apiVersion });
    expect(direct.map(({ code }) => code)).toContain(0); // two engines that both fail are equal, too
    const served = await play(scenario, { socket: join(directory, 'p.sock'), cwd: directory, apiVersion });
    expect(served).toEqual(direct);
  });
});

/** Both sides must speak the same version, or the CLI itself behaves differently. */
async function commonVersion(): Promise<string> {
  const { apiVersion } = await engine.system.ping();
  return Number(apiVersion.split('.')[1]) > 47 ? '1.47' : apiVersion;
}
