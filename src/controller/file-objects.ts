/**
 * Configs and secrets: where they go in a container, and how.
 *
 * - A `file` source without `uid`, `gid` and `mode` is a read-only bind mount, as with docker compose.
 * - `content` and `environment` sources are copied into the created container before its start, also as with docker compose.
 * - A `file` source with `uid`, `gid` or `mode` is copied too: docker compose ignores the three, and a bind mount cannot have them.
 *
 * What they contain counts as configuration: its digest stands in a label of ours, so a change recreates the container.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { errnoCode, UserError } from '../base/index.ts';
import type { FileMount, FileObject, Project, Service } from '../compose/index.ts';
import type { Mount } from '../engine-api/index.ts';
import { sha256 } from './config-hash.ts';
import type { FileCopy } from './plan.ts';

/** What was read of the configs and secrets, by `config NAME` and `secret NAME`, and of seccomp profiles, by path. */
export interface LoadedFiles {
  readonly objects: ReadonlyMap<string, { readonly content: Uint8Array | undefined; readonly digest: string }>;
  readonly seccomp: ReadonlyMap<string, string>;
}

export const NO_FILES: LoadedFiles = { objects: new Map(), seccomp: new Map() };

const MAX_HASHED_BYTES = 64 * 1024 * 1024;

type Kind = 'config' | 'secret';

/**
 * Reads the files that requests for these services depend on.
 * @throws UserError `file.unreadable`, `secret.unset`, `config.unsupported`, `secret.unsupported`, `seccomp.invalid`
 */
export async function loadFiles(project: Project, services: readonly Service[]): Promise<LoadedFiles> {
  const wanted = new Map<string, { kind: Kind; object: FileObject; copy: boolean }>();
  const profiles = new Set<string>();
  for (const service of services) {
    for (const [kind, mount] of fileMounts(service)) {
      const key = `${kind} ${mount.source}`;
      const object = definition(project, kind, mount.source);
      const copy = isCopied(object, mount) || (wanted.get(key)?.copy ?? false);
      wanted.set(key, { kind, object, copy });
    }
    for (const option of service.security_opt ?? []) {
      const path = seccompPath(option);
      if (path !== undefined) profiles.add(path);
    }
  }
  const objects = await Promise.all([...wanted].map(async ([key, { kind, object, copy }]) => [key, await loadObject(project, kind, object, copy)] as const));
  const seccomp = await Promise.all([...profiles].map(async (path) => [path, await loadProfile(project, path)] as const));
  return { objects: new Map(objects), seccomp: new Map(seccomp) };
}

/** Mounts and copies for one service. */
export function placeFiles(project: Project, service: Service, files: LoadedFiles): { mounts: Mount[]; copies: FileCopy[] } {
  const mounts: Mount[] = [];
  const copies: FileCopy[] = [];
  for (const [kind, mount] of fileMounts(service)) {
    const object = definition(project, kind, mount.source);
    const target = targetOf(kind, mount);
    if (!isCopied(object, mount)) {
      if (object.file !== undefined) mounts.push({ Type: 'bind', Source: object.file, Target: target, ReadOnly: true });
      continue;
    }
    copies.push({
      label: `${kind} ${mount.source}`,
      target,
      content: files.objects.get(`${kind} ${mount.source}`)?.content ?? new Uint8Array(),
      uid: numericId(kind, mount, 'uid'),
      gid: numericId(kind, mount, 'gid'),
      mode: mount.mode ?? 0o444,
    });
  }
  return { mounts, copies };
}

/** Digest over the contents of everything that `placeFiles` gives the service; undefined when it has none. */
export function contentHash(service: Service, files: LoadedFiles): string | undefined {
  const lines = fileMounts(service).map(([kind, mount]) => {
    const digest = files.objects.get(`${kind} ${mount.source}`)?.digest ?? '';
    return `${kind} ${targetOf(kind, mount)} ${mount.uid ?? ''}:${mount.gid ?? ''}:${mount.mode ?? ''} ${digest}`;
  });
  return lines.length === 0 ? undefined : sha256(lines.sort().join('\n'));
}

