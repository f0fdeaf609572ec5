import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError, UserError } from '../../../src/base/index.ts';
import { describeFailure } from '../../../src/cli/failure.ts';
import { MemoryOutput, OutputClosed, type Output } from '../../../src/cli/output.ts';
import { createStyle } from '../../../src/cli/render/style.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { Interrupted, ProcessInterrupts } from '../../../src/cli/signals.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tsc-cli-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function invoke(argv: readonly string[], options: { env?: Record<string, string>; stdin?: string; stdout?: Output } = {}) {
  const stdout = new MemoryOutput();
  const stderr = new MemoryOutput();
  const exitCode = await runCli(argv, {
    stdout: options.stdout ?? stdout,
    stderr,
    stdin: { isTerminal: false, readAll: async () => Buffer.from(options.stdin ?? ''), stream: () => process.stdin },
    cwd,
    env: options.env ?? {},
    interrupts: new ProcessInterrupts({ on() {}, off() {} }, () => {
      throw new Error('exit');
    }),
    home: cwd,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

describe('an invocation', () => {
  it('prints help on stdout and exits 0 without arguments', async () => {
    expect(await invoke([])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Usage: tscompose/), stderr: '' });
  });

  it('prints its version in three forms', async () => {
    expect((await invoke(['version'])).stdout).toBe('tscompose version dev\n');
    expect((await invoke(['version', '--short'])).stdout).toBe('dev\n');
    expect((await invoke(['version', '-f', 'json'])).stdout).toBe('{"version":"dev"}\n');
    expect((await invoke(['-v'])).stdout).toBe('tscompose version dev\n');
  });

  it('tells usage errors on stderr with a hint', async () => {
    expect(await invoke(['frobnicate'])).toEqual({ exitCode: 16, stdout: '', stderr: expect.stringMatching(/^error: unknown command: "frobnicate"\n {2}hint: /) });
  });

  it('exits 14 for a file that is missing and 15 for one that is wrong, with its place', async () => {
    expect(await invoke(['-f', 'nope.yaml', 'config'])).toMatchObject({ exitCode: 14, stdout: '' });
    expect((await invoke(['config'])).exitCode).toBe(14);
    writeFileSync(join(cwd, 'bad.yaml'), 'services:\n  web:\n    imagee: x\n');
    const bad = await invoke(['-f', 'bad.yaml', 'config']);
    expect(bad.exitCode).toBe(15);
    expect(bad.stderr).toMatch(/^bad\.yaml:3:5 error \S+ {2}.*\n {2}3 \| {5}imagee: x\n {4}\| {5}\^{6}\n {2}hint: did you mean "image"\?/);
  });

  it('reads a file from stdin', async () => {
    const { exitCode, stdout } = await invoke(['-f', '-', '-p', 'x', 'config', '--services'], { stdin: 'services: {b: {image: y}, a: {image: x}}' });
    expect([exitCode, stdout]).toEqual([0, 'a\nb\n']);
  });

  it('takes variables for flags that are not given, and refuses bad ones', async () => {
    expect(await invoke(['version'], { env: { COMPOSE_PROGRESS: 'loud' } })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('COMPOSE_PROGRESS') });
    expect(await invoke(['version'], { env: { COMPOSE_PARALLEL_LIMIT: '0' } })).toMatchObject({ exitCode: 1 });
    expect(await invoke(['--parallel', '-1', 'version'], { env: { COMPOSE_PARALLEL_LIMIT: '0' } })).toMatchObject({ exitCode: 0 });
  });

  it('colours stderr when asked to, and never for NO_COLOR on a terminal', async () => {
    expect((await invoke(['--ansi', 'always', '-f', 'nope.yaml', 'config'])).stderr).toContain('\x1b[31merror');
    expect((await invoke(['-f', 'nope.yaml', 'config'], { env: { NO_COLOR: '1' } })).stderr).not.toContain('\x1b');
  });

  it('ends quietly when its reader has left', async () => {
    const closed: Output = { write: () => { throw new OutputClosed(); }, isTerminal: false, width: () => undefined, flush: async () => {} };
    expect(await invoke(['version'], { stdout: closed })).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it('lists one aspect of a project', async () => {
    writeFileSync(join(cwd, 'ok.yaml'), 'name: ok\nservices:\n  web: {image: nginx, profiles: [front], volumes: ["data:/d"]}\n  api: {build: ., networks: [back]}\nvolumes: {data: {}}\nnetworks: {back: {}}\n');
    const list = async (...flags: string[]) => (await invoke(['-f', 'ok.yaml', '--profile', 'front', 'config', ...flags])).stdout.trim().split('\n');
    expect(await list('--services')).toEqual(['api', 'web']);
    expect(await list('--images')).toEqual(['ok-api', 'nginx']);
    expect(await list('--volumes')).toEqual(['data']);
    expect(await list('--profiles')).toEqual(['front']);
    expect(await list('--networks')).toEqual(['back', 'default']);
    expect((await list('--hash', 'web'))[0]).toMatch(/^web [0-9a-f]{64}$/);
    expect(await list('-q')).toEqual(['']);
    expect(await list('--services', 'web')).toEqual(['api', 'web']); // as docker compose: names do not narrow it
    expect(await list('--no-interpolate', '--images')).toEqual(['nginx', 'ok-api']);
    expect(await invoke(['-f', 'ok.yaml', 'config', 'nope'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no such service: nope') });
  });
});

describe('config', () => {
  it('lists the variables of a file as docker compose does', async () => {
    writeFileSync(join(cwd, 'vars.yaml'), 'name: v\nservices: {web: {image: "w:${TAG:-1}", labels: ["${A:+b}$$no"], command: "$TAG ${PW:?need}"}}\n');
    expect((await invoke(['-f', 'vars.yaml', 'config', '--variables'])).stdout).toBe(
      [
        'NAME                REQUIRED            DEFAULT VALUE       ALTERNATE VALUE',
        'A                   false                                   b',
        'PW                  true                                    ',
        'TAG                 false               1                   ',
        '',
      ].join('\n'),
    );
    const { stdout } = await invoke(['-f', 'vars.yaml', 'config', '--variables', '--format', 'json']);
    expect(JSON.parse(stdout).PW).toEqual({ Name: 'PW', DefaultValue: '', PresenceValue: '', Required: true });
  });

  it('hashes env files by their names, as docker compose does', async () => {
    writeFileSync(join(cwd, 'h.yaml'), 'name: h\nservices: {web: {image: x, env_file: h.env}}\n');
    const hash = async () => (await invoke(['-f', 'h.yaml', 'config', '--hash', '*'])).stdout;
    writeFileSync(join(cwd, 'h.env'), 'A=1\n');
    const first = await hash();
    writeFileSync(join(cwd, 'h.env'), 'A=2\n');
    expect(await hash()).toBe(first);
    expect(first).toMatch(/^web [0-9a-f]{64}\n$/);
  });

  it('lists without reading the env files of services', async () => {
    writeFileSync(join(cwd, 'l.yaml'), 'name: l\nservices: {web: {image: x, profiles: [p], env_file: nope.env}}\n');
    const list = async (flag: string) => await invoke(['-f', 'l.yaml', '--profile', 'p', 'config', flag]);
    expect(await list('--services')).toMatchObject({ exitCode: 0, stdout: 'web\n' });
    expect(await list('--images')).toMatchObject({ exitCode: 0, stdout: 'x\n' });
    expect(await list('--profiles')).toMatchObject({ exitCode: 0, stdout: 'p\n' });
    expect(await list('--volumes')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await list('--hash=')).toMatchObject({ exitCode: 14 }); // an empty list is none
  });

  it('is quiet about the project only: lists are printed, and services must exist', async () => {
    writeFileSync(join(cwd, 'q.yaml'), 'name: q\nservices: {web: {image: x}}\n');
    const quiet = async (...more: string[]) => await invoke(['-f', 'q.yaml', 'config', '-q', ...more]);
    expect(await quiet('web')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await quiet('nope')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await quiet('--services')).toMatchObject({ exitCode: 0, stdout: 'web\n' });
    expect(await quiet('--images')).toMatchObject({ exitCode: 0, stdout: 'x\n' });
  });

  it('prints the named services without dependencies that are switched off', async () => {
    writeFileSync(join(cwd, 's.yaml'), 'name: s\nservices: {a: {image: x, depends_on: {b: {condition: service_started, required: false}}}, b: {image: x, profiles: [q]}, c: {image: x}}\n');
    const { stdout } = await invoke(['-f', 's.yaml', 'config', '--format', 'json', 'a']);
    expect(Object.keys(JSON.parse(stdout).services)).toEqual(['a']);
    expect(JSON.parse(stdout).services.a.depends_on).toBeUndefined();
  });

  it('lists what is written without interpolation', async () => {
    writeFileSync(join(cwd, 'w.yaml'), 'name: l\nservices: {web: {image: "${I-x}", profiles: ["$P", dev]}}\nmodels: {llm: {model: "$M"}}\n');
    const list = async (flag: string) => (await invoke(['-f', 'w.yaml', 'config', '--no-interpolate', flag])).stdout;
    expect(await list('--profiles')).toBe('$P\ndev\n');
    expect(await list('--models')).toBe('$M\n');
    expect(await list('--environment')).toContain('COMPOSE_PROJECT_NAME=l\n');
  });

  it('keeps what no service uses with --all-resources', async () => {
    writeFileSync(join(cwd, 'all.yaml'), 'name: a\nservices: {web: {image: x}}\nvolumes: {unused: {}}\n');
    expect((await invoke(['-f', 'all.yaml', 'config'])).stdout).not.toContain('unused');
    expect((await invoke(['-f', 'all.yaml', '--all-resources', 'config'])).stdout).toContain('name: a_unused');
  });

  it('exits 1 for a wrong option and 15 for a wrong file', async () => {
    writeFileSync(join(cwd, 'bad.env'), 'A B=1\n');
    writeFileSync(join(cwd, 'one.yaml'), 'services: {web: {image: x}}\n');
    for (const option of [['-p', 'Not A Name'], ['--env-file', 'nope.env'], ['--env-file', 'bad.env']]) {
      expect(await invoke(['-f', 'one.yaml', ...option, 'config'])).toMatchObject({ exitCode: 1, stdout: '' });
    }
    writeFileSync(join(cwd, 'uses.yaml'), 'services: {web: {image: x, env_file: bad.env}}\n');
    expect(await invoke(['-f', 'uses.yaml', 'config'])).toMatchObject({ exitCode: 15 });
    writeFileSync(join(cwd, 'gone.yaml'), 'services: {web: {image: x, env_file: nope.env}}\n');
    expect(await invoke(['-f', 'gone.yaml', 'config'])).toMatchObject({ exitCode: 14 });
    writeFileSync(join(cwd, 'gone2.yaml'), 'services: {web: {env_file: nope.env}}\n');
    expect(await invoke(['-f', 'gone2.yaml', 'config'])).toMatchObject({ exitCode: 15 });
  });
});

describe('completion', () => {
  const complete = async (...words: string[]) => (await invoke(['__complete', '--', ...words])).stdout.trim().split('\n').map((line) => line.split('\t')[0]);

  it('offers commands, flags, values, services and files where they belong', async () => {
    writeFileSync(join(cwd, 'compose.yaml'), 'name: c\nservices: {web: {image: a}, db: {image: b, profiles: [p]}}\n');
    expect(await complete('')).toEqual(expect.arrayContaining(['up', 'ps', 'logs']));
    expect(await complete('')).not.toContain('__complete');
    expect(await complete('logs', '--')).toEqual(expect.arrayContaining(['--follow', '--tail']));
    expect(await complete('logs', '-f', '')).toEqual(['db', 'web']);
    expect(await complete('--progress', '')).toEqual(['auto', 'tty', 'plain', 'json', 'quiet']);
    expect(await complete('up', '--attach', '')).toEqual(['db', 'web']);
    expect(await complete('-f', '')).toEqual([':files']);
    expect(await complete('exec', 'web', '')).toEqual([':files']);
    expect(await complete('engine', '')).toEqual(['start', 'stop', 'status', 'logs']);
  });

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    expect((await invoke(['completion', shell])).stdout).toContain('tscompose __complete');
  });
});

describe('a failure', () => {
  const options = { style: createStyle(false), workingDirectory: '/', readSource: () => undefined, verbose: false };

  it('of the user has no stack', () => {
    const { exitCode, text } = describeFailure(new UserError('no such thing', { code: 'x', exitCode: 14, hint: 'make one' }), options);
    expect([exitCode, text]).toEqual([14, 'error: no such thing\n  hint: make one\n']);
  });

  it("of the engine is the engine's own message", () => {
    expect(describeFailure(new EngineError('conflict', 'name in use'), options)).toEqual({ exitCode: 1, text: 'error: name in use\n' });
  });

  it('by a signal gives the exit code of the signal', () => {
    expect(describeFailure(new EngineError('cancelled', 'x', { cause: new Interrupted('SIGTERM') }), options).exitCode).toBe(143);
    expect(describeFailure(new EngineError('cancelled', 'x'), options).exitCode).toBe(130);
  });

  it('that nobody expected shows everything that a report needs', () => {
    const { exitCode, text } = describeFailure(new TypeError('x is undefined', { cause: new Error('deep') }), options);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^internal error in tscompose dev \(Node v[\d.]+, linux/);
    expect(text).toMatch(/TypeError: x is undefined\n\s+at /);
    expect(text).toMatch(/caused by: Error: deep/);
    expect(text).toContain('Please report it');
  });

  it('made of several shows each once', () => {
    const one = new UserError('a', { code: 'x', exitCode: 18 });
    expect(describeFailure(new AggregateError([one, one, new EngineError('internal', 'b')]), options)).toEqual({ exitCode: 18, text: 'error: a\nerror: b\n' });
  });
});

describe('interrupts', () => {
  function setUp() {
    const listeners = new Map<string, (name: NodeJS.Signals) => void>();
    const exits: number[] = [];
    const interrupts = new ProcessInterrupts({ on: (name, listener) => listeners.set(name, listener), off: (name) => listeners.delete(name) }, (code) => {
      exits.push(code);
      throw new Error('exit');
    });
    return { interrupts, exits, listeners, send: (name: NodeJS.Signals) => listeners.get(name)?.(name) };
  }

  it('are left to the system until somebody wants to know', () => expect(setUp().listeners.size).toBe(0));

  it('abort first, then end the process', () => {
    const { interrupts, exits, send } = setUp();
    const signal = interrupts.abortSignal();
    send('SIGINT');
    expect(signal.aborted).toBe(true);
    expect(() => send('SIGINT')).toThrow('exit');
    expect(exits).toEqual([130]);
  });

  it('go to a handler while there is one', () => {
    const { interrupts, send } = setUp();
    const seen: string[] = [];
    const release = interrupts.handle((count, name) => seen.push(`${count} ${name}`));
    send('SIGINT');
    send('SIGTERM');
    release();
    expect(interrupts.abortSignal().aborted).toBe(false);
    send('SIGINT');
    expect(seen).toEqual(['1 SIGINT', '2 SIGTERM']);
    expect(interrupts.abortSignal().aborted).toBe(true);
  });
});
