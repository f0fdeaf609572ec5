/** Bringing up the built engine from many clients, through crashes and refusals. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTextIfExists } from '../../src/base/index.ts';
import { ensureEngine, type EngineStart } from '../../src/engine/autostart.ts';
import { connectEngine, type HttpEngine } from '../../src/engine-api/index.ts';
import { noContainers, title } from '../support/host.ts';
import { signalPid } from '../support/signal.ts';
import { eventually, REPOSITORY } from '../support/workspace.ts';

const reason = noContainers();
let base: string;
let env: Record<string, string | undefined>;
let clients: HttpEngine[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsc-start-'));
  env = { ...process.env, TSCOMPOSE_ROOT: join(base, 'root'), TSCOMPOSE_RUN: join(base, 'run'), TSCOMPOSE_IDLE_SECONDS: '0' };
  clients = [];
});

afterEach(async () => {
  for (const client of clients) await client.close();
  await eventually('the end of all engines', () => {
    const left = processes(); // also those that came too late and are about to find the root free
    for (const pid of left) signalPid(pid, 'SIGTERM');
    return left.length === 0;
  });
  rmSync(base, { recursive: true, force: true });
});

const command: EngineStart['command'] = [process.execPath, join(REPOSITORY, 'dist/engine.mjs')];

/** Pids of engine processes of this test, ready or not. */
function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes('engine.mjs') && command.includes(base);
      } catch {
        return false; // it has just ended
      }
    })
    .map(Number);
}

/** Those that are ready. */
function living(): number[] {
  const lines = (readTextIfExists(join(base, 'root/engine.log')) ?? '').split('\n').filter((line) => line.includes('"engine ready"'));
  const ready = lines.map((line) => (JSON.parse(line) as { pid: number }).pid);
  return processes().filter((pid) => ready.includes(pid));
}

function client(): HttpEngine {
  const engine = connectEngine({ host: undefined, env: { ...env, HOME: base }, wake: () => ensureEngine({ command, env }) });
  clients.push(engine);
  return engine;
}

describe.skipIf(reason)(title('our engine comes up when somebody needs it', reason), () => {
  it('once, for many clients at the same moment', async () => {
    const pings = await Promise.all(Array.from({ length: 6 }, () => client().system.ping()));
    expect(pings.every(({ apiVersion }) => apiVersion === '1.47')).toBe(true);
    expect(living()).toHaveLength(1);
  });

  it('again, after kill -9, with the same state', async () => {
    const first = client();
    await first.networks.create({ Name: 'kept' });
    const [pid] = living();
    signalPid(pid);
    await eventually('its end', () => living().length === 0);
    expect((await client().networks.inspect('kept')).Name).toBe('kept');
    expect((await first.networks.list()).map(({ Name }) => Name)).toContain('kept'); // also over a connection that died
    await first.networks.remove('kept');
  });

  it('while another one is just leaving', async () => {
    await client().system.ping();
    const [pid] = living();
    signalPid(pid, 'SIGTERM');
    expect((await client().system.ping()).apiVersion).toBe('1.47');
  });

  it('in a session of its own, so that a Ctrl-C of the client does not reach it', async () => {
    await client().system.ping();
    const stat = readFileSync(`/proc/${living()[0] ?? 0}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    expect(Number(stat[3])).toBe(living()[0]); // session
  });

  it('or says why it cannot', async () => {
    mkdirSync(join(base, 'root'));
    writeFileSync(join(base, 'root/layout'), '{"version":99}');
    await expect(client().system.ping()).rejects.toThrow(/could not be started: .* written by another version of tscompose \(layout 99/);
    await expect(ensureEngine({ command: [process.execPath, '/no/such/engine.mjs'], env })).rejects.toThrow(/could not be started: [^]*Cannot find module/);
    await expect(ensureEngine({ command: ['/no/such/node'], env })).rejects.toThrow(/could not be started: .*ENOENT/);
    await expect(ensureEngine({ command, env: { ...env, TSCOMPOSE_ROOT: '/proc/nope' } })).rejects.toThrow(/could not be started: cannot write \/proc\/nope/);
  });

  it('and leaves when nobody needs it', async () => {
    env['TSCOMPOSE_IDLE_SECONDS'] = '0.3';
    await client().system.ping();
    await clients[0]?.close();
    await eventually('its end', () => living().length === 0);
    expect(readFileSync(join(base, 'root/engine.log'), 'utf8')).toContain('"reason":"idle"');
  });

  it('only with options that it knows', async () => {
    const child = spawn(command[0], [command[1] ?? '', '--root', 'relative'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, text]).toEqual([1, '--root needs an absolute path\n']);
  });
});
