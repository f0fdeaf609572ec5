import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, copyFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createLogger, type Logger } from '../../../src/base/index.ts';
import type { AttachedStream, ContainerCreateRequest, OutputStream } from '../../../src/engine-api/index.ts';
import { FrameDecoder } from '../../../src/engine-api/index.ts';
import { createLayout, type Layout, openRuntime, type Runtime, type RuntimeOptions } from '../../../src/runtime/index.ts';

/** One engine core on a state root of its own, with busybox as its only image. */
export interface Lab {
  readonly layout: Layout;
  runtime: Runtime;
  readonly log: string[];
  /** Closes the runtime and opens it again on the same root. */
  reopen(): Promise<void>;
  /** Creates a container of busybox without a network. */
  create(command: readonly string[], more?: Partial<ContainerCreateRequest>, name?: string): Promise<string>;
  /** Creates and starts. */
  run(command: readonly string[], more?: Partial<ContainerCreateRequest>, name?: string): Promise<string>;
  close(): Promise<void>;
}

/** The same tests can be run with runc. */
const OCI_RUNTIME = process.env['TSCOMPOSE_OCI_RUNTIME'];

export const IMAGE = 'busybox:test';

export async function openLab(options: Partial<RuntimeOptions> = {}): Promise<Lab> {
  const base = mkdtempSync(join(tmpdir(), 'tsct-'));
  const layout = createLayout({ root: join(base, 'root'), run: join(base, 'run') });
  const log: string[] = [];
  const logger: Logger = createLogger((line) => log.push(line), 'info');
  const open = (): Promise<Runtime> => openRuntime({ layout, logger, ...(OCI_RUNTIME && { ociRuntime: OCI_RUNTIME }), ...options });
  const runtime = await open().catch((error: unknown) => {
    rmSync(base, { recursive: true, force: true });
    throw error;
  });
  const lab: Lab = {
    layout,
    runtime,
    log,
    reopen: async () => {
      await lab.runtime.close();
      lab.runtime = await open();
    },
    create: async (command, more = {}, name) => {
      const { HostConfig, ...config } = more;
      const body = { Image: IMAGE, Cmd: [...command], ...config, HostConfig: { NetworkMode: 'none', ...HostConfig } };
      return (await lab.runtime.containers.create(body, name === undefined ? {} : { name })).Id;
    },
    run: async (command, more, name) => {
      const id = await lab.create(command, more, name);
      await lab.runtime.containers.start(id);
      return id;
    },
    close: async () => {
      await lab.reopen(); // a test that failed may have left it closed
      for (const { Id } of await lab.runtime.containers.list({ all: true })) await lab.runtime.containers.remove(Id, { force: true, v: true });
      await lab.runtime.close();
      expectNothingLeft(layout, base);
      rmSync(base, { recursive: true, force: true });
    },
  };
  const progress = await lab.runtime.images.import({ repo: 'busybox', tag: 'test' }, Readable.from([busyboxTar(base)]));
  for await (const message of progress) if (message.error) throw new Error(message.error);
  return lab;
}

/** A root file system of the machine's static busybox. */
function busyboxTar(base: string): Buffer {
  const root = join(base, 'rootfs');
  for (const directory of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'home/ann', 'var/data']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001:Ann:/home/ann:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nann:x:1001:\nstaff:x:50:ann\n');
  writeFileSync(join(root, 'var/data/seed'), 'from the image\n');
  const tar = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 << 20 });
  rmSync(root, { recursive: true });
  return tar;
}

/** Mounts, control groups and processes of a closed lab. */
function expectNothingLeft(layout: Layout, base: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(`${base}/`));
  if (mounts.length > 0) throw new Error(`mounts were left behind:\n${mounts.join('\n')}`);
  const bundles = existsSync(layout.bundles) ? readdirSync(layout.bundles) : [];
  if (bundles.length > 0) throw new Error(`bundles were left behind: ${bundles.join(' ')}`);
}

/** Asks until the answer is not undefined. @throws after the deadline */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, ms = 10_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Output {
  stdout: string;
  stderr: string;
}

/** All of a framed (or raw) output. */
export async function collect(output: OutputStream, tty = false): Promise<Output> {
  const decoder = new FrameDecoder();
  const result = { stdout: '', stderr: '' };
  for await (const chunk of output) {
    if (tty) result.stdout += Buffer.from(chunk).toString('utf8');
    else for (const frame of decoder.push(chunk)) result[frame.stream === 2 ? 'stderr' : 'stdout'] += frame.data.toString('utf8');
  }
  return result;
}

export async function logsOf(lab: Lab, id: string, query: Parameters<Runtime['containers']['logs']>[1] = {}): Promise<Output> {
  const { output, tty } = await lab.runtime.containers.logs(id, { stdout: true, stderr: true, ...query });
  return collect(output, tty);
}

export async function exitOf(lab: Lab, id: string): Promise<number> {
  const { exit } = await lab.runtime.containers.wait(id);
  return (await exit).StatusCode;
}

/** Runs a command in a container to its end. */
export async function execIn(
  lab: Lab,
  id: string,
  command: readonly string[],
  more: { stdin?: string; Tty?: boolean; User?: string; Env?: string[]; WorkingDir?: string; Privileged?: boolean } = {},
): Promise<Output & { exitCode: number }> {
  const { stdin, ...rest } = more;
  const { Id } = await lab.runtime.exec.create(id, {
    Cmd: [...command], AttachStdout: true, AttachStderr: true, AttachStdin: stdin !== undefined, ...rest,
  });
  const attached: AttachedStream = await lab.runtime.exec.start(Id, { Tty: rest.Tty ?? false });
  attached.stream.end(stdin ?? '');
  const output = await collect(attached.stream, attached.tty);
  const { ExitCode } = await until('exec exit', async () => {
    const inspect = await lab.runtime.exec.inspect(Id);
    return inspect.Running ? undefined : inspect;
  });
  return { ...output, exitCode: ExitCode ?? -1 };
}
