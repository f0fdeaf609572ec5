/** Images: a large build context, a large layer, a pull. Each also tells how large the engine grew meanwhile. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { peakMemory, run, sleep, type Run } from './measure.ts';
import type { Figure, Scenario } from './scenarios.ts';
import { engineCommand, enginePattern, Stack, type Tool } from './tools.ts';

const ms = (result: Run): Figure => ({ value: result.ms, unit: 'ms' });
const FILES = 50_000;
const FILE_BYTES = 21_000;
const block = Buffer.alloc(4 << 20);

/** Text and noise in turn, which gzip brings to about a half; the same in every run. */
function content(seed: number, length: number): Buffer {
  if (block[0] === 0) for (let at = 0; at < block.length; at += 64) block.write(at % 128 === 0 ? 'a line of text that every compressor likes a lot \n'.padEnd(64, '.') : createHash('sha512').update(String(at)).digest().toString('latin1'), at, 'latin1');
  const start = (seed * 7919) % (block.length - length);
  return Buffer.concat([Buffer.from(`${seed}\n`), block.subarray(start, start + length)]);
}

function writeContext(directory: string, files: number, bytes: number): void {
  for (let index = 0; index < files; index++) {
    const folder = join(directory, `d${Math.floor(index / 5000)}`, `e${Math.floor(index / 200)}`);
    if (index % 200 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${index}`), content(index, bytes));
  }
}

const COMPOSE = 'services:\n  app: {image: "benchbig:latest", build: ./context}\n';

export const buildBig: Scenario = {
  id: 'build-big',
  what: `a context of ${FILES} files and ${Math.round((FILES * FILE_BYTES) / 1e6)} MB: 3 files edited, nothing edited`,
  repetitions: 2,
  setup(tool, directory) {
    const stack = new Stack(tool, directory, 'buildbig', () => COMPOSE, {});
    writeContext(join(stack.directory, 'context'), FILES, FILE_BYTES);
    writeFileSync(join(stack.directory, 'context/Dockerfile'), 'FROM busybox:latest\nCOPY . /src/\nRUN ls /src > /listing\n');
    stack.call(['build'], { timeoutMs: 300_000 });
    return stack;
  },
  async run(tool, stack) {
    for (const folder of ['d0/e0', 'd4/e100', 'd9/e249']) writeFileSync(join(stack.directory, 'context', folder, 'edited'), String(process.hrtime.bigint()));
    await sleep(2100); // what was written in the last two seconds has to be read again
    const peak = peakMemory(enginePattern(tool));
    const edited = stack.call(['build'], { timeoutMs: 300_000 });
    const cached = stack.call(['build'], { timeoutMs: 300_000 });
    return { 'build 50,000 files, 3 edited': ms(edited), 'build 50,000 files, cached': ms(cached), 'build 50,000 files, engine peak': peak() };
  },
  done: (stack) => rmSync(join(stack.directory, 'context'), { recursive: true }),
};

/** An archive as `docker save` made it before OCI, with one compressed layer. */
function writeArchive(directory: string): void {
  const tree = join(directory, 'tree');
  writeContext(tree, 6000, 100_000);
  run(['sh', '-c', 'tar -C "$0" --numeric-owner --owner=0 --group=0 -c . | tee "$1/plain.tar" | gzip -1 > "$1/layer.tar"', tree, directory]);
  const diffId = run(['sha256sum', join(directory, 'plain.tar')], { keepOutput: true }).stdout.slice(0, 64);
  rmSync(tree, { recursive: true });
  rmSync(join(directory, 'plain.tar'));
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] } }));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: ['benchload:latest'], Layers: ['layer.tar'] }]));
  run(['tar', '-C', directory, '-cf', join(directory, 'image.tar'), 'manifest.json', 'config.json', 'layer.tar']);
  rmSync(join(directory, 'layer.tar'));
}

export const load: Scenario = {
  id: 'load',
  what: 'docker load of an image with one gzip layer of about 300 MB',
  repetitions: 3,
  setup(tool, directory) {
    const stack = new Stack(tool, directory, 'load', () => 'services: {app: {image: "benchload:latest"}}\n');
    writeArchive(stack.directory);
    return stack;
  },
  async run(tool, stack) {
    const cli = engineCommand(tool);
    run([...cli, 'rmi', '-f', 'benchload:latest'], { check: false });
    const peak = peakMemory(enginePattern(tool));
    const archive = join(stack.directory, 'image.tar');
    const result = run([...cli, 'load', '-i', stack.seen('image.tar')], { timeoutMs: 300_000 });
    run([...cli, 'rmi', '-f', 'benchload:latest']);
    return { 'load 300 MB gzip layer': { value: statSync(archive).size / 1e6 / (result.ms / 1000), unit: 'MB/s' }, 'load, engine peak': peak() };
  },
  done: (stack) => rmSync(join(stack.directory, 'image.tar')),
};

const PORT = 18_522;
const PULLED = `127.0.0.1:${PORT}/bench/ten:latest`;

/** Debian's registry, once per network namespace, all on one storage. */
async function startRegistry(tool: Tool, directory: string): Promise<() => void> {
  const config = join(directory, 'registry.yml');
  writeFileSync(config, `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${join(directory, 'registry')}}}\nhttp: {addr: "127.0.0.1:${PORT}"}\n`);
  const prefix = tool.hostPrefix.filter((word) => word !== '-m'); // its files are this side's
  const [command = '', ...args] = [...prefix, 'docker-registry', 'serve', config];
  const child = spawn(command, args, { stdio: 'ignore' });
  await sleep(1000);
  return () => void child.kill();
}

const listening = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(PORT, '127.0.0.1', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
  });

const registries = new Map<string, () => void>();

export const pull: Scenario = {
  id: 'pull',
  what: 'pull of ten layers (200 MB) from a docker-registry on this machine',
  repetitions: 3,
  async setup(tool, directory) {
    const shared = join(directory, 'registry');
    mkdirSync(shared, { recursive: true });
    registries.set(tool.name, await startRegistry(tool, shared));
    const lines = ['FROM busybox:latest', ...Array.from({ length: 10 }, (_, index) => `COPY d${index} /d${index}`)];
    const stack = new Stack(tool, directory, 'pull', () => `services:\n  app: {image: "${PULLED}", build: ./context}\n`);
    if (existsSync(join(shared, 'filled'))) return stack;
    if (tool.hostPrefix.length === 0 && !(await listening())) throw new Error('docker-registry does not listen');
    for (let index = 0; index < 10; index++) writeContext(join(stack.directory, `context/d${index}`), 400, 50_000 + index);
    writeFileSync(join(stack.directory, 'context/Dockerfile'), `${lines.join('\n')}\n`);
    stack.call(['build']);
    stack.call(['push']);
    run([...engineCommand(tool), 'builder', 'prune', '-af'], { check: false }); // layers that the build cache holds would not be fetched
    rmSync(join(stack.directory, 'context'), { recursive: true });
    writeFileSync(join(shared, 'filled'), '');
    return stack;
  },
  async run(tool, stack) {
    const cli = engineCommand(tool);
    run([...cli, 'rmi', '-f', PULLED], { check: false });
    const peak = peakMemory(enginePattern(tool));
    const result = stack.call(['pull', '--quiet']);
    return { 'pull 10 layers': ms(result), 'pull, engine peak': peak() };
  },
  done(stack) {
    registries.get(stack.tool.name)?.();
    registries.delete(stack.tool.name);
    if (registries.size === 0) rmSync(join(stack.directory, '..', '..', 'registry'), { recursive: true, force: true });
  },
};
