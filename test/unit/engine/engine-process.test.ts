/** The life of an engine process, in this process: the runtime is a client of nothing, so that only the life is looked at. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, EngineError } from '../../../src/base/index.ts';
import { createFileLogger } from '../../../src/engine/engine-log.ts';
import { type EngineProcess, type EngineProcessOptions, type ServedRuntime, startEngineProcess } from '../../../src/engine/engine-process.ts';
import { isListening } from '../../../src/engine/socket-file.ts';
import { HttpEngine } from '../../../src/engine-api/index.ts';
import { eventually } from '../../support/workspace.ts';

let directory: string;
let socket: string;
let log: string[];
let isBusy: boolean;
let closed: number;
let engines: EngineProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsc-process-'));
  socket = join(directory, 'run/engine.sock');
  mkdirSync(join(directory, 'run'));
  log = [];
  isBusy = false;
  closed = 0;
  engines = [];
});

afterEach(async () => {
  for (const engine of engines) await engine.stop('test');
  rmSync(directory, { recursive: true });
});

function runtime(): ServedRuntime {
  const nothing = new HttpEngine({ endpoint: { kind: 'unix', path: join(directory, 'nothing'), source: '--host' } });
  const { system, containers, exec, images, networks, volumes } = nothing;
  return { system, containers, exec, images, networks, volumes, isBusy: () => isBusy, close: async () => void closed++ };
}

async function start(options: Partial<EngineProcessOptions> = {}): Promise<EngineProcess> {
  const engine = await startEngineProcess({
    root: directory,
    socket,
    infoFile: join(directory, 'run/engine.json'),
    version: '1.2.3',
    logger: createLogger((line) => log.push(line)),
    idleMs: 0,
    openRuntime: async () => runtime(),
    ...options,
  });
  engines.push(engine);
  return engine;
}

describe('an engine process', () => {
  it('listens, says who it is, and takes everything back when it leaves', async () => {
    const engine = await start();
    expect(await isListening(socket)).toBe(true);
    expect(JSON.parse(readFileSync(join(directory, 'run/engine.json'), 'utf8'))).toMatchObject({ pid: process.pid, version: '1.2.3', root: directory });
    await engine.stop('test');
    await engine.ended;
    expect([existsSync(socket), existsSync(join(directory, 'run/engine.json')), closed]).toEqual([false, false, 1]);
  });

  it('takes the place of a dead one', async () => {
    // a socket file that nobody listens at, as kill -9 leaves it: a server whose path was linked elsewhere before it closed
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(`${socket}.old`, resolve));
    const { linkSync } = await import('node:fs');
    linkSync(`${socket}.old`, socket);
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(socket) && !(await isListening(socket))).toBe(true);
    await start();
    expect(await isListening(socket)).toBe(true);
  });

  it('leaves a living one alone, and closes what it had opened', async () => {
    await start();
    await expect(start()).rejects.toThrow(`another engine listens at ${socket}`);
    expect(await isListening(socket)).toBe(true);
    expect(closed).toBe(1);
  });

  it('does not remove what is no socket', async () => {
    writeFileSync(socket, 'precious');
    await expect(start()).rejects.toThrow('is no socket');
    expect(readFileSync(socket, 'utf8')).toBe('precious');
  });

  it('passes on why the runtime could not be opened', async () => {
    await expect(start({ openRuntime: () => Promise.reject(new EngineError('unavailable', 'conmon was not found')) })).rejects.toThrow('conmon was not found');
    expect(existsSync(socket)).toBe(false);
  });

  it('leaves when nobody needs it, not before', async () => {
    isBusy = true;
    const engine = await start({ idleMs: 150 });
    const client = new HttpEngine({ endpoint: { kind: 'unix', path: socket, source: '--host' } });
    await client.system.ping(); // leaves a connection open
    isBusy = false;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await isListening(socket)).toBe(true);
    await client.close();
    await engine.ended;
    expect(log.at(-1)).toContain('"reason":"idle"');
  });

  it('serves whoever came at the last moment', async () => {
    const engine = await start();
    const client = new HttpEngine({ endpoint: { kind: 'unix', path: socket, source: '--host' } });
    const ping = client.system.ping();
    const stopped = engine.stop('test');
    expect((await ping).apiVersion).toBe('1.47');
    await client.close();
    await stopped;
  });
});

describe('the log file', () => {
  it('moves to .1 when it is full', async () => {
    const path = join(directory, 'root/engine.log');
    const logger = createFileLogger(path, 'info', 1000);
    for (let i = 0; i < 30; i++) logger.info('x'.repeat(60), { i });
    await eventually('a second file', () => existsSync(`${path}.1`));
    const lines = [`${path}.1`, path].flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'));
    expect(lines.length).toBeGreaterThan(5);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 'info', i: 29 });
  });
});
