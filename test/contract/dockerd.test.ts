/** The contract on a real dockerd: proves the suite, and the client. Then through our own server: proves the server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveEngine } from '../../src/engine/index.ts';
import { HttpEngine } from '../../src/engine-api/index.ts';
import { noDockerd, startDockerd } from '../support/dockerd.ts';
import { type EngineUnderTest, engineContract } from './suite/index.ts';

async function openDockerd(): Promise<EngineUnderTest> {
  const dockerd = await startDockerd();
  const engine = new HttpEngine({ endpoint: { kind: 'unix', path: dockerd.socket, source: '--host' } });
  return {
    engine,
    close: async () => {
      await engine.close();
      await dockerd.stop();
    },
  };
}

/** client → our server → client → dockerd */
async function openServed(): Promise<EngineUnderTest> {
  const behind = await openDockerd();
  const directory = mkdtempSync(join(tmpdir(), 'tsc-served-'));
  const path = join(directory, 's.sock');
  const server = await serveEngine(behind.engine, { socketPath: path });
  const engine = new HttpEngine({ endpoint: { kind: 'unix', path, source: '--host' } });
  return {
    engine,
    close: async () => {
      await engine.close();
      await server.close(0);
      await behind.close();
      rmSync(directory, { recursive: true });
    },
  };
}

engineContract('dockerd', noDockerd(), openDockerd);
engineContract('dockerd behind our server', noDockerd(), openServed);
