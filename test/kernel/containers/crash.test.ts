import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultResolverEntry, RESOLVER_BUNDLE } from '../../../src/runtime/networks/resolver-entry.ts';
import { signalPid } from '../../support/signal.ts';
import { execIn, IMAGE, type Lab, logsOf, openLab, until } from './support.ts';

let lab: Lab;
let work: string;
let program: string;
beforeAll(async () => {
  lab = await openLab();
  // Next to the sources, so that koffi is found.
  work = mkdtempSync(join(import.meta.dirname, '../../../node_modules/.crash-'));
  program = join(work, 'engine.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'crash-engine.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm',
    packages: 'external', logLevel: 'error',
  });
  const resolver = defaultResolverEntry(); // made from the sources
  copyFileSync(resolver, join(work, RESOLVER_BUNDLE));
});
afterAll(async () => {
  await lab?.close();
  rmSync(work, { recursive: true, force: true });
});

async function engine(): Promise<ChildProcess> {
  await lab.runtime.close();
  const child = spawn(process.execPath, [program, lab.layout.root, lab.layout.run, IMAGE], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the engine did not start')));
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('kill -9 of the engine', () => {
  it('at any moment leaves containers that can be used and removed, and nothing else', async () => {
    for (let round = 0; round < 12; round++) {
      const child = await engine();
      await new Promise((resolve) => setTimeout(resolve, 20 + ((round * 53) % 240)));
      await kill(child);
      await lab.reopen();
      for (const { Id, State } of await lab.runtime.containers.list({ all: true })) {
        const { State: state } = await lab.runtime.containers.inspect(Id);
        expect(state.Status).toBe(State);
        expect(['created', 'running', 'exited']).toContain(State);
        if (State === 'running') expect(await execIn(lab, Id, ['echo', 'here'])).toMatchObject({ stdout: 'here\n', exitCode: 0 });
        else await lab.runtime.containers.start(Id);
        expect((await lab.runtime.containers.inspect(Id)).State.Running).toBe(true);
        await until('log', async () => ((await logsOf(lab, Id)).stdout.includes('begun') ? true : undefined));
        await lab.runtime.containers.remove(Id, { force: true, v: true });
      }
      expectEmpty();
    }
  });

  it('while a container floods its log loses no line and no exit code', async () => {
    // Half of the lines with an engine that is killed, the other half without any.
    const script = 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; [ $i = 15000 ] && while [ ! -e /go ]; do usleep 5000; done; done; exit 42';
    const id = await lab.run(['sh', '-c', script], {
      HostConfig: { LogConfig: { Config: { 'max-size': '64k', 'max-file': '50' } } },
    });
    const { Pid } = (await lab.runtime.containers.inspect(id)).State;
    const child = await engine();
    await until('much output', () => (readFileSync(lab.layout.containerLog(id)).length > 20_000 ? true : undefined));
    await kill(child);
    writeFileSync(`/proc/${Pid}/root/go`, '');
    await until('the end', () => (existsSync(lab.layout.exitFile(id)) ? true : undefined));
    const events: string[] = [];
    await lab.reopen();
    for await (const event of await lab.runtime.system.events({ since: 1, until: Date.now() / 1000 + 0.05, filters: { container: [id] } })) events.push(event.Action);
    expect(events).toEqual(['die']);
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 42 });
    expect((await logsOf(lab, id)).stdout).toBe(Array.from({ length: 30000 }, (_, i) => `${i + 1}\n`).join(''));
    for (const { Id } of await lab.runtime.containers.list({ all: true })) await lab.runtime.containers.remove(Id, { force: true, v: true });
    expectEmpty();
  });

  it('and of conmon is noticed: the exit code is unknown', async () => {
    const id = await lab.run(['sleep', '1000']);
    const { Pid } = (await lab.runtime.containers.inspect(id)).State;
    signalPid(conmonOf(id));
    expect((await lab.runtime.containers.inspect(id)).State.Running).toBe(true);
    signalPid(Pid);
    await until('noticed', async () => ((await lab.runtime.containers.inspect(id)).State.Running ? undefined : true));
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 255 });
    await lab.runtime.containers.remove(id);
  });

  it('and the last word of a slow conmon is waited for, not guessed', async () => {
    const id = await lab.run(['sleep', '1000']);
    const { Pid } = (await lab.runtime.containers.inspect(id)).State;
    const conmon = conmonOf(id);
    await lab.runtime.close();
    signalPid(conmon, 'SIGSTOP');
    signalPid(Pid);
    setTimeout(() => signalPid(conmon, 'SIGCONT'), 300);
    await lab.reopen();
    expect((await lab.runtime.containers.inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
    await lab.runtime.containers.remove(id);
    expectEmpty();
  });

  it('before a process was written down leaves nothing of it, although its conmon is slow', async () => {
    const id = await lab.run(['sleep', '1000']);
    const conmon = conmonOf(id);
    await lab.runtime.close();
    rmSync(lab.layout.containerState(id)); // as if it had died before; without a state there is no container
    signalPid(conmon, 'SIGSTOP');
    setTimeout(() => signalPid(conmon, 'SIGCONT'), 300);
    await lab.reopen();
    expectEmpty();
  });

  it('a second engine on the same root is refused', async () => {
    await expect(openSecond().then(() => 'opened')).rejects.toMatchObject({ kind: 'conflict' });
  });
});

const conmonOf = (id: string): number => Number(readFileSync(join(lab.layout.bundle(id), 'conmon.pid'), 'utf8'));

async function openSecond(): Promise<unknown> {
  const { openRuntime } = await import('../../../src/runtime/index.ts');
  return openRuntime({ layout: lab.layout, logger: { debug() {}, info() {}, warn() {}, error() {} } });
}

/** No record, mount, namespace, bundle or volume of a container. */
function expectEmpty(): void {
  const { layout } = lab;
  for (const directory of [layout.containers, layout.bundles, layout.ociState, layout.exits, layout.execs, layout.netnsDir]) {
    expect({ directory, names: readdirSync(directory) }).toEqual({ directory, names: [] });
  }
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => !line.includes(` ${layout.volatile} `) && (line.includes(layout.root) || line.includes(layout.run)));
  expect(mounts).toEqual([]);
  expect(readdirSync(layout.volumes)).toEqual([]);
  expect(readdirSync(layout.rw('')).filter((name) => !name.startsWith('.'))).toEqual([]);
}
