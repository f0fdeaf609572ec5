/** Every command of the README is run here; a command that this file does not know is a failure. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noContainers, title } from '../support/host.ts';
import { REPOSITORY, Workspace, eventually, freePort } from '../support/workspace.ts';

const reason = noContainers();

/** Commands in the README's shell blocks, comments cut off. */
function readmeCommands(): string[] {
  const text = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((match) => (match[1] ?? '').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe.skipIf(reason)(title('the commands of the README', reason), () => {
  const space = new Workspace('readme');
  afterAll(() => expect(space.dispose()).toEqual([]));

  it('are run, one by one, and work', async () => {
    const port = await freePort();
    const env = { QUICKSTART_PORT: String(port) };
    const cwd = space.useExample('quickstart');
    const ours = (line: string) => () => void space.ok(line.replace(/^tscompose /, '').split(' '), { cwd, env });
    const follow = async () => {
      const child = space.start(['logs', '-f', 'writer'], { cwd, env });
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await eventually('a followed line', () => text.includes('writer: web serves'));
      child.kill('SIGINT');
      await eventually('the end of logs -f', () => child.exitCode !== null || child.signalCode !== null);
    };
    const check = (line: string) => () => {
      const result = space.call(line.split(' '), { cwd, env });
      expect([0, 1], result.output).toContain(result.exitCode); // an example may earn a warning
      return result;
    };
    const start = () => {
      // `npm ci` has been run: these tests stand on it. The demo works in the checkout's own example folder.
      const done = space.exec(['npm', 'start'], { cwd: REPOSITORY, env, timeoutMs: 240_000 });
      expect(done.exitCode, done.output).toBe(0);
      expect(done.output).toMatch(/quickstart-web-1.*healthy/);
      expect(done.output).toContain('Hello from tscompose');
      space.ok(['down', '-v'], { cwd: join(REPOSITORY, 'examples/quickstart'), env });
    };

    const runners: Record<string, () => unknown> = {
      'npm ci && npm start': start,
      'npm ci && npm test': () => expect((JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { scripts: { test: string } }).scripts.test).toBe('node scripts/test.mjs'),
      'npm install --global tscompose': () => {}, // packed.test.ts installs the tarball
      'tscompose up -d --wait': () => {
        space.exec(['cp', '/bin/busybox', 'base/busybox'], { cwd });
        space.ok(['up', '-d', '--wait'], { cwd, env });
      },
      'tscompose ps': ours('tscompose ps'),
      'tscompose logs -f web': follow,
      'tscompose exec web sh': () => expect(space.ok(['exec', '-T', 'web', 'sh', '-c', 'echo inside'], { cwd, env }).stdout).toBe('inside\n'),
      'tscompose plan': ours('tscompose plan'),
      'tscompose down': ours('tscompose down'),
      'tscompose config -q': ours('tscompose config -q'),
      'tscompose check': check('check'),
      'tscompose check --format sarif': () => expect(JSON.parse(check('check --format sarif')().stdout)).toMatchObject({ version: '2.1.0' }),
      'tscompose check rules': ours('tscompose check rules'),
      'tscompose explain web.environment': () => expect(space.ok(['explain', 'web.environment'], { cwd, env }).stdout).toContain('GREETING'),
      'tscompose engine status': ours('tscompose engine status'),
      'tscompose engine logs': ours('tscompose engine logs'),
      'tscompose engine stop': ours('tscompose engine stop'),
      'docker -H unix:///run/tscompose/engine.sock ps': () => {
        space.ok(['engine', 'start']);
        expect(space.docker(['ps']).exitCode).toBe(0);
      },
      'tscompose -H unix:///run/docker.sock up -d': () => {}, // test/differential does this on a real dockerd
    };
    for (const command of readmeCommands()) {
      const runner = runners[command];
      expect(runner, `no test runs "${command}"`).toBeDefined();
      await runner?.();
    }
    for (const line of ['doctor', '--help', 'up --help']) space.ok(line.split(' '));
  }, 400_000);
});
