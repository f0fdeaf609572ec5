/** The launcher with a bundle of one line: where it looks for compiled code, and whose it refuses. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LAUNCHER = readFileSync(resolve(import.meta.dirname, '../../../scripts/launcher.cjs'), 'utf8');
const BUNDLE = '(function(exports,require,module,__filename,__dirname){exports.main=(home,done)=>{console.log("ran",home);done()}\n})';

let base: string;
let dist: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsc-launch-'));
  dist = join(base, 'dist');
  mkdirSync(dist);
  writeFileSync(join(dist, 'tscompose.cjs'), LAUNCHER.replaceAll('@BUNDLE@', 'one'));
  writeFileSync(join(dist, 'cli.cjs'), BUNDLE);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function launch(args: readonly string[] = [], env: Record<string, string> = {}): void {
  const done = spawnSync(process.execPath, [join(dist, 'tscompose.cjs'), ...args], { encoding: 'utf8', timeout: 10_000, env: { HOME: base, ...env } });
  expect([done.status, done.stdout, done.stderr]).toEqual([0, `ran ${dist}\n`, '']);
}

/** As a command of its own: the first line is a shell's. */
function launchAsCommand(args: readonly string[], env: Record<string, string>): string {
  const file = join(dist, 'tscompose.cjs');
  chmodSync(file, 0o755);
  symlinkSync(file, join(base, 'tscompose'));
  const done = spawnSync(join(base, 'tscompose'), args, { encoding: 'utf8', timeout: 10_000, env: { HOME: base, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...env } });
  expect([done.status, done.stderr]).toEqual([0, '']);
  return done.stdout;
}

const folder = (): string => join(base, '.cache/tscompose');
const caches = (): string[] => (existsSync(folder()) ? readdirSync(folder()).sort() : []);
const name = (command: string, bundle = 'one'): string => `cli-${bundle}-${process.version}-${process.arch}-${command}.v8`;

describe('the launcher', () => {
  it("leaves compiled code in the user's cache folder, for each common command by itself", () => {
    launch();
    launch(['-p', 'x', 'ps']);
    launch(['version']);
    expect(caches()).toEqual([name('other'), name('ps')]);
  });

  it('uses what is there, and does not write it again', () => {
    launch();
    utimesSync(join(folder(), name('other')), 1, 1);
    launch();
    expect(readFileSync(join(folder(), name('other'))).length).toBeGreaterThan(100);
    expect(spawnSync('stat', ['-c', '%Y', join(folder(), name('other'))], { encoding: 'utf8' }).stdout).toBe('1\n');
  });

  it('replaces what is damaged, and forgets what belongs to another bundle', () => {
    launch();
    writeFileSync(join(folder(), name('other')), 'rubbish');
    writeFileSync(join(folder(), name('ps', 'older')), 'rubbish');
    launch();
    expect(caches()).toEqual([name('other')]);
    expect(readFileSync(join(folder(), name('other'))).length).toBeGreaterThan(100);
  });

  it('does not execute what another could have written', () => {
    launch();
    const path = join(folder(), name('other'));
    chmodSync(path, 0o666);
    launch(); // would be rejected loudly below if it were read: it is valid code
    chmodSync(path, 0o600);
    rmSync(path);
    writeFileSync(join(base, 'elsewhere'), 'rubbish');
    symlinkSync(join(base, 'elsewhere'), path);
    launch();
    expect(readFileSync(join(base, 'elsewhere'), 'utf8')).toBe('rubbish'); // replaced as a link, not written through
  });

  it('does without a folder, without a home, and when told to', () => {
    launch([], { HOME: '' });
    launch([], { HOME: '/proc/nowhere' });
    launch([], { HOME: join(base, 'missing') });
    expect(existsSync(join(base, 'missing'))).toBe(false);
    launch([], { NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(caches()).toEqual([]);
  });

  it('is a command with arguments as they are, which starts without the certificates of NODE_EXTRA_CA_CERTS', () => {
    const shown = '[process.argv.slice(2), process.env.NODE_EXTRA_CA_CERTS, process.env.TSCOMPOSE_EXTRA_CA_CERTS ?? null]';
    writeFileSync(join(dist, 'cli.cjs'), `(function(exports,require,module,__filename,__dirname){exports.main=(home,done)=>{console.log(JSON.stringify(${shown}));done()}\n})`);
    const file = join(base, 'no such file'); // Node that reads it warns on stderr
    const args = ['a b', '$HOME', "'", '--flag', '', '--env-file', file]; // Node 20 looks for its own --env-file also behind the script's name
    expect(JSON.parse(launchAsCommand(args, { NODE_EXTRA_CA_CERTS: file }))).toEqual([args, file, null]);
  });

  it('prefers what the build left next to the bundle', () => {
    launch();
    writeFileSync(join(dist, name('other')), readFileSync(join(folder(), name('other'))));
    rmSync(folder(), { recursive: true });
    launch();
    expect(caches()).toEqual([]);
  });

  it('keeps the --env-file of a project from Node', () => {
    writeFileSync(join(base, 'project.env'), 'NODE_OPTIONS=--no-such-flag\n');
    expect(launchAsCommand(['--env-file', join(base, 'project.env'), 'ps'], {})).toContain('ran');
    rmSync(join(base, 'tscompose'));
    expect(launchAsCommand(['--env-file=/no/such/file', 'ps'], {})).toContain('ran');
  });
});
