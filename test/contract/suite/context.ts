/** What every part of the contract suite stands on: an engine, a way to name things, and a clean-up of what was made. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import { type EngineErrorKind, isEngineError } from '../../../src/base/index.ts';
import { type AttachedStream, type ContainerCreateRequest, decodeOutput, drainProgress, type Engine, type OutputStream } from '../../../src/engine-api/index.ts';

export const IMAGE = 'busybox:latest';

export class Contract {
  /** Filled in `beforeAll`. */
  engine!: Engine;
  readonly prefix = `tscc${randomBytes(3).toString('hex')}`;
  readonly #containers: string[] = [];
  readonly #networks: string[] = [];
  readonly #volumes: string[] = [];
  readonly #images: string[] = [];
  #count = 0;

  /** A name nobody else has. */
  name(): string {
    return `${this.prefix}-${++this.#count}`;
  }

  /** Creates a container that is removed after the suite. @returns its id */
  async create(script: string | undefined, body: Partial<ContainerCreateRequest> = {}, name = this.name()): Promise<string> {
    const command = script === undefined ? {} : { Cmd: ['sh', '-c', script] };
    const { Id } = await this.engine.containers.create({ Image: IMAGE, ...command, ...body }, { name });
    this.#containers.push(Id);
    return Id;
  }

  /** Creates and starts. */
  async run(script: string, body: Partial<ContainerCreateRequest> = {}, name?: string): Promise<string> {
    const id = await this.create(script, body, name);
    await this.engine.containers.start(id);
    return id;
  }

  /** Runs to the end. @returns exit code and output */
  async finish(script: string, body: Partial<ContainerCreateRequest> = {}): Promise<{ id: string; code: number; stdout: string; stderr: string }> {
    const id = await this.create(script, body);
    const code = await this.startAndWait(id);
    return { id, code, ...(await this.logs(id)) };
  }

  async startAndWait(id: string): Promise<number> {
    const { exit } = await this.engine.containers.wait(id, { condition: 'next-exit' });
    await this.engine.containers.start(id);
    return (await exit).StatusCode;
  }

  async logs(id: string): Promise<{ stdout: string; stderr: string }> {
    const { output, tty } = await this.engine.containers.logs(id, { stdout: true, stderr: true });
    return read(output, tty);
  }

  /** Runs a command inside. */
  async exec(id: string, ...Cmd: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { Id } = await this.engine.exec.create(id, { Cmd, AttachStdout: true, AttachStderr: true });
    const attached = await this.engine.exec.start(Id, {});
    const output = await readAttached(attached);
    return { code: (await this.engine.exec.inspect(Id)).ExitCode, ...output };
  }

  async network(name = this.name(), body: Partial<Parameters<Engine['networks']['create']>[0]> = {}): Promise<{ id: string; name: string }> {
    const { Id } = await this.engine.networks.create({ Name: name, ...body });
    this.#networks.push(Id);
    return { id: Id, name };
  }

  volumeName(): string {
    const name = this.name();
    this.#volumes.push(name);
    return name;
  }

  /** A tag that is removed after the suite. */
  imageName(tag = 'x'): string {
    const name = `${this.name()}:${tag}`;
    this.#images.push(name);
    return name;
  }

  /** Makes sure of the test image. @param tar  path of a root file system */
  async requireImage(tar: () => string): Promise<void> {
    const found = await this.engine.images.inspect(IMAGE).catch(() => undefined);
    if (found === undefined) await drainProgress(await this.engine.images.import({ repo: 'busybox', tag: 'latest', changes: ['CMD ["sh"]'] }, createReadStream(tar())));
  }

  /** Removes everything that was made, in the order of use. */
  async cleanUp(): Promise<void> {
    const { containers, networks, volumes, images } = this.engine;
    const bounded = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });
    for (const id of this.#containers) await containers.remove(id, { force: true, v: true }, bounded()).catch(ignoreMissing);
    for (const id of this.#networks) await networks.remove(id, bounded()).catch(ignoreMissing);
    for (const name of this.#volumes) await volumes.remove(name, { force: true }, bounded()).catch(ignoreMissing);
    for (const name of this.#images) await images.remove(name, { force: true }, bounded()).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!isEngineError(error, 'notFound', 'conflict')) throw error;
}

/** Output by stream. */
export async function read(output: OutputStream, tty = false): Promise<{ stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for await (const frames of decodeOutput(output, { tty })) {
    for (const { stream, data } of frames) text[stream === 2 ? 'stderr' : 'stdout'] += data.toString();
  }
  return text;
}

export function readAttached({ stream, tty }: AttachedStream): Promise<{ stdout: string; stderr: string }> {
  return read(stream as AsyncIterable<Uint8Array>, tty);
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The call must fail with this kind (or one of these, where engines differ), and its message must match. */
export async function fails(call: Promise<unknown>, kind: EngineErrorKind | readonly EngineErrorKind[], message: RegExp): Promise<void> {
  const error = await call.then(
    (value) => new Error(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect({ kind: isEngineError(error) ? error.kind : String(error), message: String(error) }).toEqual({
    kind: expect.toBeOneOf(typeof kind === 'string' ? [kind] : [...kind]) as unknown,
    message: expect.stringMatching(message) as unknown,
  });
}
