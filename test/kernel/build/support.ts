import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { BuildAux, BuildOptions, ProgressMessage } from '../../../src/engine-api/index.ts';
import { applyChanges, createBuilder } from '../../../src/runtime/build/index.ts';
import type { RuntimeOptions } from '../../../src/runtime/index.ts';
import type { ImagesRoom, ResolvedImage } from '../../../src/runtime/parts.ts';
import { openLab, type Lab } from '../containers/support.ts';

export interface BuildLab extends Lab {
  images: ImagesRoom;
}

/** A lab whose engine builds. */
export async function openBuildLab(): Promise<BuildLab> {
  let images: ImagesRoom | undefined;
  const options: Partial<RuntimeOptions> = {
    applyChanges,
    createBuilder: (parts) => {
      images = parts.images;
      if (lab) lab.images = parts.images;
      return createBuilder(parts.ctx, parts);
    },
  };
  let lab: BuildLab | undefined;
  const opened = await openLab(options);
  if (!images) throw new Error('the builder was not opened');
  lab = Object.assign(opened, { images });
  return lab;
}

/** A file's text, or `-> target` for a symlink; a path that ends in a slash is a directory. */
export type Files = Readonly<Record<string, string | { text: string; mode: number } | Buffer>>;

export function writeFiles(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (name.endsWith('/')) continue;
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), path);
    else if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(path, content);
    else {
      writeFileSync(path, content.text);
      chmodSync(path, content.mode);
    }
  }
}

export function tarOf(files: Files): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'tsc-context-'));
  try {
    writeFiles(directory, files);
    return execFileSync('tar', ['-C', directory, '--numeric-owner', '-c', '.'], { maxBuffer: 1 << 30 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface Built {
  readonly messages: readonly ProgressMessage[];
  /** All of `stream`. */
  readonly text: string;
  /** Of the last message; undefined after success. */
  readonly error: ProgressMessage['errorDetail'] | undefined;
  readonly id: string;
  readonly aux: readonly BuildAux[];
}

/** Builds and returns what was said, also when it failed. */
export async function tryBuild(lab: BuildLab, files: Files | Readable, options: BuildOptions = {}, signal?: AbortSignal): Promise<Built> {
  const stream = files instanceof Readable ? files : Readable.from([tarOf(files)]);
  const messages: ProgressMessage[] = [];
  for await (const message of await lab.runtime.images.build(options, stream, signal ? { signal } : {})) messages.push(message);
  const aux = messages.flatMap((message) => (message.aux ? [message.aux as BuildAux] : []));
  return {
    messages,
    text: messages.map((message) => message.stream ?? '').join(''),
    error: messages.find((message) => message.errorDetail)?.errorDetail,
    id: aux.findLast((one) => one.ID !== undefined)?.ID ?? '',
    aux,
  };
}

/** Builds, and fails the test when the build fails. */
export async function build(lab: BuildLab, files: Files, options: BuildOptions = {}): Promise<Built & { image: ResolvedImage }> {
  const built = await tryBuild(lab, files, options);
  if (built.error) throw new Error(`the build failed: ${built.error.message}\n${built.text}\n${lab.log.join('')}`);
  return { ...built, image: await lab.images.resolve(built.id) };
}

/** Runs `read` with the image's files mounted. */
export async function withImageFiles<T>(lab: BuildLab, image: ResolvedImage, read: (root: string) => T): Promise<T> {
  const id = `t${Math.random().toString(16).slice(2)}`;
  await lab.images.snapshots.prepare(id, image.record);
  try {
    return read(await lab.images.snapshots.mount(id));
  } finally {
    await lab.images.snapshots.remove(id);
  }
}

/** `-rw-r--r-- 0:0 /path content` for everything below `path` of the image. */
export function listing(lab: BuildLab, image: ResolvedImage, path: string): Promise<string[]> {
  return withImageFiles(lab, image, (root) => {
    const rows: string[] = [];
    const walk = (at: string): void => {
      const stats = lstatSync(join(root, at));
      const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
      const content = type === 'l' ? ` -> ${readlinkSync(join(root, at))}` : type === '-' ? ` ${JSON.stringify(readFileSync(join(root, at), 'utf8').slice(0, 200))}` : '';
      rows.push(`${type}${mode} ${stats.uid}:${stats.gid} ${at}${content}`);
      if (type === 'd') for (const name of readdirSync(join(root, at)).sort()) walk(`${at === '/' ? '' : at}/${name}`);
    };
    if (existsSync(join(root, path))) walk(path);
    return rows;
  });
}