/** The path of `seccomp=PATH` and `seccomp:PATH`; undefined for other options. */
export function seccompPath(option: string): string | undefined {
  const match = /^seccomp[=:](.*)$/s.exec(option);
  const value = match?.[1];
  return value === undefined || value === 'unconfined' || value === 'builtin' ? undefined : value;
}

function fileMounts(service: Service): (readonly [Kind, FileMount])[] {
  const configs = (service.configs ?? []).map((mount) => ['config', mount] as const);
  return [...configs, ...(service.secrets ?? []).map((mount) => ['secret', mount] as const)];
}

function targetOf(kind: Kind, mount: FileMount): string {
  const base = kind === 'config' ? '/' : '/run/secrets/';
  const target = mount.target ?? '';
  if (target === '') return base + mount.source;
  return target.startsWith('/') ? target : base + target;
}

function isCopied(object: FileObject, mount: FileMount): boolean {
  if (object.file === undefined) return true;
  return mount.uid !== undefined || mount.gid !== undefined || mount.mode !== undefined;
}

function definition(project: Project, kind: Kind, name: string): FileObject {
  const object = (kind === 'config' ? project.configs : project.secrets)[name];
  if (!object) throw new UserError(`undefined ${kind} ${name}`, { code: `${kind}.undefined`, exitCode: 15 });
  const refuse = (message: string): never => {
    throw new UserError(message, { code: `${kind}.unsupported`, hint: `give the ${kind} a \`file\`, \`environment\`${kind === 'config' ? ' or `content`' : ''} source` });
  };
  if (object.external) refuse(`unsupported external ${kind} ${object.name}`);
  if (object.driver) refuse(`${kind}s.${name}.driver is not supported`);
  if (object.template_driver) refuse(`${kind}s.${name}.template_driver is not supported`);
  return object;
}

async function loadObject(project: Project, kind: Kind, object: FileObject, copy: boolean): Promise<{ content: Uint8Array | undefined; digest: string }> {
  if (object.file !== undefined) return loadFile(kind, object.name, object.file, copy);
  const text = object.content ?? (object.environment === undefined ? undefined : project.environment[object.environment]);
  if (text === undefined && object.environment !== undefined) {
    throw new UserError(`environment variable "${object.environment}" required by ${kind} "${object.name}" is not set`, { code: `${kind}.unset` });
  }
  const content = Buffer.from(text ?? '');
  return { content, digest: createHash('sha256').update(content).digest('hex') };
}

async function loadFile(kind: Kind, name: string, path: string, copy: boolean): Promise<{ content: Uint8Array | undefined; digest: string }> {
  try {
    const info = await stat(path);
    // A directory may be mounted as a config; it has no content that could be compared or copied.
    if (!info.isFile() && !copy) return { content: undefined, digest: 'directory' };
    if (info.size > MAX_HASHED_BYTES && !copy) return { content: undefined, digest: `${info.size} ${info.mtimeMs}` };
    const content = await readFile(path);
    return { content, digest: createHash('sha256').update(content).digest('hex') };
  } catch (error) {
    const why = errnoCode(error) === 'ENOENT' ? 'no such file' : (errnoCode(error) ?? String(error));
    throw new UserError(`${kind} "${name}": cannot read ${path}: ${why}`, { code: 'file.unreadable', cause: error });
  }
}

async function loadProfile(project: Project, path: string): Promise<string> {
  const file = path.startsWith('/') ? path : `${project.directory}/${path}`;
  try {
    return JSON.stringify(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UserError(`seccomp profile ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { code: 'seccomp.invalid', cause: error });
  }
}

function numericId(kind: Kind, mount: FileMount, key: 'uid' | 'gid'): number {
  const value = mount[key] ?? '0';
  if (/^\d{1,10}$/.test(value)) return Number(value);
  throw new UserError(`${kind} "${mount.source}": ${key} must be a number, not "${value}"`, { code: `${kind}.${key}` });
}
