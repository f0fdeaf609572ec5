import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryOutput } from '../../../src/cli/output.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { type Interrupts, ProcessInterrupts } from '../../../src/cli/signals.ts';
import { ProjectFolder } from './project-folder.ts';

const HOME = resolve(import.meta.dirname, '../../../dist');

function start(cwd: string, argv: readonly string[], options: { stdin?: string; env?: Record<string, string>; interrupts?: Interrupts } = {}) {
  const stdout = new MemoryOutput();
  const stderr = new MemoryOutput();
  const interrupts = options.interrupts ?? new ProcessInterrupts({ on() {}, off() {} }, () => {
    throw new Error('exit');
  });
  const done = runCli(argv, { stdout, stderr, stdin: { isTerminal: false, readAll: async () => Buffer.from(options.stdin ?? ''), stream: () => process.stdin }, cwd, env: options.env ?? {}, interrupts, home: HOME });
  return { done, stdout, stderr };
}

async function invoke(...args: Parameters<typeof start>) {
  const { done, stdout, stderr } = start(...args);
  return { exitCode: await done, stdout: stdout.text, stderr: stderr.text };
}

const CLEAN = 'services: {a: {image: "a:1"}}\n';
const WARNS = 'services: {a: {image: a}}\n';
const WRONG = 'services: {a: {imgae: a}}\n';

describe('check', () => {
  it('exits 0 when clean or only warned, 1 with problems, 2 for wrong usage', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': CLEAN, 'warns.yaml': WARNS, 'wrong.yaml': WRONG });
    const code = async (...argv: string[]) => (await invoke(folder.path, ['check', ...argv])).exitCode;
    expect(await code()).toBe(0);
    expect(await code('warns.yaml')).toBe(0);
    expect(await code('warns.yaml', '--strict')).toBe(1);
    expect(await code('wrong.yaml')).toBe(1);
    expect(await code('none.yaml')).toBe(2);
    expect(await code('--format', 'nice')).toBe(2);
    expect(await code('--bogus')).toBe(2);
    expect(await code('--format')).toBe(2);
    expect((await invoke(folder.path, ['-f', 'compose.yaml', 'check', 'warns.yaml'])).exitCode).toBe(2);
  });

  it('shows the line of a secret without its value, whatever is said about the line', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services:\n  a: {image: a, environment: {DB_PASSWORD: hunter2}}\n  b:\n    image: "b:1"\n    environment: [\'API_KEY="s3cr3t"\']\n' });
    for (const format of ['pretty', 'json', 'github', 'gitlab', 'sarif', 'junit']) {
      const { stdout } = await invoke(folder.path, ['check', '--format', format]);
      expect(stdout).toContain('API_KEY');
      expect(stdout).not.toMatch(/hunter2|s3cr3t/);
      if (format === 'pretty') expect(stdout).toContain('2 |   a: {image: a, environment: {DB_PASSWORD: *******}}\n');
    }
  });

  it('checks each file or folder as a project of its own, and sums up', async () => {
    using folder = new ProjectFolder({ 'a/compose.yaml': WARNS, 'b.yaml': WRONG, 'c.yaml': CLEAN });
    const { stdout, exitCode } = await invoke(folder.path, ['check', 'a', 'b.yaml', 'c.yaml']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('a/compose.yaml:1:23 warning image.untagged');
    expect(stdout).toContain('b.yaml:1:16 error schema.unknownKey');
    expect(stdout).toMatch(/\n1 error, 1 warning in 3 files; --fix mends 1\n$/);
  });

  it('reads standard input, but cannot mend it', async () => {
    using folder = new ProjectFolder({});
    expect(await invoke(folder.path, ['check', '-'], { stdin: WARNS })).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('<stdin>:1:23 warning image.untagged') });
    expect((await invoke(folder.path, ['-f', '-', 'check', '--fix'], { stdin: WARNS })).exitCode).toBe(2);
  });

  it('takes the settings nearest to each file', async () => {
    using folder = new ProjectFolder({ 'a/compose.yaml': WARNS, 'b/compose.yaml': WARNS, '.tscompose-check.yaml': 'rules: {image.untagged: off}\n', 'b/.tscompose-check.yaml': 'rules: {image.untagged: error}\n' });
    const { stdout } = await invoke(folder.path, ['check', 'a', 'b', '--format', 'github']);
    expect(stdout).toMatch(/^::error file=b\/compose\.yaml,[^\n]*\n$/);
  });

  it('mends with --fix and reports what is left', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': `version: "3"\n${WRONG}` });
    const { exitCode, stdout, stderr } = await invoke(folder.path, ['check', '--fix']);
    expect(readFileSync(join(folder.path, 'compose.yaml'), 'utf8')).toBe(WARNS);
    expect(stderr).toBe('fixed compose.yaml: 2 changes\n');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 warning in 1 file\n') });
  });

  it('lists the rules', async () => {
    using folder = new ProjectFolder({});
    expect((await invoke(folder.path, ['check', 'rules'])).stdout).toMatch(/^RULE .*\n(.*\n)*port\.clash +error/);
    expect(JSON.parse((await invoke(folder.path, ['check', 'rules', '--json'])).stdout)).toContainEqual(expect.objectContaining({ id: 'port.clash', level: 'error', fixable: false }));
  });

  it('checks again with --watch when a file changes, until interrupted', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': CLEAN });
    const listeners: ((name: NodeJS.Signals) => void)[] = [];
    const interrupts = new ProcessInterrupts({ on: (_, listener) => listeners.push(listener), off() {} }, () => {
      throw new Error('exit');
    });
    const { done, stdout } = start(folder.path, ['check', '--watch'], { interrupts });
    await expect.poll(() => stdout.text, { timeout: 5000 }).toContain('no problems');
    appendFileSync(join(folder.path, 'compose.yaml'), 'volumes: {v: {}}\n');
    await expect.poll(() => stdout.text, { timeout: 5000 }).toContain('unused.volume');
    listeners[0]?.('SIGINT');
    expect(await done).toBe(0);
  });
});

describe('explain', () => {
  it('prints the value and its sources, also as JSON', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services: {a: {image: "a:${TAG:-1}"}}\n', '.env': 'TAG=2\n' });
    const { stdout } = await invoke(folder.path, ['explain', 'a.image']);
    expect(stdout).toMatch(/^services\.a\.image = "a:2"\n\n✔ compose\.yaml:1:23\n/);
    expect(stdout).toContain('✔ .env:1:1 "2"');
    expect(JSON.parse((await invoke(folder.path, ['explain', 'a.image', '--json'])).stdout)).toMatchObject({ path: 'services.a.image', value: 'a:2' });
    expect((await invoke(folder.path, ['explain', 'a.nope'])).exitCode).toBe(1);
  });
});

describe('schema', () => {
  it('prints the schema from where the program is installed', async () => {
    using folder = new ProjectFolder({});
    expect(JSON.parse((await invoke(folder.path, ['schema'])).stdout)).toMatchObject({ $schema: expect.stringContaining('2020-12') });
  });
});
