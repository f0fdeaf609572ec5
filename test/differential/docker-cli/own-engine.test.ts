/** A plain docker CLI on our own engine does and prints what it does on dockerd; where not, there is a reason in a list. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpEngine } from '../../../src/engine-api/index.ts';
import { type Dockerd, noDockerd, startDockerd } from '../../support/dockerd.ts';
import { lacks, noContainers, title } from '../../support/host.ts';
import { type OwnEngine, startOwnEngine } from '../../support/own-engine.ts';
import { allow } from './allowed-differences.ts';
import { scenarios } from './scenarios.ts';
import { play } from './transcript.ts';

const reason = noContainers() ?? noDockerd() ?? lacks('docker', 'script');
let dockerd: Dockerd;
let own: OwnEngine;
let directory: string;
let apiVersion: string;

beforeAll(async () => {
  if (reason) return;
  dockerd = await startDockerd();
  own = await startOwnEngine();
  directory = mkdtempSync(join(tmpdir(), 'tsc-cli-'));
  const theirs = new HttpEngine({ endpoint: { kind: 'unix', path: dockerd.socket, source: '--host' } });
  apiVersion = (await theirs.system.ping()).apiVersion;
  await play({ title: 'the image', steps: [{ args: ['save', '-o', 'busybox.tar', 'busybox:latest'] }] }, { socket: dockerd.socket, cwd: directory });
  await play({ title: 'the same image', steps: [{ args: ['load', '-i', 'busybox.tar'] }] }, { socket: own.socket, cwd: directory });
  await theirs.close();
});

afterAll(async () => {
  if (reason) return;
  await own.stop();
  await dockerd.stop();
  rmSync(directory, { recursive: true });
});

describe.skipIf(reason)(title('the docker CLI on our engine behaves as on dockerd', reason), () => {
  it.each(scenarios)('$title', async (scenario) => {
    const theirs = await play(scenario, { socket: dockerd.socket, cwd: directory, apiVersion });
    const ours = await play(scenario, { socket: own.socket, cwd: directory, apiVersion });
    expect(ours.map(allow)).toEqual(theirs.map(allow));
  });
});
