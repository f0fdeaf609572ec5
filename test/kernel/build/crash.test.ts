import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../containers/support.ts';
import { build, listing, openBuildLab, tarOf, type BuildLab } from './support.ts';

const MARK = 'sleep 86417'; // names this test's process among all others
const Dockerfile = `FROM busybox:test AS a
RUN echo a > /a
FROM busybox:test
COPY f /f
RUN --mount=type=cache,target=/c --mount=type=secret,id=s cat /run/secrets/s > /dev/null; echo in-the-middle; sleep 0.1; echo done > /done
COPY --from=a /a /a
RUN echo last > /last
`;

let lab: BuildLab;
let directory: string;
let program: string;
beforeAll(async () => {
  lab = await openBuildLab();
  directory = mkdtempSync(join(tmpdir(), 'tsc-crash-'));
  program = join(directory, 'child.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'crash-child.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', external: ['koffi'],
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" }, logLevel: 'error',
  });
  writeFileSync(join(directory, 'context.tar'), tarOf({ f: 'f', Dockerfile }));
  writeFileSync(join(directory, 'endless.tar'), tarOf({ f: 'f', Dockerfile: Dockerfile.replace('sleep 0.1', MARK) }));
});
afterAll(async () => {
  await lab?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a build in another process on the lab's root, which must be closed. */
function start(context: string): { child: ChildProcess; said: () => string } {
  let text = '';
  const child = spawn(process.execPath, [program, lab.layout.root, lab.layout.run, join(directory, context)], {
    env: { ...process.env, NODE_PATH: resolve(import.meta.dirname, '../../../node_modules') }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return { child, said: () => text };
}

/** Closes the lab's engine, lets another one build, kills that at a point, and opens the lab again. */
async function killAt(point: string, context: string): Promise<void> {
  await lab.runtime.close();
  const { child, said } = start(context);
  const ended = new Promise((done) => child.once('exit', done));
  await until(point, () => (said().includes(point) || child.exitCode !== null ? true : undefined), 30_000);
  if (child.exitCode !== null) throw new Error(`it ended by itself: ${said()}`);
  if (context === 'endless.tar') await until('the command', () => (commands().length > 0 ? true : undefined));
  child.kill('SIGKILL');
  await ended;
  await lab.reopen();
}

function leftovers(): string[] {
  const list = (path: string): string[] => (statSync(path, { throwIfNoEntry: false }) ? readdirSync(path).filter((name) => !name.startsWith('.')) : []).map((name) => join(path, name));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(lab.layout.root) || line.includes(`${lab.layout.run}/b`));
  return [...mounts, ...commands(), ...list(join(lab.layout.snapshots, 'rw')), ...list(join(lab.layout.buildCache, 'tmp')), ...list(join(lab.layout.run, 'b')), ...list(lab.layout.bundles)];
}

/** The endless command, wherever it runs. */
function commands(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid) === MARK).map((pid) => `process ${pid}`);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).join(' ');
  } catch {
    return '';
  }
}

describe('a killed engine', () => {
  it.each([
    ['opened', 'context.tar'],
    ['Step 4/7', 'context.tar'],
    ['in-the-middle', 'context.tar'],
    ['in-the-middle', 'endless.tar'],
    ['Step 6/7', 'context.tar'],
    ['Step 7/7', 'context.tar'],
  ])('at "%s" of %s leaves nothing behind, and the next build is whole', async (point, context) => {
    await killAt(point, context);
    // The first request of the next engine waits for the clean-up.
    const { image, text } = await build(lab, { f: 'f', Dockerfile }, { extra: { secrets: { s: '' } } });
    expect(text).toContain('Successfully built');
    expect((await listing(lab, image, '/last')).concat(await listing(lab, image, '/a'))).toEqual(['-0644 0:0 /last "last\\n"', '-0644 0:0 /a "a\\n"']);
    await until('cleaned up', () => (leftovers().length === 0 ? true : undefined), 5000).catch(() => expect(leftovers()).toEqual([]));
    await lab.runtime.images.pruneBuildCache({ all: true });
  });
});
